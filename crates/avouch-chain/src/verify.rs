//! The verifier: pure, one pass, memory bounded by the number of sources. Lines go in, a [`Report`] comes out.

mod heads;

use std::{
    collections::{BTreeMap, VecDeque},
    io,
};

use crate::{
    Digest, PublicKey, RecordRef, Report, SignedHead, Source, Time, Tree,
    keys::{KeyEntry, Purpose},
    own::{Own, own_source},
    report::{AnchorReport, Fault, KeyReport, Problem, SourceReport, Verdict, Warning},
};

/// Most problems that are listed; nothing is read after them.
const MAX_PROBLEMS: usize = 100;

/// What the caller knows from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Keys that the caller trusts. Without any, the ledger is only checked against the keys that it names itself.
    pub keys: Vec<PublicKey>,
    /// Heads that were kept outside: lines of `heads.jsonl`.
    pub anchors: Vec<Vec<u8>>,
    /// Keys found beside the ledger: not trusted, but heads older than the records may need them.
    pub found: Vec<PublicKey>,
}

/// Verifies one ledger. For each segment in order, call [`Verifier::segment`], then [`Verifier::line`] for each line.
#[derive(Default)]
pub struct Verifier {
    trust: Trust,
    report: Report,
    heads: Option<Box<dyn Iterator<Item = io::Result<Vec<u8>>>>>,
    /// The next head, not checked yet, and the hash that the one after must name.
    head: Option<SignedHead>,
    last_head: Digest,
    anchors: VecDeque<SignedHead>,
    segment: u64,
    first_of_segment: u64,
    tree: Tree,
    /// Number and link that the next record must have, when known.
    next: Option<u64>,
    prev: Option<Digest>,
    /// What `prev` was before the last record, to judge a second record with its number.
    before: Option<Digest>,
    /// Another record with the number of the last: the next one's link tells which was put in.
    rival: Option<Digest>,
    /// Problem that says the last record but one was edited, while it may be the last.
    suspect: Option<usize>,
    /// Problem that says one of the records up to the last was edited: a link from what was signed narrows it down.
    vague: Option<usize>,
    /// The last line jumped ahead: number and link that it should have had, and the problem.
    jump: Option<(u64, Option<Digest>, usize)>,
    /// Numbers of lines that stood too early, and the problem of each.
    strays: BTreeMap<u64, usize>,
    /// Lines since the last record that could not be read.
    damaged: u64,
    sources: BTreeMap<Source, u64>,
    /// Gap of a source that the last record declares.
    gaps: BTreeMap<Source, u64>,
    key: Option<PublicKey>,
    /// Problems when the last good head was seen.
    problems_at_head: usize,
}

impl Verifier {
    /// `heads` are the lines of `heads.jsonl`, without newlines.
    pub fn new(heads: impl Iterator<Item = io::Result<Vec<u8>>> + 'static, trust: &Trust) -> Self {
        let mut verifier = Self { heads: Some(Box::new(heads)), trust: trust.clone(), ..Self::default() };
        let mut anchors = Vec::new();
        for line in &trust.anchors {
            match SignedHead::parse(line) {
                Ok(anchor) => anchors.push(anchor),
                Err(why) => verifier.problem(Fault::HeadMalformed, None, format!("the head from outside: {why}")),
            }
        }
        anchors.sort_by_key(|anchor| anchor.head.last_seq);
        verifier.anchors = anchors.into();
        verifier.load_head();
        verifier
    }

    /// The lines that follow are of this segment.
    pub fn segment(&mut self, number: u64) {
        if self.segment == 0 {
            self.start(number);
        }
        self.segment = number;
        self.report.segments += 1;
        self.first_of_segment = 0;
        self.tree = Tree::default();
    }

    /// Where the first segment must begin.
    fn start(&mut self, number: u64) {
        if number <= 1 {
            (self.next, self.prev) = (Some(1), Some(Digest::ZERO));
        }
        self.heads_before(number);
    }

    /// Takes the next record's line, without its newline.
    pub fn line(&mut self, line: &[u8]) {
        if self.report.stopped {
            return;
        }
        let record = match RecordRef::parse(line) {
            Ok(record) => record,
            Err(part) => return self.malformed(&format!("its `{part}` is not as it must be")),
        };
        let hash = Digest::of(line);
        if let Some((next, prev, problem)) = self.jump.take() {
            let ahead = self.next.unwrap_or_default() - 1;
            if record.seq == next {
                self.rename(problem, Fault::Inserted, ahead, format!("it stands before record {next}"));
                (self.next, self.prev) = (Some(next), prev);
                self.strays.insert(ahead, problem);
            } else if record.seq == next + 1 && record.seq != ahead + 1 {
                self.rename(problem, Fault::Edited, next, format!("record {ahead} stands in its place"));
                (self.next, self.prev) = (Some(next + 1), None);
                self.strays.insert(ahead, problem);
            }
        }
        match self.next {
            None => self.report.warnings.push(Warning::StartsLate { first_seq: record.seq, linked_to_head: false }),
            Some(next) if self.report.first_seq.is_none() && next > 1 && record.seq == next => {
                self.report.warnings.push(Warning::StartsLate { first_seq: next, linked_to_head: true });
            }
            Some(next) if record.seq < next => return self.seen_before(&record, hash, next),
            Some(next) if record.seq > next => self.ahead(&record, next),
            Some(_) => {}
        }
        self.damaged = 0;
        self.link(&record);
        self.accept(&record, hash);
    }

    /// A line that is no record stands in the segment.
    pub fn malformed(&mut self, why: &str) {
        self.problem(Fault::Malformed, self.next, format!("the line in its place is not a record: {why}"));
        self.damaged += 1;
    }

    /// A file could not be read, or not to its end.
    pub fn unreadable(&mut self, why: &str) {
        self.problem(Fault::Unreadable, self.next, why.to_owned());
    }

    /// The last line of the newest segment has no newline: it is no record yet.
    pub fn torn(&mut self, bytes: usize) {
        self.report.warnings.push(Warning::TornTail { bytes: bytes as u64 });
    }

    fn ahead(&mut self, record: &RecordRef<'_>, next: u64) {
        let missing = next..record.seq;
        if missing.end - missing.start > self.damaged {
            let stray = self.strays.get(&next).copied().filter(|_| missing.end - missing.start == 1);
            if let Some(problem) = stray {
                self.reorder(problem, next);
            } else {
                let detail = format!("not there; record {} follows", record.seq);
                let problem = self.range(Fault::Deleted, next, missing.end - 1, detail);
                self.jump = Some((next, self.prev, problem));
            }
        }
        self.prev = None;
    }

    fn seen_before(&mut self, record: &RecordRef<'_>, hash: Digest, next: u64) {
        let seq = record.seq;
        let missed = self.report.problems.iter().position(|problem| {
            matches!(problem.fault, Fault::Deleted | Fault::Edited | Fault::Malformed)
                && problem.seq.is_some_and(|first| (first..=problem.to_seq.unwrap_or(first)).contains(&seq))
        });
        let second = seq + 1 == next;
        let fits = second && self.before == Some(record.prev);
        let signed = second && self.prev == Some(hash);
        if let Some(problem) = self.suspect.take_if(|_| fits).or(self.vague.take_if(|_| signed)) {
            self.rename(problem, Fault::Inserted, seq, "another record with its number stands before it".to_owned());
            self.prev = Some(hash);
        } else if let Some(problem) = missed {
            self.rename(problem, Fault::Reordered, seq, format!("it stands after record {}", next - 1));
        } else {
            self.rival = second.then_some(hash);
            self.problem(Fault::Inserted, Some(seq), format!("a second record with this number, {hash}"));
        }
    }

    fn link(&mut self, record: &RecordRef<'_>) {
        let rival = self.rival.take() == Some(record.prev);
        let linked = rival || self.prev.is_none_or(|prev| prev == record.prev);
        let (suspect, vague) = (self.suspect.take(), self.vague.take());
        let last = record.seq - 1;
        if linked {
            if let Some(problem) = vague {
                let detail = format!("it is not what was signed, and record {} was linked to", record.seq);
                self.rename(problem, Fault::Edited, last, detail);
            }
            return;
        }
        if vague.is_some() {
            return;
        }
        if let Some(problem) = suspect {
            // Neither the link to it nor the link from it holds.
            self.rename(problem, Fault::Edited, last, "the records before and after it do not fit it".to_owned());
        } else {
            self.problem(Fault::Edited, Some(last), format!("it is not what record {} was linked to", record.seq));
            self.suspect = Some(self.report.problems.len() - 1);
        }
    }

    fn accept(&mut self, record: &RecordRef<'_>, hash: Digest) {
        let report = &mut self.report;
        report.records += 1;
        report.first_seq.get_or_insert(record.seq);
        (report.last_seq, report.last_hash) = (Some(record.seq), Some(hash));
        report.first_time = Some(report.first_time.map_or(record.time, |time: Time| time.min(record.time)));
        report.last_time = report.last_time.max(Some(record.time));
        report.redacted += record.redacted;
        self.before = self.prev;
        (self.next, self.prev) = (Some(record.seq + 1), Some(hash));
        if self.first_of_segment == 0 {
            self.first_of_segment = record.seq;
        }
        self.tree.push(hash);
        match Own::parse(record.kind, record.body) {
            Some(Some(own)) => self.own(own, record),
            Some(None) => self.problem(Fault::Malformed, Some(record.seq), "it cannot be read".to_owned()),
            None => {}
        }
        self.source(record);
        self.heads_at(record.seq, hash);
    }

    /// A number of a source must follow its last, but for what the ledger says was lost.
    fn source(&mut self, record: &RecordRef<'_>) {
        let source = Source { name: record.source.to_owned(), run: record.run.to_owned() };
        let last = self.sources.get(&source).copied().unwrap_or_default();
        let gap = self.gaps.remove(&source).unwrap_or(last);
        let seq = record.source_seq;
        // When records are known to be missing, their sources' numbers are too.
        if seq != gap.max(last) + 1 && self.report.problems.is_empty() && self.report.first_seq != Some(record.seq) {
            let (fault, what) = if seq > last { (Fault::SourceHole, "hole") } else { (Fault::SourceRepeat, "repeat") };
            let detail = format!("{what} in source `{}` `{}`: number {seq} follows {last}", record.source, record.run);
            self.problem(fault, Some(record.seq), detail);
        }
        self.sources.insert(source, seq);
    }

    fn own(&mut self, own: Own, record: &RecordRef<'_>) {
        let seq = record.seq;
        match own {
            Own::Created { key, ledger, .. } => self.begins(&ledger, &key, seq),
            Own::Segment { key, ledger, segment, sources, .. } => {
                if segment != self.segment {
                    self.problem(Fault::HeadMismatch, Some(seq), format!("it begins segment {segment}"));
                }
                let told: BTreeMap<Source, u64> =
                    sources.into_iter().map(|s| (Source { name: s.name, run: s.run }, s.seq)).collect();
                if self.report.first_seq == Some(seq) {
                    self.begins(&ledger, &key, seq);
                } else if told.iter().any(|(source, n)| self.sources.get(source) != Some(n))
                    && self.report.problems.is_empty()
                {
                    self.problem(Fault::SourceHole, Some(seq), "numbers of sources are not those before it".to_owned());
                }
                self.sources = told;
            }
            Own::KeyRotated { new, old, sig } => {
                let old = self.key.filter(|key| key.id() == old);
                let ledger = self.report.ledger.clone().unwrap_or_default();
                let signed = old.is_some_and(|key| key.verify(Purpose::Key, &new.rotation(&ledger, &key.id()), &sig));
                if !signed {
                    self.problem(Fault::BadSignature, Some(seq), "the old key did not sign the new one".to_owned());
                }
                let followed = signed && self.report.keys.last().is_some_and(|key| key.trusted);
                self.new_key(&new, seq, followed);
            }
            Own::KeyLost { new, old } => {
                self.new_key(&new, seq, false);
                self.report.warnings.push(Warning::KeyLost { seq, old, new: new.id });
            }
            Own::SaltLost { .. } => self.report.warnings.push(Warning::SaltLost { seq }),
            Own::Recovery { bytes_cut, lines_cut, .. } => {
                self.report.warnings.push(Warning::Recovery { seq, bytes_cut, lines_cut });
            }
            Own::SourceGap { first, last, name, run } => {
                self.report.lost += last.saturating_sub(first).saturating_add(1);
                self.gaps.insert(Source { name, run }, last);
            }
        }
    }

    fn begins(&mut self, ledger: &str, key: &KeyEntry, seq: u64) {
        if self.report.ledger.is_some() {
            self.problem(Fault::Inserted, Some(seq), "a ledger begins in the middle of another".to_owned());
        }
        self.report.ledger = Some(ledger.to_owned());
        self.new_key(key, seq, false);
    }

    fn new_key(&mut self, entry: &KeyEntry, seq: u64, followed: bool) {
        let Some(key) = entry.key() else {
            return self.problem(Fault::Malformed, Some(seq), "its key is not one, or has another id".to_owned());
        };
        self.key = Some(key);
        let trusted = followed || self.trust.keys.contains(&key);
        let (id, public) = (entry.id.clone(), entry.public.clone());
        self.report.keys.push(KeyReport { id, public, from_seq: seq, trusted });
    }

    /// The records are at an end.
    pub fn finish(mut self) -> Report {
        let end = self.report.last_seq.unwrap_or_default();
        let stray = self.strays.get(&(end + 1)).copied();
        if let Some(problem) = stray {
            self.reorder(problem, end + 1);
        }
        self.heads_beyond(end, stray.is_some());
        self.conclude(end);
        self.report
    }

    fn conclude(&mut self, end: u64) {
        let signed_to = self.report.signed_to.unwrap_or_default();
        if self.report.records > 0 && signed_to < end {
            let first_seq = (signed_to + 1).max(self.report.first_seq.unwrap_or_default());
            let records = (end + 1).saturating_sub(first_seq);
            self.report.warnings.push(Warning::UnsignedTail { first_seq, records });
        }
        if self.trust.keys.is_empty() {
            self.report.warnings.push(Warning::KeyNotChecked);
        } else if self.report.trusted_to.is_none() && signed_to > 0 {
            self.problem(Fault::WrongKey, None, "no head is signed by a key that was given".to_owned());
        }
        let own = own_source(self.report.ledger.as_deref().unwrap_or_default());
        let sources = std::mem::take(&mut self.sources).into_iter().filter(|(source, _)| *source != own);
        self.report.sources =
            sources.map(|(source, last)| SourceReport { name: source.name, run: source.run, last }).collect();
        let trusted = self.trust.keys.is_empty() || self.report.trusted_to == self.report.signed_to;
        self.report.verdict = match self.report.signed_to {
            _ if !self.report.problems.is_empty() => Verdict::Failed,
            Some(_) if trusted => Verdict::Intact,
            _ => Verdict::Unproven,
        };
    }

    fn problem(&mut self, fault: Fault, seq: Option<u64>, detail: String) {
        let problems = &mut self.report.problems;
        if problems.len() < MAX_PROBLEMS {
            problems.push(Problem { fault, seq, to_seq: None, segment: self.segment, detail });
        }
        self.report.stopped = problems.len() == MAX_PROBLEMS;
    }

    /// A problem of one of several records, or of all; returns its place.
    fn range(&mut self, fault: Fault, first: u64, last: u64, detail: String) -> usize {
        self.problem(fault, Some(first), detail);
        if let Some(problem) = self.report.problems.last_mut() {
            problem.to_seq = Some(last);
        }
        self.report.problems.len() - 1
    }

    /// A problem turns out to be another.
    fn rename(&mut self, problem: usize, fault: Fault, seq: u64, detail: String) {
        if let Some(problem) = self.report.problems.get_mut(problem) {
            (problem.fault, problem.seq, problem.to_seq, problem.detail) = (fault, Some(seq), None, detail);
        }
    }

    /// What stood too early is missing where it belongs.
    fn reorder(&mut self, problem: usize, seq: u64) {
        if let Some(problem) = self.report.problems.get_mut(problem) {
            (problem.fault, problem.seq) = (Fault::Reordered, Some(seq));
        }
    }
}
