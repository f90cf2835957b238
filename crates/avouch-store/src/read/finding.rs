//! Findings as they are read.

use std::ops::ControlFlow;
use std::sync::Arc;

use avouch_finding::{Decision, Severity, Time};
use rusqlite::Row;

use crate::block;
use crate::classes::Classes;
use crate::column::{BITS, CLASSES, Dict, Packed, bit};
use crate::error::{At, Error, Result};
use crate::filter::{Cursor, Filter, Order, Page, Rows};
use crate::period::{Shelf, moment};
use crate::read::Reader;
use crate::read::file::FileReader;
use crate::read::plan::{Plan, Wanted};
use crate::read::scan::scan;
use crate::record::Source;
use crate::write::find;

/// Somebody looked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Acknowledged {
    pub time: Time,
    pub by: String,
}

/// Somebody decided.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Disposition`")]
pub struct Decided {
    pub time: Time,
    pub by: String,
    pub decision: Decision,
    pub reason: String,
    pub incident: String,
}

/// Somebody was made responsible.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Assignment`")]
pub struct Assigned {
    pub time: Time,
    pub by: String,
    /// Empty when it was taken from somebody and given to nobody.
    pub to: String,
}

/// A finding with what became of it. The fields that are not said here are as in [`avouch_finding::Finding`] and its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "said above")]
pub struct StoredFinding {
    pub id: String,
    pub time: Time,
    pub node: Arc<str>,
    pub cluster: Arc<str>,
    pub run: Arc<str>,
    pub source: Arc<str>,
    pub event: u64,
    pub rule: Arc<str>,
    /// Digest of the rule set.
    pub rules: Arc<str>,
    pub priority: Arc<str>,
    pub severity: Severity,
    /// Criteria, controls and tags.
    pub classes: Arc<Classes>,
    pub output: String,
    pub user: Arc<str>,
    pub process: Arc<str>,
    pub command: String,
    pub container: Arc<str>,
    pub image: Arc<str>,
    pub namespace: Arc<str>,
    pub pod: Arc<str>,
    pub object: String,
    pub lost_events: Option<u64>,
    pub container_unknown: bool,
    pub slice: Option<String>,
    /// Id of the acceptance that suppressed it.
    pub suppressed: Option<Arc<str>>,
    /// The first look at it.
    pub acknowledged: Option<Acknowledged>,
    /// The latest decision.
    pub decided: Option<Decided>,
    /// The latest assignment.
    pub assigned: Option<Assigned>,
    /// How many notes there are about it; [`Reader::history`] has them.
    pub notes: u64,
    /// Some text was too long for the store and is cut here; the ledger has it whole.
    pub cut: bool,
    /// Its record in the ledger.
    pub record: Source,
    /// When it was written to the ledger.
    pub recorded: Time,
}

macro_rules! wide {
    ($which:literal) => {
        concat!(
            "SELECT f.id, f.recorded, f.ledger, f.seq, f.hash, f.event, f.run, f.rules, f.output, f.command, f.object, \
             f.lost, f.slice, t.acknowledged, t.acknowledged_by, t.decided, t.decided_by, t.decision, t.reason, t.incident, f.slot, \
             t.assigned, t.assigned_by, t.assigned_to, coalesce(t.notes, 0) \
             FROM finding f LEFT JOIN triage t ON t.slot = f.slot WHERE ",
            $which
        )
    };
}

const WIDE: &str = wide!("f.slot = ?1");
/// The same for all rows between two places.
const WIDE_BETWEEN: &str = wide!("f.slot BETWEEN ?1 AND ?2 ORDER BY f.slot");

fn id(row: &Row<'_>) -> rusqlite::Result<String> {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    Ok(match row.get_ref(0)? {
        rusqlite::types::ValueRef::Blob(bytes) => {
            bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|digit| DIGITS[usize::from(digit)]).collect()
        }
        other => other.as_str()?.to_owned(),
    })
}

pub(crate) fn decision(number: u32) -> Decision {
    match number {
        2 => Decision::Benign,
        3 => Decision::Test,
        _ => Decision::True,
    }
}

/// A wide row, its dictionary numbers not yet looked up.
struct Wide {
    id: String,
    recorded: i64,
    ledger: u32,
    seq: i64,
    hash: [u8; 32],
    event: i64,
    run: u32,
    rules: u32,
    output: String,
    command: Option<String>,
    object: Option<String>,
    lost: Option<i64>,
    slice: Option<String>,
    acknowledged: Option<Acknowledged>,
    decided: Option<Decided>,
    assigned: Option<Assigned>,
    notes: i64,
}

fn wide(row: &Row<'_>) -> rusqlite::Result<Wide> {
    let acknowledged = match row.get::<_, Option<i64>>(13)? {
        Some(time) => Some(Acknowledged { time: moment(time), by: row.get(14)? }),
        None => None,
    };
    let decided = match row.get::<_, Option<i64>>(15)? {
        Some(time) => Some(Decided {
            time: moment(time),
            by: row.get(16)?,
            decision: decision(row.get(17)?),
            reason: row.get(18)?,
            incident: row.get(19)?,
        }),
        None => None,
    };
    let assigned = match row.get::<_, Option<i64>>(21)? {
        Some(time) => Some(Assigned { time: moment(time), by: row.get(22)?, to: row.get(23)? }),
        None => None,
    };
    Ok(Wide {
        id: id(row)?,
        recorded: row.get(1)?,
        ledger: row.get(2)?,
        seq: row.get(3)?,
        hash: row.get(4)?,
        event: row.get(5)?,
        run: row.get(6)?,
        rules: row.get(7)?,
        output: row.get(8)?,
        command: row.get(9)?,
        object: row.get(10)?,
        lost: row.get(11)?,
        slice: row.get(12)?,
        acknowledged,
        decided,
        assigned,
        notes: row.get(24)?,
    })
}

/// Reads a finding whose packed row is known.
pub(crate) fn finding(file: &mut FileReader, slot: i64, row: &Packed) -> Result<StoredFinding> {
    let read = || file.conn.prepare_cached(WIDE)?.query_row([slot], wide);
    let wide = read().at("read a finding", &file.path)?;
    join(file, slot, row, wide)
}

/// Reads the finding at a place, when there is one.
pub(crate) fn at_slot(file: &mut FileReader, slot: i64) -> Result<Option<StoredFinding>> {
    let row = block::one(&file.conn, slot).at("read findings", &file.path)?;
    row.map(|row| finding(file, slot, &row)).transpose()
}

/// Wide rows of the first of these places, which are in order: read in one go as far as few others lie between them.
fn in_order(file: &FileReader, piece: &[(i64, Packed)]) -> rusqlite::Result<Vec<Wide>> {
    let mut out = Vec::with_capacity(piece.len());
    let (Some((first, _)), Some((last, _))) = (piece.first(), piece.last()) else { return Ok(out) };
    let mut between = file.conn.prepare_cached(WIDE_BETWEEN)?;
    let mut rows = between.query([first, last])?;
    let mut others = 0;
    while let (Some((wanted, _)), Some(row)) = (piece.get(out.len()), rows.next()?) {
        if row.get::<_, i64>(SLOT)? == *wanted {
            out.push(wide(row)?);
        } else {
            others += 1;
            if others > out.len() + PIECE / 8 {
                break;
            }
        }
    }
    Ok(out)
}

/// Puts both halves of a row together.
fn join(file: &mut FileReader, slot: i64, row: &Packed, wide: Wide) -> Result<StoredFinding> {
    let on = |shift: u32| row[BITS] >> shift & 1 == 1;
    let severity = row[BITS] >> bit::SEVERITY & 7;
    let severity = Severity::ALL
        .into_iter()
        .find(|s| u32::from(s.ocsf()) == severity + 1)
        .ok_or_else(|| Error::Damaged { path: file.path.clone(), what: "a severity" })?;
    Ok(StoredFinding {
        id: wide.id,
        time: file.time(slot, row),
        node: file.text(Dict::Node, row[2])?,
        cluster: file.text(Dict::Cluster, row[3])?,
        run: file.text(Dict::Run, wide.run)?,
        source: file.text(Dict::Source, row[4])?,
        event: wide.event.cast_unsigned(),
        rule: file.text(Dict::Rule, row[0])?,
        rules: file.text(Dict::RuleSet, wide.rules)?,
        priority: file.text(Dict::Priority, row[11])?,
        severity,
        classes: file.classes(row[CLASSES])?,
        output: wide.output,
        user: file.text(Dict::User, row[9])?,
        process: file.text(Dict::Process, row[10])?,
        command: wide.command.unwrap_or_default(),
        container: file.text(Dict::Container, row[8])?,
        image: file.text(Dict::Image, row[7])?,
        namespace: file.text(Dict::Namespace, row[5])?,
        pod: file.text(Dict::Pod, row[6])?,
        object: wide.object.unwrap_or_default(),
        lost_events: wide.lost.map(i64::cast_unsigned),
        container_unknown: on(bit::CONTAINER_UNKNOWN),
        slice: wide.slice,
        suppressed: if on(bit::SUPPRESSED) { Some(file.text(Dict::Acceptance, row[12])?) } else { None },
        acknowledged: wide.acknowledged,
        decided: wide.decided,
        assigned: wide.assigned,
        notes: wide.notes.cast_unsigned(),
        cut: on(bit::CUT),
        record: Source {
            ledger: file.text(Dict::Ledger, wide.ledger)?,
            seq: wide.seq.cast_unsigned(),
            hash: wide.hash,
        },
        recorded: moment(wide.recorded),
    })
}

impl Reader {
    /// A page of findings.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn findings(&mut self, filter: &Filter, page: Page) -> Result<Rows<StoredFinding>> {
        self.page(Shelf::Findings, filter, page, finding)
    }

    /// One finding; `None` when the store has none with this id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn finding(&mut self, id: &str) -> Result<Option<StoredFinding>> {
        for listed in self.shelf(Shelf::Findings, crate::period::Period::ALL)?.into_iter().rev() {
            let Some(file) = self.file(&listed)? else { continue };
            let found = file.still(|file| {
                let place = find(&file.conn, id).at("find a finding", &file.path)?;
                place.map(|slot| at_slot(file, slot)).transpose().map(Option::flatten)
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Shows `visit` every finding that is asked for, the oldest first, until it breaks. Memory does not grow with their number, but for 8 bytes
    /// each in a month at a time where the last word of the filter's text may go on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn for_each_finding(
        &mut self,
        filter: &Filter,
        visit: &mut dyn FnMut(StoredFinding) -> ControlFlow<()>,
    ) -> Result<()> {
        for listed in self.shelf(Shelf::Findings, filter.period)? {
            let Some(file) = self.file(&listed)? else { continue };
            let flow = file.walk(|file| {
                let plan = Plan::new(file, filter, Wanted::First)?;
                let mut after = None;
                loop {
                    // In pieces, since reading a finding may change what is remembered of the dictionaries.
                    let mut piece: Vec<(i64, Packed)> = Vec::new();
                    scan(file, &plan, Order::OldestFirst, after, |slot, row| {
                        piece.push((slot, *row));
                        Ok(if piece.len() < PIECE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
                    })?;
                    let mut wide = in_order(file, &piece).at("read findings", &file.path)?.into_iter();
                    for (slot, row) in &piece {
                        let found = match wide.next() {
                            Some(wide) => join(file, *slot, row, wide)?,
                            None => finding(file, *slot, row)?,
                        };
                        if visit(found).is_break() {
                            return Ok(ControlFlow::Break(()));
                        }
                    }
                    match piece.last() {
                        Some((slot, _)) if piece.len() == PIECE => after = Some(*slot),
                        _ => return Ok(ControlFlow::Continue(())),
                    }
                }
            })?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// A page of rows of a shelf.
    pub(crate) fn page<C: crate::read::plan::Columns, T>(
        &mut self,
        shelf: Shelf,
        filter: &Filter<C>,
        page: Page,
        read: impl Fn(&mut FileReader, i64, &Packed) -> Result<T>,
    ) -> Result<Rows<T>> {
        if page.limit > PAGE {
            return Err(Error::Limit { what: "rows", asked: page.limit as u64, limit: PAGE as u64 });
        }
        let mut answer = Rows { rows: Vec::new(), next: None };
        let mut last: Option<Cursor> = None;
        let mut files = self.shelf(shelf, filter.period)?;
        if page.order == Order::NewestFirst {
            files.reverse();
        }
        for listed in files {
            let Some(file) = self.file(&listed)? else { continue };
            let begin = file.period.from;
            let after = match (page.after, page.order) {
                (Some(after), Order::NewestFirst) if begin > after.file => continue,
                (Some(after), Order::OldestFirst) if begin < after.file => continue,
                (Some(after), _) if begin == after.file => Some(after.slot),
                _ => None,
            };
            file.still(|file| {
                let plan = Plan::new(file, filter, Wanted::First)?;
                let mut found: Vec<(i64, Packed)> = Vec::new();
                // One more than the page holds, to know whether there is a next one.
                let wanted = page.limit + 1 - answer.rows.len();
                scan(file, &plan, page.order, after, |slot, row| {
                    found.push((slot, *row));
                    Ok(if found.len() < wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
                })?;
                for (slot, row) in found {
                    if answer.rows.len() == page.limit {
                        answer.next = last;
                        break;
                    }
                    answer.rows.push(read(file, slot, &row)?);
                    last = Some(Cursor { file: begin, slot });
                }
                Ok(())
            })?;
            if answer.next.is_some() {
                break;
            }
        }
        Ok(answer)
    }
}

/// Column of the place in a wide row.
const SLOT: usize = 20;
/// Findings read ahead while all are shown.
const PIECE: usize = 4096;
/// Rows of a page at most.
const PAGE: usize = 100_000;
