//! Rules over audit records that come while avouch runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use avouch_audit::{Format, Limits as RecordLimits, Records, Step};
use avouch_controls::AcceptanceSet;
use avouch_event::{EventBuf, types};
use avouch_finding::{DigestCheck, Fact, Time};
use rustc_hash::FxHashSet;

use super::digests::{Came, Chains, DigestFile, Found};
use super::options::{AuditOptions, AuditSource};
use super::record::{NO_ACCOUNT, inflate, key, node_of, number};
use super::standing::{AuditStatus, Standing};
use super::taken::{Delivery, Kept, Taken, Tally};
use super::window::{RecordKey, Window};
use crate::acceptances::{Acceptances, NotCompiled};
use crate::alert::{self, AlertOptions};
use crate::facts::{FindingContext, Origin, alert_options, finding, rules_loaded};
use crate::judge::{Detection, Judge, Rules, Sink};
use crate::live::RulesDigest;
use crate::replay::ReplayOptions;
use crate::ruleset::RuleSet;

/// See the module.
pub struct AuditJudge {
    options: AuditOptions,
    rules: Arc<RuleSet>,
    digest: String,
    acceptances: Option<Acceptances>,
    judge: Judge,
    window: Window,
    standings: BTreeMap<(String, Format), Standing>,
    /// Sources whose accounts are not known yet. Nothing of them is told as a fact: an account that nobody can name could never
    /// leave the list of those that are expected.
    nameless: BTreeMap<Format, Standing>,
    chains: Chains,
    /// What was found of digests and of the files that they list, and is not safe yet.
    owed: Vec<Fact>,
}

impl AuditJudge {
    /// Nothing came yet, nothing is expected.
    #[must_use]
    pub fn new(rules: Arc<RuleSet>, options: AuditOptions) -> Self {
        Self {
            digest: RulesDigest::of(&rules).0,
            judge: Judge::new(&rules, ReplayOptions::default()),
            window: Window::new(options.limits.remembered),
            chains: Chains::new(options.limits.digest_patience, Arc::clone(&options.digest_keys)),
            acceptances: None,
            standings: BTreeMap::new(),
            nameless: BTreeMap::new(),
            owed: Vec::new(),
            rules,
            options,
        }
    }

    /// Takes other rules and acceptances from the next delivery on. Acceptances that cannot be compiled for these rules are
    /// told, and let nothing be.
    pub fn set_rules(&mut self, rules: Arc<RuleSet>, acceptances: AcceptanceSet) -> Vec<NotCompiled> {
        self.digest = RulesDigest::of(&rules).0;
        self.judge.summary.change_rules(&rules);
        let (acceptances, failed) = Acceptances::new(acceptances, &rules);
        self.acceptances = Some(acceptances);
        self.rules = rules;
        failed
    }

    /// Digest of the rules that judge now.
    #[must_use]
    pub fn rules(&self) -> &str {
        &self.digest
    }

    /// The rules that judge now, as a fact of `node`: observations name them by their digest alone.
    #[must_use]
    pub fn rules_loaded(&self, node: &str, now: Time) -> Fact {
        let origin = Origin { node: node.to_owned(), cluster: String::new(), run: self.options.run.clone() };
        rules_loaded(&self.rules, &origin, now).into()
    }

    /// From now on something is expected of this source: until it comes, observations tell that nothing did. A source that
    /// delivers without having been expected is expected from its first delivery on, and so is each account of a source without a
    /// name; accounts that are to be missed before have to be named.
    pub fn expect(&mut self, source: &AuditSource, now: Time) {
        self.chains.begin(now);
        if source.node.is_empty() {
            let limits = &self.options.limits;
            self.nameless.entry(source.format).or_insert_with(|| Standing::new(source.clone(), now, limits));
        } else {
            self.standing(source.clone(), now);
        }
    }

    /// The source cannot be read, and why; `None` takes that back. Of a source without a name, that is so for all accounts of
    /// its kind.
    pub fn fault(&mut self, source: &AuditSource, why: Option<&str>, now: Time) {
        self.each_of(source, now, |standing| standing.fault(why.map(str::to_owned)));
    }

    /// A delivery was turned away, with as many events as are known to have been in it, at least one.
    pub fn turned_away(&mut self, source: &AuditSource, cause: &str, events: u64, now: Time) {
        self.each_of(source, now, |standing| standing.lose(cause, events.max(1)));
    }

    /// The source, or all known accounts of its kind when it has no name.
    fn each_of(&mut self, source: &AuditSource, now: Time, mut tell: impl FnMut(&mut Standing)) {
        if !source.node.is_empty() {
            return tell(self.standing(source.clone(), now));
        }
        let limits = &self.options.limits;
        tell(self.nameless.entry(source.format).or_insert_with(|| Standing::new(source.clone(), now, limits)));
        self.standings.iter_mut().filter(|((_, f), _)| *f == source.format).for_each(|(_, standing)| tell(standing));
    }

    fn standing(&mut self, source: AuditSource, now: Time) -> &mut Standing {
        let mut key = (source.node.clone(), source.format);
        if !self.standings.contains_key(&key) && self.standings.len() >= self.options.limits.sources {
            key.0 = NO_ACCOUNT.to_owned();
        }
        let source = AuditSource { node: key.0.clone(), ..source };
        let limits = &self.options.limits;
        self.standings.entry(key).or_insert_with(|| Standing::new(source, now, limits))
    }

    /// Judges what came. Whoever calls has to write the facts down, and then to say so with [`Self::settle`]; between the two
    /// no other delivery may be taken, or a batch that is sent again meanwhile would be judged twice.
    pub fn take(&mut self, source: &AuditSource, delivery: &Delivery<'_>) -> Taken {
        let mut taken = Taken { received: delivery.received, ..Taken::default() };
        let (plain, broken) = inflate(delivery.bytes, self.options.limits.delivery_bytes);
        if let Some((cause, why)) = broken {
            taken.problem(|| format!("{}: {why}", delivery.name));
            taken.refused += 1;
            *tally(&mut taken, source, "").lost.entry(cause).or_default() += 1;
        }
        if source.format == Format::CloudTrail {
            if let Some(digest) = DigestFile::parse(&plain) {
                self.digest_file(source, &digest, &plain, delivery);
                taken.digest = true;
            } else {
                let gaps = self.chains.file(delivery.name, &plain);
                self.found(Found { gaps, ..Found::default() }, delivery.received);
            }
        }
        if !taken.digest {
            self.records(source, &plain, delivery, &mut taken);
        }
        if taken.refused > 0 {
            self.count_once(source, delivery, &mut taken);
        }
        taken.facts.extend(self.owed.iter().cloned());
        taken
    }

    fn records(&mut self, source: &AuditSource, plain: &[u8], delivery: &Delivery<'_>, taken: &mut Taken) {
        let limits = RecordLimits { file_bytes: u64::MAX, ..RecordLimits::default() };
        let mut records = Records::new(plain, limits).only(source.format);
        let mut buf = EventBuf::new(types::PLUGINEVENT_E);
        let rules = Arc::clone(&self.rules);
        let mut fresh: FxHashSet<RecordKey> = FxHashSet::default();
        let mut origin = Origin::default();
        let mut options = AlertOptions::default();
        loop {
            match records.next(&mut buf) {
                Ok(None) => break,
                Ok(Some(Step::Insight(_))) => taken.insights += 1,
                Ok(Some(Step::Bad(bad))) => {
                    taken.problem(|| format!("{}: {bad}", delivery.name));
                    taken.refused += 1;
                    *tally(taken, source, "").lost.entry("records that are no event").or_default() += 1;
                }
                Ok(Some(Step::Event(_))) => {
                    let event = buf.event();
                    let record = event.params.get(1).unwrap_or_default();
                    let node = node_of(source, record);
                    let key = key(source.format, &node, record);
                    let (time, received) = (Time(event.timestamp), delivery.received);
                    if self.window.holds(key) || !fresh.insert(key) {
                        taken.duplicates += 1;
                        tally(taken, source, &node).duplicates += 1;
                        continue;
                    }
                    let tally = tally(taken, source, &node);
                    tally.records += 1;
                    tally.newest = tally.newest.max(time);
                    tally.late.add(time, received, self.options.limits.late(source.format));
                    // An API server that cuts an event says so in an annotation.
                    if memchr::memmem::find(record, b"\"audit.k8s.io/truncated\"").is_some() {
                        *tally.parts.entry("parts of events cut by the API server").or_default() += 1;
                    }
                    if self.options.keep {
                        let (source, node) = (source.format.source().name(), node.to_string());
                        taken.kept.push(Kept { source, node, time, record: record.to_vec() });
                    }
                    if origin.node != *node {
                        let cluster = source.cluster.clone();
                        origin = Origin { node: node.into_owned(), cluster, run: self.options.run.clone() };
                        options = alert_options(&origin.node);
                    }
                    taken.records += 1;
                    taken.keys.push(key);
                    // The number is part of the record's identity, so that the same record gives the same finding in every run.
                    buf.num = number(key);
                    let acceptances = self.acceptances.as_mut();
                    let mut finder = Finder {
                        acceptances,
                        origin: &origin,
                        options: &options,
                        digest: &self.digest,
                        facts: &mut taken.facts,
                        found: 0,
                    };
                    self.judge.event(Rules::new(&rules), &buf.event(), Path::new(delivery.name), &mut finder);
                    let found = finder.found;
                    if found > 0 {
                        self::tally(taken, source, &origin.node).detections += found;
                    }
                }
                Err(error) => {
                    taken.problem(|| format!("{}: {error}", delivery.name));
                    taken.refused += 1;
                    *tally(taken, source, "").lost.entry("deliveries that break off").or_default() += 1;
                    break;
                }
            }
        }
    }

    /// An API server sends a batch again whatever the answer says: what is wrong with one was lost once, however often it comes.
    fn count_once(&self, source: &AuditSource, delivery: &Delivery<'_>, taken: &mut Taken) {
        let key = key(source.format, "a whole delivery", delivery.bytes);
        if self.window.holds(key) {
            taken.tallies.values_mut().for_each(|tally| tally.lost.clear());
        } else {
            taken.keys.push(key);
        }
    }

    /// The facts of a delivery are safe: it counts, and its records are not judged again.
    pub fn settle(&mut self, taken: &Taken) {
        self.owed.clear();
        for key in &taken.keys {
            self.window.add(*key);
        }
        for ((node, format), tally) in &taken.tallies {
            // What cannot be told apart by account, a loss, counts for all of them.
            let source = AuditSource { node: node.clone(), cluster: tally.cluster.clone(), format: *format };
            self.each_of(&source, taken.received, |standing| standing.add(tally, taken.received));
        }
    }

    fn digest_file(&mut self, source: &AuditSource, digest: &DigestFile, plain: &[u8], delivery: &Delivery<'_>) {
        let node = if source.node.is_empty() { digest.account() } else { &source.node };
        let source = AuditSource { node: node.to_owned(), ..source.clone() };
        let (name, signature, now) = (delivery.name, delivery.signature, delivery.received);
        let found = self.chains.digest(digest, &Came { node: &source.node, name, plain, signature, now });
        // A digest comes every hour, with or without calls: it says that the trail is alive.
        self.standing(source, now).heard(now);
        self.found(found, now);
    }

    /// What a digest vouched for and is not so is a gap of the time that it is about; the stretch in which it was found lost nothing.
    fn found(&mut self, found: Found, now: Time) {
        let account =
            |node: &str| AuditSource { node: node.to_owned(), cluster: String::new(), format: Format::CloudTrail };
        for gap in found.gaps {
            let standing = self.standing(account(&gap.node), now);
            standing.miss("log files that are not as their digest says", &gap.reason, now);
            self.owed.push(gap.into());
        }
        for check in found.checks {
            self.standing(account(&check.node), now).digest(&check);
            self.owed.push(DigestCheck { run: self.options.run.clone(), ..check }.into());
        }
    }

    /// How each source fared since the last call; call it every ten seconds.
    pub fn observe(&mut self, now: Time) -> Vec<Fact> {
        let shortest = self.options.limits.cloudtrail_stretch;
        self.observations(now, &|format| if format == Format::CloudTrail { shortest } else { 0 }, false)
    }

    /// The same for the last time, before the run ends.
    pub fn finish(&mut self, now: Time) -> Vec<Fact> {
        self.observations(now, &|_| 0, true)
    }

    fn observations(&mut self, now: Time, shortest: &dyn Fn(Format) -> u64, last: bool) -> Vec<Fact> {
        let overdue = self.chains.overdue(now, last);
        self.found(overdue, now);
        let (limits, run, digest) = (&self.options.limits, &self.options.run, &self.digest);
        let ended = self.standings.iter_mut().filter(|((_, format), s)| s.stretch_ns(now) >= shortest(*format));
        let mut facts = Vec::new();
        for (_, standing) in ended {
            facts.extend(standing.observe(now, limits, run, digest).map(Fact::from));
            facts.extend(standing.gaps(now, last).map(Fact::from));
        }
        facts.append(&mut self.owed);
        facts
    }

    /// How each source stands, by node; one without a name as long as none of its accounts is known.
    #[must_use]
    pub fn status(&self, now: Time) -> Vec<AuditStatus> {
        let known = |format: Format| self.standings.keys().any(|(_, f)| *f == format);
        let nameless = self.nameless.iter().filter(|(format, _)| !known(**format)).map(|(_, s)| s);
        self.standings.values().chain(nameless).map(|s| s.status(now, &self.options.limits)).collect()
    }
}

fn tally<'t>(taken: &'t mut Taken, source: &AuditSource, node: &str) -> &'t mut Tally {
    let node = if node.is_empty() { &source.node } else { node };
    let new = || Tally { cluster: source.cluster.clone(), ..Tally::default() };
    taken.tallies.entry((node.to_owned(), source.format)).or_insert_with(new)
}

/// Makes findings of detections.
struct Finder<'a> {
    acceptances: Option<&'a mut Acceptances>,
    origin: &'a Origin,
    options: &'a AlertOptions,
    digest: &'a str,
    facts: &'a mut Vec<Fact>,
    found: u64,
}

impl Sink for Finder<'_> {
    fn detection(&mut self, detection: &Detection<'_>) {
        let accepted = self.acceptances.as_mut().and_then(|a| a.covering(detection, 0));
        let context = FindingContext {
            rules: self.digest,
            time: Time(detection.event.timestamp),
            event: detection.event.num,
            acceptance: accepted.filter(|a| a.in_force).map(|a| a.id),
            ..FindingContext::default()
        };
        self.found += 1;
        self.facts.push(finding(&alert::json(detection, self.options), self.origin, &context).into());
    }
}
