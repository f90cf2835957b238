//! What a replay keeps as evidence.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use avouch_controls::AcceptanceSet;
use avouch_evidence::{Folder, Recorder};
use avouch_finding::{Fact, Kind};
use avouch_pipeline::facts::{InputIdentity, Moved, Origin, ReplayFacts};
use avouch_pipeline::{Acceptances, Detection, Judged, RuleSet};
use avouch_store::Period;

use super::printer;
use crate::evidence::{self, KeepArgs, now};
use crate::{accepted, terminal};

/// Facts that are held back before they are made safe.
const FLUSH: usize = 2_000;

/// Keeps what replays tell.
pub(crate) struct Kept {
    recorder: Recorder,
    node: String,
    cluster: String,
    /// Inputs in the evidence: digest and node.
    known: Vec<(String, String)>,
    again: bool,
    moved: Moved,
    acceptances: Option<Acceptances>,
    /// Detections that an acceptance hid.
    hidden: u64,
    store: avouch_store::Reader,
    mapping: Vec<PathBuf>,
    reading: Option<Reading>,
    error: Option<anyhow::Error>,
}

/// The input that is being read.
struct Reading {
    facts: ReplayFacts,
    source: avouch_ledger::Source,
    unsafe_yet: usize,
}

impl Kept {
    /// Opens the folder, when one is asked for.
    pub(crate) fn open(
        args: &KeepArgs,
        mapping: &[PathBuf],
        rules: &RuleSet,
        recorded_at: Option<u64>,
        again: bool,
    ) -> anyhow::Result<Option<Self>> {
        let Some(dir) = &args.data else { return Ok(None) };
        let acceptances = accepted::load(&args.acceptances, rules)?;
        let recorder = evidence::open(dir)?;
        let mut store = evidence::reader(&Folder::new(dir))?;
        let inputs = store.facts(Kind::Input, Period::ALL)?;
        let known = |f: avouch_store::StoredFact| match f.fact {
            Fact::Input(input) => Some((input.sha256, input.node)),
            _ => None,
        };
        Ok(Some(Self {
            recorder,
            node: args.node.clone().unwrap_or_else(printer::hostname),
            cluster: args.cluster.clone().unwrap_or_default(),
            known: inputs.into_iter().filter_map(known).collect(),
            again,
            acceptances,
            hidden: 0,
            store,
            mapping: mapping.to_vec(),
            moved: recorded_at.map_or(Moved::By(0), Moved::ToBegin),
            reading: None,
            error: None,
        }))
    }

    /// Begins an input; `false` when it is in the evidence already.
    pub(crate) fn begin(&mut self, rules: &RuleSet, path: &Path) -> anyhow::Result<bool> {
        if path == Path::new("-") {
            bail!(
                "standard input cannot be kept as evidence: it cannot be read again to check it; save it to a file first"
            );
        }
        let (sha256, bytes) = evidence::digest(path)?;
        if !self.again && self.known.contains(&(sha256.clone(), self.node.clone())) {
            let text = format!(
                "`{}` is in the evidence of {} already; --again keeps it once more\n",
                path.display(),
                self.node
            );
            terminal::say(&text);
            return Ok(false);
        }
        let run = format!("replay-{:020}-{}", now().0, sha256.get(..12).unwrap_or_default());
        let origin = Origin { node: self.node.clone(), cluster: self.cluster.clone(), run: run.clone() };
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let identity = InputIdentity { name, sha256, bytes, moved: self.moved };
        let source = evidence::source(&self.node, &run);
        self.reading = Some(Reading { facts: ReplayFacts::new(rules, origin, identity), source, unsafe_yet: 0 });
        Ok(true)
    }

    /// An event was judged.
    pub(crate) fn judged(&mut self, event: &Judged<'_>) {
        if let Some(reading) = &mut self.reading {
            reading.facts.judged(event);
        }
    }

    /// A rule matched. Returns whether people are to be told.
    pub(crate) fn detection(&mut self, detection: &Detection<'_>) -> bool {
        let Some(reading) = &mut self.reading else { return true };
        let moved = reading.facts.moved_ns();
        let accepted = self.acceptances.as_mut().and_then(|a| a.covering(detection, moved));
        let acceptance = accepted.filter(|a| a.in_force).map(|a| a.id);
        let told = acceptance.is_none();
        self.hidden += u64::from(!told);
        let fact = reading.facts.detection(detection, acceptance);
        let kept = self.recorder.record(&fact, &reading.source, now()).map(drop).and_then(|()| {
            reading.unsafe_yet += 1;
            if reading.unsafe_yet < FLUSH {
                return Ok(());
            }
            reading.unsafe_yet = 0;
            self.recorder.flush(now()).map(drop)
        });
        if let Err(error) = kept {
            self.error.get_or_insert(error.into());
        }
        told
    }

    /// The input was read.
    pub(crate) fn finish(
        &mut self,
        rules: &RuleSet,
        skipped: BTreeMap<String, u64>,
        broken: Option<&str>,
    ) -> anyhow::Result<()> {
        if let Some(error) = self.error.take() {
            return Err(error.context("failed to keep what was found as evidence"));
        }
        let Some(reading) = self.reading.take() else { return Ok(()) };
        if matches!(self.moved, Moved::ToBegin(_)) {
            // Inputs that follow keep their distance to the first.
            self.moved = Moved::By(reading.facts.moved_ns());
        }
        let facts = reading.facts.finish(rules, now(), skipped, broken);
        // The register is that of the recorded time: it judged what happened then.
        let begin = facts.first().and_then(Fact::time).unwrap_or_else(now);
        let empty = AcceptanceSet::default();
        let set = self.acceptances.as_ref().map_or(&empty, Acceptances::set);
        let mut changes = accepted::changes(&mut self.store, set, begin)?;
        changes.extend(evidence::mapping_change(&mut self.store, &self.mapping, begin)?);
        for fact in changes.iter().chain(&facts) {
            self.recorder.record(fact, &reading.source, now())?;
        }
        self.recorder.flush(now()).context("failed to keep what was read as evidence")?;
        Ok(())
    }

    /// Ends it in good order.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        if self.hidden > 0 {
            terminal::say(&format!(
                "{} detections were let be by acceptances; they are kept and counted\n",
                self.hidden
            ));
        }
        self.recorder.close(now()).context("failed to end the evidence in good order")?;
        Ok(())
    }
}
