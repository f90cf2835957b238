//! Findings of a period, small enough that a million fit.

use avouch_finding::{Decision, Finding, Severity, Time};
use avouch_store::StoredFinding;

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

/// A finding, with names by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Finding`")]
pub struct FindingRow {
    pub time: Time,
    /// Number of its record in the ledger.
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

/// All findings of the period.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    rows: Vec<FindingRow>,
    names: Names,
}

impl Findings {
    /// Adds a finding; they come in order of time.
    pub fn push(&mut self, seq: u64, finding: &Finding, triage: Triage) {
        let names = &mut self.names;
        self.rows.push(FindingRow {
            time: finding.time,
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
        });
    }

    /// Adds a finding of the store; they come in order of time.
    pub fn push_stored(&mut self, f: &StoredFinding) {
        let names = &mut self.names;
        let triage = Triage {
            acknowledged: f.acknowledged.as_ref().map(|a| (a.time, names.id(&a.by))),
            decided: f.decided.as_ref().map(|d| (d.time, names.id(&d.by), d.decision)),
        };
        self.rows.push(FindingRow {
            time: f.time,
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
        });
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

    /// How many.
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
