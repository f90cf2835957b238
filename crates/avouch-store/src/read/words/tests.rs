//! What is read from the index's pages is what the engine finds.

use std::sync::Arc;

use avouch_finding::Time;
use rusqlite::Connection;

use super::*;
use crate::period::{Period, Shelf};
use crate::schema::{Role, open_to_write};
use crate::texts::Texts;

/// Numbers without pattern.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

const NAME: &str = "findings-2026-01";

/// A file of findings with no more than their words in it: some in all, some in few, some so often in one that its places fill pages.
fn file(rows: i64, batch: i64) -> (tempfile::TempDir, Connection, Vec<i64>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(NAME).with_extension("db");
    let conn = open_to_write(&path, Role::Period(Shelf::Findings), 1024).unwrap();
    let mut random = Random(7);
    let mut slots = Vec::new();
    for from in (0..rows).step_by(usize::try_from(batch).unwrap()) {
        conn.execute_batch("BEGIN").unwrap();
        for n in from..rows.min(from + batch) {
            // Every third batch is older than the one before.
            let turned = if from / batch % 3 == 1 { from * 2 + batch - n } else { n };
            let slot = (turned * 40_000_000_000 + i64::try_from(random.below(1_000)).unwrap()) << 11;
            let path = ["shadow", "passwd", "app"][usize::try_from(random.below(3)).unwrap()];
            let often = if n % 97 == 5 { "again ".repeat(3_000) + "at last " } else { String::new() };
            let text = format!(
                "Sensitive file opened (user=root file=/etc/{path} etc/x port={} pod=team-{:02}-api {often}\u{e9}t\u{e9})",
                random.below(60_000),
                random.below(30),
            );
            conn.execute("INSERT INTO words (rowid, text) VALUES (?1, ?2)", (slot, text)).unwrap();
            slots.push(slot);
        }
        conn.execute_batch("COMMIT").unwrap();
    }
    slots.sort_unstable();
    (dir, conn, slots)
}

fn reader(dir: &tempfile::TempDir) -> FileReader {
    let time = |text| Time::parse(text).unwrap();
    let period = Period::new(time("2026-01-01T00:00:00Z"), time("2026-02-01T00:00:00Z"));
    FileReader::open(dir.path(), NAME, period, 0, 1024, &Arc::new(Texts::default())).unwrap()
}

fn by_engine(conn: &Connection, query: &str, slots: (i64, i64)) -> Vec<i64> {
    let mut find = conn
        .prepare_cached("SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid")
        .unwrap();
    find.query_map((query, slots.0, slots.1), |r| r.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

const TEXTS: [&str; 34] = [
    "sensitive ",
    "sensitive",
    "s",
    "e",
    "1",
    "12",
    "00",
    "te",
    "team-0",
    "team-07 ",
    "team-07-api",
    "/etc/shadow ",
    "/etc/shadow",
    "etc/x ",
    "shadow etc",
    "\"shadow etc\" ",
    "etc etc ",
    "etc/etc ",
    "user=root file=/etc/app ",
    "again again ",
    "\"again again again at\" ",
    "again at la",
    "\"at last\" port=5",
    "port 17 ",
    "port=17",
    "port=17 ",
    "opened SHADOW sensitive 3",
    "\u{c9}T\u{c9}",
    "\u{e9}",
    "zebra",
    "zebra sensitive ",
    "a",
    "(",
    "x) pod",
];

#[test]
fn the_rows_are_those_that_the_engine_finds() {
    for (rows, batch) in [(1, 1), (40, 3), (2_500, 2_500), (2_500, 61), (1_200, 9)] {
        let (dir, conn, slots) = file(rows, batch);
        let mut file = reader(&dir);
        let (first, last) = (slots[slots.len() / 3], slots[slots.len() * 2 / 3]);
        for text in TEXTS {
            let Some(words) = file.words(text).unwrap() else {
                assert_eq!(text, "(");
                continue;
            };
            for range in [(0, i64::MAX), (first, last), (first + 1, last - 1)] {
                let expected = by_engine(&conn, &words.query, range);
                assert_eq!(
                    find(&file, &words, range).unwrap(),
                    Some(expected),
                    "`{text}` in {rows} by {batch}, {range:?}"
                );
            }
        }
        // Whatever state a merge of the index's parts was left in.
        for step in ["'merge', 3", "'merge', -40", "'automerge', 2", "'merge', 500", "'optimize', 0"] {
            conn.execute_batch(&format!("INSERT INTO words (words, rank) VALUES ({step})")).unwrap();
            for text in ["sensitive ", "1", "/etc/shadow ", "\"again again at\" "] {
                let words = file.words(text).unwrap().unwrap();
                let expected = by_engine(&conn, &words.query, (0, i64::MAX));
                assert_eq!(find(&file, &words, (0, i64::MAX)).unwrap(), Some(expected), "`{text}` after {step}");
            }
        }
    }
}

#[test]
fn an_index_without_rows_has_none() {
    let (dir, _conn, _) = file(0, 1);
    let mut file = reader(&dir);
    let words = file.words("x").unwrap().unwrap();
    assert_eq!(find(&file, &words, (0, i64::MAX)).unwrap(), Some(Vec::new()));
}

#[test]
fn an_index_of_another_form_or_damaged_is_left_to_the_engine() {
    let (dir, conn, slots) = file(600, 50);
    let mut file = reader(&dir);
    let words: Vec<_> = ["s", "/etc/shadow ", "\"again again at\" "].map(|t| file.words(t).unwrap().unwrap()).into();
    let pages: Vec<(i64, Vec<u8>)> = conn
        .prepare("SELECT id, block FROM words_data")
        .unwrap()
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    let put = |id: i64, bytes: &[u8]| {
        conn.execute("UPDATE words_data SET block = ?2 WHERE id = ?1", (id, bytes)).unwrap();
    };
    let mut random = Random(3);
    let mut below = |n: usize| usize::try_from(random.below(n as u64)).unwrap();
    for _ in 0..600 {
        let (id, whole) = &pages[below(pages.len())];
        let mut bytes = whole.clone();
        match below(3) {
            0 => bytes.truncate(below(whole.len() + 1)),
            1 => bytes.clear(),
            _ => {
                for _ in 0..=below(4) {
                    let at = below(bytes.len());
                    bytes[at] = u8::try_from(below(256)).unwrap();
                }
            }
        }
        put(*id, &bytes);
        for words in &words {
            // It may be read as something else, as by the engine; it never ends the program, nor is anything made up beyond the question.
            if let Ok(Some(found)) = find(&file, words, (slots[0], slots[99])) {
                assert!(found.iter().all(|slot| (slots[0]..=slots[99]).contains(slot)) && found.is_sorted());
            }
        }
        put(*id, whole);
    }
    let expected = by_engine(&conn, &words[0].query, (0, i64::MAX));
    assert_eq!(find(&file, &words[0], (0, i64::MAX)).unwrap(), Some(expected));
    conn.execute("UPDATE words_config SET v = 5 WHERE k = 'version'", []).unwrap();
    assert_eq!(find(&file, &words[0], (0, i64::MAX)).unwrap(), None);
}

#[test]
fn seeking_finds_the_first_that_is_not_before() {
    let all: Vec<i64> = (0..100).map(|n| n * 3).collect();
    for wanted in 0..310 {
        for from in [0, 1, 7] {
            let expected = all.partition_point(|n| *n < wanted);
            let mut at = from.min(expected);
            seek(&all, &mut at, |n| *n < wanted);
            assert_eq!(at, expected, "{wanted} from {from}");
        }
    }
    let mut at = 0;
    seek(&[], &mut at, |_: &i64| true);
    assert_eq!(at, 0);
}
