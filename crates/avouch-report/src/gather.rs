//! From the store to the facts of a period: the only part that asks it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use avouch_coverage::{Span, Stretch};
use avouch_finding::{Anchored, Decision, Fact, Kind, Severity, Time};
use avouch_store::{Column, Filter, Period, Reader, StoredFact, StoredFinding};

use crate::facts::{AsOf, BadPeriod, NodeSums, PeriodFacts, Place, Placed};
use crate::findings::FindingRow;
use crate::input::{Before, SHOWN};
use crate::names::Names;
use crate::population::hex;
use crate::stats::Counts;

/// Why facts cannot be gathered.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// See [`BadPeriod`].
    #[error(transparent)]
    Period(#[from] BadPeriod),
    /// The store.
    #[error("failed to read the store")]
    Store(#[from] avouch_store::Error),
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Question<'q> {
    /// The period.
    pub period: Span,
    /// Clusters; all when empty.
    pub clusters: &'q [String],
    /// Up to which record.
    pub as_of: AsOf,
}

impl Question<'_> {
    fn wants(&self, cluster: &str) -> bool {
        self.clusters.is_empty() || self.clusters.iter().any(|c| c == cluster)
    }

    pub(crate) fn filter(&self, period: Span) -> Filter {
        let filter = Filter::of(Period::new(period.from, period.to));
        if self.clusters.is_empty() { filter } else { filter.only(Column::Cluster, self.clusters.iter().cloned()) }
    }
}

/// Gathers the facts. `visit` sees every finding of the period, the oldest first, as it passes by.
///
/// # Errors
/// When the period is empty or the store cannot be read, and what `visit` fails with.
pub fn gather<E: From<GatherError>>(
    reader: &mut Reader,
    question: &Question<'_>,
    visit: &mut dyn FnMut(&StoredFinding) -> Result<(), E>,
) -> Result<(PeriodFacts, Vec<StoredFinding>), E> {
    let mut facts = gather_watching(reader, question)?;
    let mut shown = Shown::default();
    let mut failed = None;
    let walk = reader.for_each_finding(&question.filter(question.period), &mut |finding| {
        if finding.record.seq > question.as_of.last.seq {
            return ControlFlow::Continue(());
        }
        facts.findings.push_stored(&finding);
        if let Err(error) = visit(&finding) {
            failed = Some(error);
            return ControlFlow::Break(());
        }
        shown.look(finding);
        ControlFlow::Continue(())
    });
    walk.map_err(GatherError::from)?;
    failed.map_or(Ok(()), Err)?;
    Ok((facts, shown.finish()))
}

/// Gathers what tells of the watching, and the other facts that are few, without a look at findings.
///
/// # Errors
/// When the period is empty or the store cannot be read.
pub fn gather_watching(reader: &mut Reader, question: &Question<'_>) -> Result<PeriodFacts, GatherError> {
    let mut facts = PeriodFacts::new(question.period)?;
    facts.as_of = question.as_of.clone();
    watching(reader, question, &mut facts)?;
    few(reader, question, &mut facts)?;
    Ok(facts)
}

/// What of the period before of the same length is known.
///
/// # Errors
/// When the store cannot be read.
pub fn before(reader: &mut Reader, question: &Question<'_>) -> Result<Option<Before>, GatherError> {
    let period = question.period;
    let Some(from) = period.from.0.checked_sub(period.ns()) else { return Ok(None) };
    let earlier = Question { period: Span::new(Time(from), period.from), ..question.clone() };
    let facts = gather_watching(reader, &earlier)?;
    // Only counts are kept of findings: a period before may hold as many as this one.
    let (mut counts, mut names) = (Counts::default(), Names::default());
    reader.for_each_finding(&earlier.filter(earlier.period), &mut |finding| {
        if finding.record.seq <= question.as_of.last.seq {
            counts.add(&FindingRow::of_stored(&finding, &mut names));
        }
        ControlFlow::Continue(())
    })?;
    if facts.is_empty() && counts.all == 0 {
        return Ok(None);
    }
    let watched = facts.watched(facts.period);
    let sources = watched.expected.iter().map(|e| e.source.clone()).collect();
    let everything = avouch_coverage::Question { rules: std::collections::BTreeSet::new(), sources };
    let totals = avouch_coverage::cover(&watched, &everything).totals();
    let ppm = (totals.observed * 1_000_000).checked_div(totals.expected);
    Ok(Some(Before { counts, watched_ppm: ppm.and_then(|p| u32::try_from(p).ok()) }))
}

/// Observations, gaps, lists of nodes and rule sets.
fn watching(reader: &mut Reader, question: &Question<'_>, facts: &mut PeriodFacts) -> avouch_store::Result<()> {
    let last = question.as_of.last.seq;
    let until = Period::new(Time(0), question.period.to);
    let mut offsets: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for stored in reader.stretches(until)? {
        let o = &stored.observation;
        if stored.first_seq > last || !question.wants(&o.cluster) {
            continue;
        }
        let stretch = Stretch::from(o);
        if !stretch.span.and(question.period).is_empty() {
            let sums: &mut NodeSums = facts.sums.entry(o.node.clone()).or_default();
            sums.events += o.events;
            sums.detections += o.detections;
            sums.lost += o.lost.events;
            sums.clock_jumps += u64::from(o.clock_jump_ns.is_some());
            for (cause, n) in &o.lost.by_cause {
                *sums.lost_by_cause.entry(cause.clone()).or_default() += n;
            }
            let (least, most) = stored.clock_offset_ns;
            let range = offsets.entry(o.node.clone()).or_insert((least, most));
            *range = (range.0.min(least), range.1.max(most));
            sums.clock_moved_ns = range.0.abs_diff(range.1);
        }
        facts.stretches.push(stretch);
    }
    for set in reader.rule_sets(Period::new(question.period.from, question.period.to))? {
        let loaded = set.loaded;
        if set.record.seq > last {
            continue;
        }
        let place = Place { seq: set.record.seq, hash: hex(&set.record.hash) };
        facts.rule_loads.push(Placed { place, fact: loaded.clone() });
        if loaded.refused.is_none() {
            facts.add_rules(loaded);
        }
    }
    facts.rule_loads.sort_by_key(|l| (l.fact.time, l.place.seq));
    Ok(())
}

/// The facts that are few.
fn few(reader: &mut Reader, question: &Question<'_>, facts: &mut PeriodFacts) -> avouch_store::Result<()> {
    let last = question.as_of.last.seq;
    let within = Period::new(question.period.from, question.period.to);
    let until = Period::new(Time(0), question.period.to);
    let kinds = [
        (Kind::Gap, within),
        (Kind::Estate, until),
        (Kind::Acceptance, until),
        (Kind::Start, within),
        (Kind::Stop, within),
        // The time of an input is that of its reading, which may be long after the period.
        (Kind::Input, Period::ALL),
        (Kind::Act, within),
        (Kind::Controls, Period::ALL),
        (Kind::Mapping, within),
        (Kind::Canary, within),
        (Kind::Export, within),
        (Kind::Login, within),
        (Kind::Setting, within),
        (Kind::Anchor, within),
    ];
    for (kind, period) in kinds {
        let mut all = reader.facts(kind, period)?;
        all.retain(|f| f.record.seq <= last);
        all.sort_by_key(|f| (f.fact.time(), f.record.seq));
        for StoredFact { record, fact, .. } in all {
            let place = Place { seq: record.seq, hash: hex(&record.hash) };
            add(facts, question, place, fact);
        }
    }
    Ok(())
}

fn add(facts: &mut PeriodFacts, question: &Question<'_>, place: Place, fact: Fact) {
    match fact {
        Fact::Gap(f) => facts.gaps.push(*f),
        Fact::Estate(f) if question.wants(&f.cluster) => facts.estates.push(*f),
        Fact::Acceptance(f) => facts.acceptances.push(Placed { place, fact: *f }),
        Fact::Start(f) if question.wants(&f.cluster) => facts.starts.push(Placed { place, fact: *f }),
        Fact::Stop(f) => facts.stops.push(Placed { place, fact: *f }),
        Fact::Input(f) => {
            let span = f.first.zip(f.last).map(|(a, b)| Span::new(a, Time(b.0.saturating_add(1))));
            if span.is_some_and(|s| !s.and(question.period).is_empty()) {
                facts.inputs.push(Placed { place, fact: *f });
            }
        }
        Fact::Act(f) => facts.acts.push(Placed { place, fact: *f }),
        Fact::Controls(f) => facts.controls.push(Placed { place, fact: *f }),
        Fact::Mapping(f) => facts.mappings.push(Placed { place, fact: *f }),
        Fact::Canary(f) => facts.canaries.push(Placed { place, fact: *f }),
        Fact::Export(f) => facts.exports.push(Placed { place, fact: *f }),
        Fact::Login(f) => facts.logins.push(Placed { place, fact: *f }),
        Fact::Setting(f) => facts.settings.push(Placed { place, fact: *f }),
        // Replies of authorities are large, and stand in the ledger.
        Fact::Anchor(f) => facts.anchors.push(Placed { place, fact: Anchored { receipt: None, ..*f } }),
        _ => {}
    }
}

/// Keeps the findings that are shown one by one.
#[derive(Default)]
struct Shown(Vec<StoredFinding>);

impl Shown {
    fn rank(f: &StoredFinding) -> Option<(bool, Severity, Time)> {
        if f.suppressed.is_some() {
            return None;
        }
        let confirmed = matches!(&f.decided, Some(d) if d.decision == Decision::True);
        let open = f.decided.is_none() && f.severity >= Severity::High;
        (confirmed || open).then_some((confirmed, f.severity, f.time))
    }

    fn look(&mut self, finding: StoredFinding) {
        if Self::rank(&finding).is_some() {
            self.0.push(finding);
            if self.0.len() > 4 * SHOWN {
                self.cut();
            }
        }
    }

    fn cut(&mut self) {
        self.0.sort_by(|a, b| (Self::rank(b), &b.id).cmp(&(Self::rank(a), &a.id)));
        self.0.truncate(SHOWN);
    }

    fn finish(mut self) -> Vec<StoredFinding> {
        self.cut();
        self.0
    }
}
