//! The verifier's half that looks at heads: those of the ledger, and those from outside.

use super::{AnchorReport, Fault, Verifier, Warning};
use crate::{Digest, PublicKey, SignedHead};

impl Verifier {
    /// Heads of segments that are not here any more still say what the first record must follow.
    pub(super) fn heads_before(&mut self, number: u64) {
        while let Some(signed) = self.head.take_if(|signed| signed.head.segment < number) {
            let head = &signed.head;
            if let Some(key) = self.known(&head.key) {
                self.signature(&signed, &key);
                (self.next, self.prev) = (Some(head.last_seq + 1), Some(head.last_hash));
            } else {
                self.report.warnings.push(Warning::UnknownKey { key: head.key.clone(), last_seq: head.last_seq });
            }
            self.load_head();
        }
    }

    /// Record `seq` was read: what heads and anchors say of it.
    pub(super) fn heads_at(&mut self, seq: u64, hash: Digest) {
        while let Some(signed) = self.anchors.pop_front_if(|signed| signed.head.last_seq <= seq) {
            let there = signed.head.last_seq >= self.report.first_seq.unwrap_or_default();
            let matches = there.then(|| self.head_holds(&signed, seq, hash));
            let (last_seq, time) = (signed.head.last_seq, signed.head.time);
            self.report.anchors.push(AnchorReport { last_seq, time, matches });
        }
        while let Some(signed) = self.head.take_if(|signed| signed.head.last_seq <= seq) {
            if self.head_holds(&signed, seq, hash) {
                self.report.heads += 1;
                self.problems_at_head = self.report.problems.len();
                self.report.signed_to = Some(seq);
                if self.report.keys.iter().any(|key| key.id == signed.head.key && key.trusted) {
                    self.report.trusted_to = Some(seq);
                }
            }
            self.load_head();
        }
    }

    /// The records ended with `end`: heads that are left vouch for what is not there. `explained`: a problem says so already.
    pub(super) fn heads_beyond(&mut self, end: u64, explained: bool) {
        let mut beyond: Vec<SignedHead> = self.anchors.drain(..).collect();
        for anchor in &beyond {
            let (last_seq, time) = (anchor.head.last_seq, anchor.head.time.clone());
            self.report.anchors.push(AnchorReport { last_seq, time, matches: Some(false) });
        }
        while let Some(signed) = self.head.take() {
            beyond.push(signed);
            self.load_head();
            if self.report.stopped {
                break;
            }
            // Only the farthest matters.
            beyond.sort_by_key(|signed| std::cmp::Reverse(signed.head.last_seq));
            beyond.truncate(1);
        }
        if let Some(signed) = beyond.iter().max_by_key(|signed| signed.head.last_seq) {
            let detail = format!("a head vouches for it, but the records end at {end}");
            match self.known(&signed.head.key) {
                _ if explained => {}
                Some(key) if self.signature(signed, &key) => {
                    self.range(Fault::CutTail, end + 1, signed.head.last_seq, detail);
                }
                Some(_) => {}
                None => self.problem(Fault::WrongKey, Some(signed.head.last_seq), detail + ", by an unknown key"),
            }
        }
    }

    fn known(&self, id: &str) -> Option<PublicKey> {
        self.trust.keys.iter().chain(&self.trust.found).chain(&self.key).find(|key| key.id() == id).copied()
    }

    pub(super) fn load_head(&mut self) {
        while self.head.is_none() {
            match self.heads.as_mut().and_then(Iterator::next) {
                None => return,
                Some(Err(error)) => return self.problem(Fault::Unreadable, None, format!("heads: {error}")),
                Some(Ok(line)) => match SignedHead::parse(&line) {
                    Err(why) => self.problem(Fault::HeadMalformed, None, format!("a line of the heads: {why}")),
                    Ok(signed) => {
                        if signed.head.prev_head != self.last_head {
                            let detail = "the head for it does not follow the head before".to_owned();
                            self.problem(Fault::HeadOrder, Some(signed.head.last_seq), detail);
                        }
                        self.last_head = Digest::of(&line);
                        self.head = Some(signed);
                    }
                },
            }
            if self.report.stopped {
                return;
            }
        }
    }

    fn signature(&mut self, signed: &SignedHead, key: &PublicKey) -> bool {
        let good = signed.verify(key);
        if !good {
            let detail = format!("the head for it is not signed by key {}", key.id());
            self.problem(Fault::BadSignature, Some(signed.head.last_seq), detail);
        }
        good
    }

    /// Checks a head against the records read so far, which end with `seq`.
    fn head_holds(&mut self, signed: &SignedHead, seq: u64, hash: Digest) -> bool {
        let head = &signed.head;
        let at = Some(head.last_seq);
        if self.key.is_none() && !self.report.problems.is_empty() {
            // The record that names the key is among what is wrong.
            return false;
        }
        let Some(key) = self.key.filter(|key| key.id() == head.key) else {
            self.problem(Fault::WrongKey, at, format!("the head for it is by key {}, not the ledger's", head.key));
            return false;
        };
        if !self.signature(signed, &key) {
            return false;
        }
        let clean = self.report.problems.len() == self.problems_at_head;
        let suspect = self.suspect.take_if(|_| head.last_seq == seq);
        if head.last_seq == seq && head.last_hash == hash && Some(&head.ledger) == self.report.ledger.as_ref() {
            let fits = head.segment == self.segment
                && head.first_seq == self.first_of_segment
                && head.merkle_root == self.tree.root();
            if !fits && clean {
                self.problem(Fault::HeadMismatch, at, "the head for it names other records before it".to_owned());
            }
            return fits;
        }
        let here = head.last_seq == seq && Some(&head.ledger) == self.report.ledger.as_ref();
        if here {
            // What was signed is what the next record was linked to.
            self.prev = Some(head.last_hash);
        }
        if let Some(problem) = suspect {
            self.rename(problem, Fault::Edited, seq, "neither the record before nor the head fits it".to_owned());
            self.vague = Some(problem);
        } else if clean && here {
            let first = self.report.signed_to.map_or(self.report.first_seq.unwrap_or(1), |signed| signed + 1);
            let detail = "one of them is not what was signed".to_owned();
            self.vague = Some(self.range(Fault::Edited, first, seq, detail));
        } else if clean {
            self.problem(Fault::HeadMismatch, at, "a signed head does not belong to these records".to_owned());
        }
        false
    }
}
