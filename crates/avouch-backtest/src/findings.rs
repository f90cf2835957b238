//! Stored findings with their bodies: the store says which, the ledger has what was recorded of them.
//!
//! They are gone through in pieces: rows from the store in order of time, their bodies in order of the ledger, each segment of it
//! read once as far as the findings were recorded in about the order in which they happened. Memory does not grow with their number.

use std::ops::ControlFlow;

use avouch_finding::{Decision, Time};
use avouch_ledger::{Reader as LedgerReader, Records};
use avouch_store::{Filter, Reader, StoredFinding};
use serde::Serialize;

use crate::{Result, Watch};

/// Rows that are held at a time; about 600 bytes each.
const PIECE: usize = 32_768;
/// Findings between two words of progress.
const TELL: u64 = 8_192;

/// Where findings are kept.
pub struct Findings<'a> {
    /// The store.
    pub store: &'a mut Reader,
    /// The ledger that holds their fields, and its id. Without it only the number of findings is known.
    pub ledger: Option<(&'a str, &'a LedgerReader)>,
}

/// A finding, or a detection of a replay, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Id of the stored finding; `None` for a detection that was only replayed.
    pub id: Option<String>,
    /// Time of the event.
    pub time: Time,
    /// Rule.
    pub rule: String,
    /// Machine; as the recording tells it, for a replay.
    pub node: String,
    /// What the rule said.
    pub output: String,
    /// What somebody decided about it: `true`, `benign`, `test`.
    pub decision: Option<&'static str>,
    /// An acceptance suppressed it already.
    pub suppressed: bool,
    /// The recording that it was replayed from.
    pub file: Option<String>,
    /// Who did what, for one that activity tells of.
    pub acted: Option<Acted>,
}

/// Who acted, as a record of activity tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Acted {
    /// `command`, `connection` or `file`.
    pub kind: &'static str,
    /// Path of the program, or its name.
    pub process: String,
    /// Process id.
    pub pid: i64,
    /// Name of the parent; empty when it is not known.
    pub parent: String,
    /// Name of the user, or its number.
    pub user: String,
    /// Name of the container, or its id; empty outside of any.
    pub container: String,
    /// Pod.
    pub pod: String,
    /// Its namespace.
    pub namespace: String,
    /// Connections that the record stands for; 1 for others.
    pub times: u64,
    /// The time under which the record is stored: for condensed connections the end of their minute.
    pub recorded: Time,
    /// Number of its record in the ledger.
    pub seq: u64,
}

impl Found {
    pub(crate) fn of(row: &StoredFinding) -> Self {
        Self {
            id: Some(row.id.clone()),
            time: row.time,
            rule: row.rule.as_ref().to_owned(),
            node: row.node.as_ref().to_owned(),
            output: row.output.clone(),
            decision: row.decided.as_ref().map(|d| d.decision.name()),
            suppressed: row.suppressed.is_some(),
            file: None,
            acted: None,
        }
    }
}

/// Whether somebody decided that a finding was what its rule says.
pub(crate) fn known_true(row: &StoredFinding) -> bool {
    row.decided.as_ref().is_some_and(|d| d.decision == Decision::True)
}

/// Some of many: the newest, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// How many there are.
    pub count: u64,
    /// The newest of them, the newest first.
    pub rows: Vec<Found>,
    #[serde(skip)]
    most: usize,
}

impl Sample {
    /// Of `most` rows at most.
    pub(crate) fn new(most: usize) -> Self {
        Self { count: 0, rows: Vec::new(), most }
    }

    /// Counts one, and shows it when it is among the newest.
    pub(crate) fn add(&mut self, time: Time, found: impl FnOnce() -> Found) {
        self.count += 1;
        self.show(time, found);
    }

    /// Counts one, and shows it when it is among the newest and can be.
    pub(crate) fn add_some(&mut self, time: Time, found: impl FnOnce() -> Option<Found>) {
        self.count += 1;
        if self.has_room(time) {
            self.rows.extend(found());
        }
    }

    /// Shows one that was counted before.
    pub(crate) fn show(&mut self, time: Time, found: impl FnOnce() -> Found) {
        if self.has_room(time) {
            self.rows.push(found());
        }
    }

    fn has_room(&mut self, time: Time) -> bool {
        // While it is gathered the oldest stands first among twice as many as are kept.
        if self.rows.len() >= self.most.saturating_mul(2) {
            self.finish();
        }
        self.rows.len() < self.most || self.rows.iter().take(self.most).any(|r| r.time < time)
    }

    pub(crate) fn finish(&mut self) {
        self.rows.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.id.cmp(&b.id)));
        self.rows.truncate(self.most);
    }
}

/// What a pass came upon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) findings: u64,
    /// Findings of which the ledger given has no record.
    pub(crate) no_record: u64,
}

impl Findings<'_> {
    /// Shows every finding that is asked for with its body, or without where there is none. `of` is their number, for progress.
    pub(crate) fn each(
        &mut self,
        filter: &Filter,
        of: Option<u64>,
        watch: &mut Watch<'_>,
        visit: &mut dyn FnMut(&StoredFinding, Option<&str>) -> Result<()>,
    ) -> Result<Passed> {
        let mut bodies = Bodies { ledger: self.ledger, at: None, body: String::new() };
        let mut passed = Passed::default();
        let mut piece: Vec<StoredFinding> = Vec::new();
        let mut failed = None;
        self.store.for_each_finding(filter, &mut |row| {
            piece.push(row);
            if piece.len() < PIECE {
                return ControlFlow::Continue(());
            }
            match bodies.show(&mut piece, &mut passed, of, watch, visit) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        bodies.show(&mut piece, &mut passed, of, watch, visit)?;
        Ok(passed)
    }
}

/// Goes through records of a ledger in their order.
struct Bodies<'l> {
    ledger: Option<(&'l str, &'l LedgerReader)>,
    /// Where it is, and the last number it has read.
    at: Option<(Records, u64)>,
    /// The body read last.
    body: String,
}

impl Bodies<'_> {
    /// Shows the findings of a piece with their bodies, and empties it.
    fn show(
        &mut self,
        piece: &mut Vec<StoredFinding>,
        passed: &mut Passed,
        of: Option<u64>,
        watch: &mut Watch<'_>,
        visit: &mut dyn FnMut(&StoredFinding, Option<&str>) -> Result<()>,
    ) -> Result<()> {
        piece.sort_by_key(|row| row.record.seq);
        for row in piece.drain(..) {
            if passed.findings.is_multiple_of(TELL) {
                watch.tell("findings", passed.findings, of)?;
            }
            passed.findings += 1;
            let found = self.find(&row)?;
            let body = found.then_some(self.body.as_str());
            passed.no_record += u64::from(body.is_none());
            visit(&row, body)?;
        }
        watch.tell("findings", passed.findings, of)
    }

    /// Reads the body of a finding's record. A record further on in the same segment is read on to; for any other its segment is opened.
    fn find(&mut self, row: &StoredFinding) -> Result<bool> {
        let Some((_, ledger)) = self.ledger.filter(|(id, _)| *id == &*row.record.ledger) else { return Ok(false) };
        let seq = row.record.seq;
        let same = |last: u64| last < seq && ledger.segment_of(last) == ledger.segment_of(seq);
        if !self.at.as_ref().is_some_and(|(_, last)| same(*last)) {
            self.at = Some((ledger.records(seq), seq.saturating_sub(1)));
        }
        let Some((records, last)) = &mut self.at else { return Ok(false) };
        while *last < seq {
            let Some(entry) = records.next()? else { break };
            *last = entry.record.seq;
            if entry.record.seq == seq && entry.record.kind == "finding" {
                self.body.clear();
                self.body.push_str(entry.record.body);
                return Ok(true);
            }
        }
        Ok(false)
    }
}
