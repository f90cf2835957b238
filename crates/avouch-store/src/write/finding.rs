//! Findings and what people decided about them, into a file of findings.

use avouch_finding::{Acknowledgement, Assignment, Decision, Disposition, Fact, Finding, Time};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension};

use crate::classes::{Classes, shorten};
use crate::column::{ASSIGNEES, BITS, CLASSES, Dict, LATE, Packed, WORDS, bit};
use crate::period::{LATEST, sql};
use crate::record::Record;
use crate::slot::SHIFT;
use crate::write::dictionary::Dictionary;
use crate::write::file::PeriodFile;
use crate::write::rollup::Counted;

/// Bytes of a name that are indexed. What is longer is cut, and the row says so; the ledger has it whole.
const NAME: usize = 1024;
/// Bytes of output, command and object that are indexed.
const TEXT: usize = 16 * 1024;

/// Id of a finding, as it is stored: 16 bytes when it is written as it should be, else the text.
#[derive(Clone, Debug)]
pub(crate) enum IdKey<'a> {
    Bytes([u8; 16]),
    Text(&'a str),
}

impl<'a> IdKey<'a> {
    pub(crate) fn new(id: &'a str) -> Self {
        let digits = id.as_bytes();
        let mut bytes = [0; 16];
        if digits.len() != 32 {
            return Self::Text(id);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |d: u8| match d {
                b'0'..=b'9' => Some(d - b'0'),
                b'a'..=b'f' => Some(d - b'a' + 10),
                _ => None,
            };
            let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else { return Self::Text(id) };
            *byte = high << 4 | low;
        }
        Self::Bytes(bytes)
    }
}

impl ToSql for IdKey<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// Writes a finding; its slot, or `None` when one with its id is there.
pub(crate) fn insert(file: &mut PeriodFile, record: &Record, finding: &Finding) -> rusqlite::Result<Option<i64>> {
    let id = IdKey::new(&finding.id);
    let conn = &file.conn;
    let known = conn.prepare_cached("SELECT 1 FROM finding WHERE id = ?1")?.exists([&id])?;
    if known {
        return Ok(None);
    }
    let subject = finding.subject();
    let (classes, mut cut) = Classes::of(finding);
    let mut number = |dict, text: &str| {
        let kept = shorten(text, NAME);
        cut |= kept.len() < text.len();
        file.dictionary.number(conn, dict, kept)
    };
    let suppressed = finding.suppressed.as_ref();
    let mut packed: Packed = [0; WORDS];
    packed[0] = number(Dict::Rule, &finding.rule)?;
    packed[2] = number(Dict::Node, &finding.node)?;
    packed[3] = number(Dict::Cluster, &finding.cluster)?;
    packed[4] = number(Dict::Source, &finding.source)?;
    packed[5] = number(Dict::Namespace, subject.namespace)?;
    packed[6] = number(Dict::Pod, subject.pod)?;
    packed[7] = number(Dict::Image, subject.image)?;
    packed[8] = number(Dict::Container, subject.container)?;
    packed[9] = number(Dict::User, subject.user)?;
    packed[10] = number(Dict::Process, subject.process)?;
    packed[11] = number(Dict::Priority, &finding.priority)?;
    packed[12] = number(Dict::Acceptance, suppressed.map_or("", |s| &s.acceptance))?;
    let ledger = number(Dict::Ledger, &record.ledger)?;
    let run = number(Dict::Run, &finding.run)?;
    let rules = number(Dict::RuleSet, &finding.rules)?;
    let text = |text: &str| shorten(text, TEXT).to_owned();
    let (output, command, object) = (text(&finding.output), text(subject.command), text(subject.object));
    cut |= finding.output.len() > TEXT || subject.command.len() > TEXT || subject.object.len() > TEXT;
    let stands_for = serde_json::to_string(&classes).unwrap_or_default();
    packed[CLASSES] = file.dictionary.number(conn, Dict::Classes, &stands_for)?;

    let offset = sql(finding.time) - sql(file.period.from);
    let slot = file.slots.place(conn, &mut file.blocks, offset)?;
    packed[LATE] = u32::try_from((slot >> SHIFT) - offset).unwrap_or(u32::MAX);
    let severity = u32::from(finding.severity.ocsf()) - 1;
    let flag = |on: bool, shift: u32| u32::from(on) << shift;
    packed[BITS] = severity << bit::SEVERITY
        | flag(suppressed.is_some(), bit::SUPPRESSED)
        | flag(finding.lost_events.is_some_and(|n| n > 0), bit::LOSSES)
        | flag(finding.container_unknown, bit::CONTAINER_UNKNOWN)
        | flag(cut, bit::CUT);
    file.blocks.add(conn, slot, &packed)?;
    conn.prepare_cached(
        "INSERT INTO finding \
         (slot, id, recorded, ledger, seq, hash, event, run, rules, output, command, object, lost, slice) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, nullif(?11, ''), nullif(?12, ''), ?13, ?14)",
    )?
    .execute((
        slot,
        &id,
        sql(record.recorded),
        ledger,
        record.seq.cast_signed(),
        record.hash,
        finding.event.cast_signed(),
        run,
        rules,
        &output,
        command,
        object,
        finding.lost_events.map(u64::cast_signed),
        &finding.slice,
    ))?;
    file.rollups.add(
        &file.conn,
        &mut file.dictionary,
        Counted {
            time: finding.time.min(Time(LATEST)),
            severity,
            rule: packed[0],
            cluster: packed[3],
            criteria: &classes.criteria,
            touched: &classes.criteria_secondary,
            suppressed: suppressed.map(|_| packed[12]),
        },
    )?;
    file.words.push((slot, output));
    Ok(Some(slot))
}

/// Slot of a finding.
pub(crate) fn find(conn: &Connection, id: &str) -> rusqlite::Result<Option<i64>> {
    let mut find = conn.prepare_cached("SELECT slot FROM finding WHERE id = ?1")?;
    find.query_row([IdKey::new(id)], |r| r.get(0)).optional()
}

/// Where the packed columns of a finding stand.
pub(crate) trait Rows {
    /// Sets the bits of a row's word [`BITS`] that `mask` has.
    fn set_bits(&mut self, conn: &Connection, slot: i64, mask: u32, value: u32) -> rusqlite::Result<()>;
}

/// Notes with a finding what was decided or said about it. Its texts may get numbers.
pub(crate) fn triage(
    conn: &Connection,
    texts: &mut Dictionary,
    rows: &mut dyn Rows,
    slot: i64,
    fact: &Fact,
) -> rusqlite::Result<()> {
    match fact {
        Fact::Acknowledgement(f) => acknowledge(conn, rows, slot, f),
        Fact::Disposition(f) => decide(conn, rows, slot, f),
        Fact::Assignment(f) => assign(conn, texts, rows, slot, f),
        Fact::Note(_) => note(conn, slot),
        _ => Ok(()),
    }
}

/// Notes that somebody looked at a finding; the earliest look counts.
fn acknowledge(conn: &Connection, rows: &mut dyn Rows, slot: i64, ack: &Acknowledgement) -> rusqlite::Result<()> {
    let changed = conn
        .prepare_cached(
            "INSERT INTO triage (slot, acknowledged, acknowledged_by) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE \
             SET acknowledged = excluded.acknowledged, acknowledged_by = excluded.acknowledged_by \
             WHERE acknowledged IS NULL OR excluded.acknowledged < acknowledged",
        )?
        .execute((slot, sql(ack.time), shorten(&ack.by, NAME)))?;
    if changed > 0 {
        rows.set_bits(conn, slot, 1 << bit::ACKNOWLEDGED, 1 << bit::ACKNOWLEDGED)?;
    }
    Ok(())
}

/// Notes a decision about a finding; the latest counts.
fn decide(conn: &Connection, rows: &mut dyn Rows, slot: i64, disposition: &Disposition) -> rusqlite::Result<()> {
    let decision: u32 = match disposition.decision {
        Decision::True => 1,
        Decision::Benign => 2,
        Decision::Test => 3,
    };
    let changed = conn
        .prepare_cached(
            "INSERT INTO triage (slot, decided, decided_by, decision, reason, incident) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT DO UPDATE SET decided = excluded.decided, decided_by = excluded.decided_by, \
             decision = excluded.decision, reason = excluded.reason, incident = excluded.incident \
             WHERE decided IS NULL OR excluded.decided >= decided",
        )?
        .execute((
            slot,
            sql(disposition.time),
            shorten(&disposition.by, NAME),
            decision,
            shorten(&disposition.reason, TEXT),
            shorten(&disposition.incident, NAME),
        ))?;
    if changed > 0 {
        rows.set_bits(conn, slot, 3 << bit::DECISION, decision << bit::DECISION)?;
    }
    Ok(())
}

/// Notes who is responsible for a finding; the latest counts.
fn assign(
    conn: &Connection,
    texts: &mut Dictionary,
    rows: &mut dyn Rows,
    slot: i64,
    assignment: &Assignment,
) -> rusqlite::Result<()> {
    let to = shorten(&assignment.to, NAME);
    let changed = conn
        .prepare_cached(
            "INSERT INTO triage (slot, assigned, assigned_by, assigned_to) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE \
             SET assigned = excluded.assigned, assigned_by = excluded.assigned_by, assigned_to = excluded.assigned_to \
             WHERE assigned IS NULL OR excluded.assigned >= assigned",
        )?
        .execute((slot, sql(assignment.time), shorten(&assignment.by, NAME), to))?;
    if changed > 0 {
        let number = texts.number(conn, Dict::Assignee, to)?;
        // One too many for the row is told by the finding, not found by the column; the row says that something of it is missing.
        let value = if number <= ASSIGNEES { number << bit::ASSIGNEE } else { 1 << bit::CUT };
        rows.set_bits(conn, slot, u32::MAX << bit::ASSIGNEE, value)?;
    }
    Ok(())
}

/// Counts a note about a finding.
fn note(conn: &Connection, slot: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO triage (slot, notes) VALUES (?1, 1) ON CONFLICT DO UPDATE SET notes = notes + 1")?
        .execute([slot])?;
    Ok(())
}
