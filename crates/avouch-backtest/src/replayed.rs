//! Recordings replayed under two rule sets: what each of them finds, exactly.
//!
//! A detection is told from others by rule, time and the bytes of its event, so that one that stands in two slices counts once. Of each
//! only these are kept while recordings are read; what is shown of lost and gained ones is fetched by replaying their recordings again.

use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use avouch_event::Event;
use avouch_finding::Time;
use avouch_pipeline::input::expand;
use avouch_pipeline::{Detection, Input, Judged, Replay, ReplayOptions, RuleSet, Sink};
use avouch_store::Period;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::findings::{Found, Sample};
use crate::{Result, Watch};

/// Detections that are told apart; more are not compared, which is said.
const MOST: usize = 1_000_000;
/// Longest output that is shown, in characters.
const OUTPUT: usize = 2_000;

/// A detection: number of the rule's name, time, and a hash of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) rule: u32,
    pub(crate) time: u64,
    event: u64,
}

/// Who made a detection, and in which recording it was met first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hit {
    pub(crate) before: bool,
    pub(crate) after: bool,
    file: u32,
}

/// What the rule of a stored finding made of its event when that was replayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exact {
    pub(crate) before: bool,
    pub(crate) after: bool,
    /// A stored finding of this rule and time was met.
    pub(crate) stored: bool,
}

/// What recordings gave.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    files: Vec<PathBuf>,
    names: FxHashMap<String, u32>,
    pub(crate) hits: FxHashMap<Key, Hit>,
    pub(crate) moments: FxHashMap<(u32, u64), Exact>,
    pub(crate) captures: u64,
    pub(crate) archives: u64,
    pub(crate) events: u64,
    /// First and last event of each recording that has any in the period.
    pub(crate) stretches: Vec<(u64, u64)>,
    pub(crate) missing: Vec<String>,
    not_compared: u64,
}

impl Replayed {
    /// Replays recordings: files, or folders of them.
    pub(crate) fn read(
        paths: &[PathBuf],
        old: &RuleSet,
        new: &RuleSet,
        period: Period,
        watch: &mut Watch<'_>,
    ) -> Result<Self> {
        let mut out = Self::default();
        for path in paths {
            match expand(std::slice::from_ref(path)) {
                Ok(files) => out.files.extend(files),
                Err(error) => out.missing.push(error.to_string()),
            }
        }
        let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |m| m.len());
        let all = out.files.iter().map(size).sum::<u64>().saturating_mul(2);
        let mut done = 0;
        for (number, path) in (0..).zip(out.files.clone()) {
            for (rules, is_new) in [(old, false), (new, true)] {
                let mut pass = Pass { out: &mut out, number, is_new, seen: None, events: 0, watch, done, all };
                let ran = run(&path, rules, period, &mut pass);
                let (seen, events) = (pass.seen, pass.events);
                watch.tell("recordings", done, Some(all))?;
                match ran {
                    Ok(capture) if !is_new => {
                        out.captures += u64::from(capture);
                        out.archives += u64::from(!capture);
                    }
                    Ok(_) => {}
                    Err(why) if is_new => out.missing.push(format!("{}: {why}", name(&path))),
                    Err(_) => {}
                }
                if !is_new {
                    out.events += events;
                    out.stretches.extend(seen);
                }
                done += size(&path);
            }
        }
        if out.not_compared > 0 {
            out.missing.push(format!(
                "{} detections of recordings beyond the first {MOST} were not compared",
                out.not_compared
            ));
        }
        Ok(out)
    }

    /// Number of a rule's name.
    pub(crate) fn number(&mut self, rule: &str) -> u32 {
        if let Some(number) = self.names.get(rule) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.insert(rule.to_owned(), number);
        number
    }

    /// What a rule makes of the events of a moment, when a recording holds one that it matches before or after.
    pub(crate) fn exact(&self, rule: &str, time: Time) -> Option<Exact> {
        self.moments.get(&(*self.names.get(rule)?, time.0)).copied()
    }

    /// The same for a stored finding of the rule, which is remembered.
    pub(crate) fn met(&mut self, rule: &str, time: Time) -> Option<Exact> {
        let moment = self.moments.get_mut(&(*self.names.get(rule)?, time.0))?;
        moment.stored = true;
        Some(*moment)
    }

    fn take(&mut self, rule: &str, event: &Event<'_>, number: u32, is_new: bool) {
        let key = Key { rule: self.number(rule), time: event.timestamp, event: hash(event) };
        if self.hits.len() >= MOST && !self.hits.contains_key(&key) {
            self.not_compared += 1;
            return;
        }
        let hit = self.hits.entry(key).or_insert(Hit { file: number, ..Hit::default() });
        let moment = self.moments.entry((key.rule, key.time)).or_default();
        if is_new {
            (hit.after, moment.after) = (true, true);
        } else {
            (hit.before, moment.before) = (true, true);
        }
    }

    /// Replays the recordings of some detections again, and puts what is shown of them into the sample of their rule.
    pub(crate) fn fetch(
        &self,
        wanted: &FxHashSet<Key>,
        rules: &RuleSet,
        period: Period,
        samples: &mut FxHashMap<u32, Sample>,
        watch: &mut Watch<'_>,
    ) -> Result<()> {
        let mut files: Vec<u32> = wanted.iter().filter_map(|key| self.hits.get(key)).map(|hit| hit.file).collect();
        files.sort_unstable();
        files.dedup();
        for number in files {
            let Some(path) = self.files.get(number as usize) else { continue };
            let mut fetch =
                Fetch { names: &self.names, file: name(path), wanted, met: FxHashSet::default(), samples, watch };
            // What could not be read was told before.
            _ = run(path, rules, period, &mut fetch);
            watch.tell("recordings", 0, None)?;
        }
        Ok(())
    }
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

fn hash(event: &Event<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    (event.tid, event.ty.0).hash(&mut hasher);
    for i in 0..event.params.len() {
        event.params.get(i).hash(&mut hasher);
    }
    hasher.finish()
}

/// Replays one recording; whether it is a capture.
fn run(path: &Path, rules: &RuleSet, period: Period, sink: &mut impl Sink) -> std::result::Result<bool, String> {
    let mut input = Input::open(path).map_err(|e| e.to_string())?;
    let capture = input.kind == avouch_pipeline::input::Kind::Capture;
    let options = ReplayOptions { from: period.from.0, to: period.to.0, ..ReplayOptions::default() };
    Replay::new(rules, options).run(&mut input, sink).map_err(|e| e.to_string())?;
    Ok(capture)
}

/// One recording under one rule set.
struct Pass<'p, 'w> {
    out: &'p mut Replayed,
    number: u32,
    is_new: bool,
    seen: Option<(u64, u64)>,
    events: u64,
    watch: &'p mut Watch<'w>,
    done: u64,
    all: u64,
}

impl Sink for Pass<'_, '_> {
    fn detection(&mut self, detection: &Detection<'_>) {
        self.out.take(&detection.rule.name, detection.event, self.number, self.is_new);
    }

    fn judged(&mut self, event: &Judged<'_>) {
        let at = event.event.timestamp;
        let (first, last) = self.seen.unwrap_or((at, at));
        self.seen = Some((first.min(at), last.max(at)));
        self.events += 1;
    }

    /// Once is enough to know what a recording covers.
    fn wants_events(&self) -> bool {
        !self.is_new
    }

    fn progress(&mut self, bytes: u64, _events: u64) {
        // A stop is found by whoever runs this.
        _ = self.watch.tell("recordings", self.done.saturating_add(bytes).min(self.all), Some(self.all));
    }

    fn stop(&self) -> bool {
        self.watch.cancelled()
    }
}

/// Fetches what is shown of some detections.
struct Fetch<'p, 'w> {
    names: &'p FxHashMap<String, u32>,
    file: String,
    wanted: &'p FxHashSet<Key>,
    met: FxHashSet<Key>,
    samples: &'p mut FxHashMap<u32, Sample>,
    watch: &'p mut Watch<'w>,
}

impl Sink for Fetch<'_, '_> {
    fn detection(&mut self, detection: &Detection<'_>) {
        let Some(rule) = self.names.get(&detection.rule.name) else { return };
        let (time, event) = (detection.event.timestamp, hash(detection.event));
        let key = Key { rule: *rule, time, event };
        if !self.wanted.contains(&key) || !self.met.insert(key) {
            return;
        }
        let Some(sample) = self.samples.get_mut(rule) else { return };
        sample.show(Time(time), || Found {
            id: None,
            time: Time(time),
            rule: detection.rule.name.clone(),
            node: String::from_utf8_lossy(detection.hostname).into_owned(),
            output: detection.message().chars().take(OUTPUT).collect(),
            decision: None,
            suppressed: false,
            file: Some(self.file.clone()),
            acted: None,
        });
    }

    fn stop(&self) -> bool {
        self.watch.cancelled()
    }
}
