//! Facts that are few: starts, rule sets, gaps, decisions, changes, exports.

use avouch_finding::{Fact, Time};
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::period::sql;
use crate::record::Record;

/// What a fact is looked up by.
pub(crate) struct Keys<'a> {
    pub(crate) begins: Time,
    pub(crate) ends: Time,
    node: &'a str,
    run: &'a str,
    /// Id of the finding that it is about.
    pub(crate) finding: &'a str,
}

/// Keys of a fact that was written to the ledger at `recorded`.
pub(crate) fn keys(fact: &Fact, recorded: Time) -> Keys<'_> {
    let at = fact.time().unwrap_or(recorded);
    let keys = Keys { begins: at, ends: at, node: "", run: "", finding: "" };
    match fact {
        Fact::Start(f) => Keys { node: &f.node, run: &f.run, ..keys },
        Fact::Stop(f) => Keys { node: &f.node, run: &f.run, ..keys },
        Fact::Rules(f) => Keys { node: &f.node, run: &f.run, ..keys },
        Fact::Gap(f) => Keys { ends: f.to, node: &f.node, ..keys },
        Fact::Digest(f) => Keys { node: &f.node, run: &f.run, ..keys },
        Fact::Input(f) => Keys { node: &f.node, run: &f.run, ..keys },
        Fact::Act(f) => Keys { node: &f.node, finding: &f.finding, ..keys },
        Fact::Acknowledgement(f) => Keys { finding: &f.finding, ..keys },
        Fact::Disposition(f) => Keys { finding: &f.finding, ..keys },
        Fact::Assignment(f) => Keys { finding: &f.finding, ..keys },
        Fact::Note(f) => Keys { finding: &f.finding, ..keys },
        // A delivery of a group is looked up by time; one of a single finding by that.
        Fact::Delivery(f) if f.findings.len() == 1 => {
            Keys { finding: f.findings.first().map(String::as_str).unwrap_or_default(), ..keys }
        }
        Fact::Canary(f) => Keys { node: &f.node, ..keys },
        Fact::LeftOut(f) => Keys { begins: f.from.min(f.time), ends: f.time, node: &f.node, ..keys },
        _ => keys,
    }
}

/// Keeps the lists of a rule set apart, once for all nodes that loaded the same; its number.
fn put_list(conn: &Connection, body: &mut Map<String, Json>) -> rusqlite::Result<i64> {
    let lists: Map<String, Json> = ["rules", "not_running"].iter().filter_map(|key| body.remove_entry(*key)).collect();
    let text = Json::Object(lists).to_string();
    let hash: [u8; 32] = Sha256::digest(&text).into();
    let stored =
        conn.prepare_cached("SELECT id FROM list WHERE hash = ?1")?.query_row([hash], |r| r.get(0)).optional()?;
    match stored {
        Some(id) => Ok(id),
        None => {
            conn.prepare_cached("INSERT INTO list (hash, body) VALUES (?1, ?2)")?.execute((hash, text))?;
            Ok(conn.last_insert_rowid())
        }
    }
}

/// Writes a fact.
pub(crate) fn insert(conn: &Connection, ledger: i64, record: &Record) -> rusqlite::Result<()> {
    let mut body = record.fact.body().map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
    let list = match (&record.fact, &mut body) {
        (Fact::Rules(_), Json::Object(body)) => Some(put_list(conn, body)?),
        _ => None,
    };
    let keys = keys(&record.fact, record.recorded);
    conn.prepare_cached(
        "INSERT INTO fact (ledger, seq, hash, recorded, kind, begins, ends, node, run, finding, body, list) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, ''), nullif(?9, ''), nullif(?10, ''), ?11, ?12)",
    )?
    .execute((
        ledger,
        record.seq.cast_signed(),
        record.hash,
        sql(record.recorded),
        record.fact.kind(),
        sql(keys.begins),
        sql(keys.ends),
        keys.node,
        keys.run,
        keys.finding,
        body.to_string(),
        list,
    ))?;
    Ok(())
}

/// What was decided and said about a finding before the finding itself came, in order of the ledgers.
pub(crate) fn decisions(conn: &Connection, finding: &str) -> rusqlite::Result<Vec<Fact>> {
    let mut find = conn.prepare_cached(
        "SELECT kind, body FROM fact WHERE finding = ?1 AND kind IN ('acknowledgement', 'disposition', 'assignment', 'note') \
         ORDER BY ledger, seq",
    )?;
    let mut rows = find.query([finding])?;
    let mut facts = Vec::new();
    while let Some(row) = rows.next()? {
        let body = serde_json::from_str(row.get_ref(1)?.as_str()?).unwrap_or_default();
        facts.extend(Fact::read(row.get_ref(0)?.as_str()?, body));
    }
    Ok(facts)
}
