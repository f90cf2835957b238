//! Findings of a period, small enough that a million fit.

use avouch_finding::{Decision, Finding, Severity, Time};
use avouch_store::{Condensed, StoredFinding};
use rustc_hash::FxHashMap;

use crate::names::{NameId, Names};

/// What people made of a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Triage {
    /// First look, and by whom.
    pub acknowledged: Option<(Time, NameId)>,
    /// Latest decision, by whom, and what.
    pub decided: Option<(Time, NameId, Decision)>,
}

impl Triage {
    /// When somebody first looked: a decision without an acknowledgement before it is a look.
    #[must_use]
    pub fn first_look(&self) -> Option<Time> {
        let looked = self.acknowledged.map(|(t, _)| t);
        let decided = self.decided.map(|(t, ..)| t);
        looked.into_iter().chain(decided).min()
    }
}

/// A finding, with names by number; or several that are alike and that nobody dealt with, see [`crate::gather_condensed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Finding`")]
pub struct FindingRow {
    /// How many it stands for; each stands for itself in a report.
    pub n: u64,
    /// Time of the first.
    pub time: Time,
    /// Time of the last.
    pub last: Time,
    /// Number of its record in the ledger; 0 in what was condensed, but for findings that somebody called true.
    pub seq: u64,
    pub rule: NameId,
    pub source: NameId,
    pub node: NameId,
    pub cluster: NameId,
    pub severity: Severity,
    pub priority: NameId,
    /// Id of the acceptance that covers it.
    pub acceptance: Option<NameId>,
    /// Events were lost around it.
    pub tainted: bool,
    pub triage: Triage,
}

impl FindingRow {
    /// From a finding of the store; its names get their numbers in `names`.
    pub(crate) fn of_stored(f: &StoredFinding, names: &mut Names) -> Self {
        let triage = Triage {
            acknowledged: f.acknowledged.as_ref().map(|a| (a.time, names.id(&a.by))),
            decided: f.decided.as_ref().map(|d| (d.time, names.id(&d.by), d.decision)),
        };
        Self {
            n: 1,
            time: f.time,
            last: f.time,
            seq: f.record.seq,
            rule: names.id(&f.rule),
            source: names.id(&f.source),
            node: names.id(&f.node),
            cluster: names.id(&f.cluster),
            severity: f.severity,
            priority: names.id(&f.priority),
            acceptance: f.suppressed.as_ref().map(|s| names.id(s)),
            tainted: f.lost_events.is_some(),
            triage,
        }
    }
}

/// All findings of the period.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    rows: Vec<FindingRow>,
    names: Names,
    rules: Vec<OfRule>,
    /// Places in `rules`, by the numbers of a rule's name and source.
    places: FxHashMap<(NameId, NameId), usize>,
}

/// Findings of one rule, so that nobody has to look for them among all.
#[derive(Clone, Debug)]
struct OfRule {
    name: NameId,
    source: NameId,
    /// Places in [`Findings::rows`].
    rows: Vec<u32>,
}

impl Findings {
    /// Adds a finding; they come in order of time.
    pub fn push(&mut self, seq: u64, finding: &Finding, triage: Triage) {
        let names = &mut self.names;
        let row = FindingRow {
            n: 1,
            time: finding.time,
            last: finding.time,
            seq,
            rule: names.id(&finding.rule),
            source: names.id(&finding.source),
            node: names.id(&finding.node),
            cluster: names.id(&finding.cluster),
            severity: finding.severity,
            priority: names.id(&finding.priority),
            acceptance: finding.suppressed.as_ref().map(|s| names.id(&s.acceptance)),
            tainted: finding.lost_events.is_some(),
            triage,
        };
        self.add(row);
    }

    /// Adds a finding of the store; they come in order of time.
    pub fn push_stored(&mut self, f: &StoredFinding) {
        let row = FindingRow::of_stored(f, &mut self.names);
        self.add(row);
    }

    /// Adds findings that were condensed; they come in order of time.
    pub fn push_condensed(&mut self, c: &Condensed) {
        let names = &mut self.names;
        let triage = Triage {
            acknowledged: c.acknowledged.as_ref().map(|a| (a.time, names.id(&a.by))),
            decided: c.decided.as_ref().map(|(time, by, decision)| (*time, names.id(by), *decision)),
        };
        let row = FindingRow {
            n: c.count,
            time: c.first,
            last: c.last,
            seq: c.seq.unwrap_or(0),
            rule: names.id(&c.rule),
            source: names.id(&c.source),
            node: names.id(&c.node),
            cluster: names.id(&c.cluster),
            severity: c.severity,
            priority: names.id(&c.priority),
            acceptance: c.suppressed.as_ref().map(|s| names.id(s)),
            tainted: c.losses,
            triage,
        };
        self.add(row);
    }

    fn add(&mut self, row: FindingRow) {
        let (name, source) = (row.rule, row.source);
        let rules = &mut self.rules;
        let place = *self.places.entry((name, source)).or_insert_with(|| {
            rules.push(OfRule { name, source, rows: Vec::new() });
            rules.len() - 1
        });
        if let (Some(rule), Ok(n)) = (rules.get_mut(place), u32::try_from(self.rows.len())) {
            rule.rows.push(n);
        }
        self.rows.push(row);
    }

    /// The number of a name, for [`Triage`].
    pub fn name(&mut self, text: &str) -> NameId {
        self.names.id(text)
    }

    /// The names.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// In order of time.
    #[must_use]
    pub fn rows(&self) -> &[FindingRow] {
        &self.rows
    }

    /// Those of one rule, by its name and source, in the order of [`Self::rows`].
    pub fn of_rule(&self, name: NameId, source: NameId) -> impl Iterator<Item = &FindingRow> {
        let rows = self.places.get(&(name, source)).and_then(|place| self.rules.get(*place)).map(|r| r.rows.as_slice());
        rows.unwrap_or_default().iter().filter_map(|n| self.rows.get(*n as usize))
    }

    /// Name and source of each rule that found something, in the order of their first findings.
    pub fn rules(&self) -> impl Iterator<Item = (NameId, NameId)> {
        self.rules.iter().map(|r| (r.name, r.source))
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
