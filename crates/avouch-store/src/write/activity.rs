//! Commands, connections and file changes, into a file of activity.

use avouch_finding::{Fact, Time, Who};
use serde_json::{Map, Value as Json};

use crate::column::{BITS, Dict, LATE, Packed, WORDS, bit};
use crate::period::sql;
use crate::record::Record;
use crate::slot::SHIFT;
use crate::write::file::PeriodFile;

/// Bytes of a name that becomes a text of a dictionary; a longer one stays in the rest of the row.
const NAME: usize = 1024;

/// Keys of a fact that are words of the packed row, with their place.
pub(crate) const KEYED: [(&str, usize, Dict); 7] = [
    ("node", 2, Dict::Node),
    ("namespace", 5, Dict::Namespace),
    ("pod", 6, Dict::Pod),
    ("container", 7, Dict::ContainerId),
    ("container_name", 8, Dict::Container),
    ("user", 9, Dict::User),
    ("exe", 10, Dict::Process),
];

/// Kind, key of the text in the fact when the text is one key, by the number in the packed row.
pub(crate) const KINDS: [(&str, Option<&str>); 3] =
    [("command", Some("cmdline")), ("connection", None), ("file", Some("path"))];

/// What activity is about.
struct About<'a> {
    kind: u32,
    time: Time,
    node: &'a str,
    who: &'a Who,
    text: String,
}

fn about(fact: &Fact) -> Option<About<'_>> {
    Some(match fact {
        Fact::Command(f) => About { kind: 0, time: f.time, node: &f.node, who: &f.who, text: f.cmdline.clone() },
        Fact::Connection(f) => {
            let text = if f.address.contains(':') {
                format!("[{}]:{}", f.address, f.port)
            } else {
                format!("{}:{}", f.address, f.port)
            };
            About { kind: 1, time: f.time, node: &f.node, who: &f.who, text }
        }
        Fact::File(f) => About { kind: 2, time: f.time, node: &f.node, who: &f.who, text: f.path.clone() },
        _ => return None,
    })
}

/// Whether a fact is activity: when.
pub(crate) fn time(fact: &Fact) -> Option<Time> {
    about(fact).map(|about| about.time)
}

/// Writes a fact of activity; another fact is left out.
pub(crate) fn insert(file: &mut PeriodFile, record: &Record) -> rusqlite::Result<()> {
    let Some(about) = about(&record.fact) else { return Ok(()) };
    let body = record.fact.body().map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
    let mut rest = match body {
        Json::Object(rest) => rest,
        _ => Map::new(),
    };
    rest.remove("time");
    let conn = &file.conn;
    let mut packed: Packed = [0; WORDS];
    let who = about.who;
    let texts = [about.node, &who.namespace, &who.pod, &who.container, &who.container_name, &who.user, &who.exe];
    for ((key, word, dict), text) in KEYED.into_iter().zip(texts) {
        if text.len() <= NAME {
            packed[word] = file.dictionary.number(conn, dict, text)?;
            rest.remove(key);
        }
    }
    if let (_, Some(key)) = KINDS[about.kind as usize] {
        rest.remove(key);
    }
    let ledger = file.dictionary.number(conn, Dict::Ledger, &record.ledger)?;
    let offset = sql(about.time) - sql(file.period.from);
    let slot = file.slots.place(conn, &mut file.blocks, offset)?;
    packed[LATE] = u32::try_from((slot >> SHIFT) - offset).unwrap_or(u32::MAX);
    packed[BITS] = about.kind << bit::ACTIVITY;
    file.blocks.add(conn, slot, &packed)?;
    conn.prepare_cached("INSERT INTO activity (slot, ledger, seq, text, rest) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((slot, ledger, record.seq.cast_signed(), &about.text, Json::Object(rest).to_string()))?;
    file.words.push((slot, about.text));
    Ok(())
}
