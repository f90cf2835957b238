//! Rows of a file, for writing: blocks that a batch touches are held here until it ends.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use crate::block::{FULL, HOLDS, ROW, rows};
use crate::column::{Packed, pack};

/// A block that was read or made.
#[derive(Debug, Default)]
struct Block {
    rows: Vec<(i64, Packed)>,
    changed: bool,
}

/// Blocks of one file. Good for one open file and as long as nothing is rolled back.
#[derive(Debug)]
pub(crate) struct Blocks {
    /// By name; these count, whatever the file says.
    held: BTreeMap<i64, Block>,
    /// Name of the last block, held or not.
    last: Option<i64>,
}

impl Blocks {
    /// Of a file.
    pub(crate) fn new(conn: &Connection) -> rusqlite::Result<Self> {
        let last = conn.query_row("SELECT max(slot) FROM block", [], |r| r.get(0))?;
        Ok(Self { held: BTreeMap::new(), last })
    }

    /// Name of the block that a slot belongs to, which is then held; `None` when all blocks begin after it.
    fn hold(&mut self, conn: &Connection, slot: i64) -> rusqlite::Result<Option<i64>> {
        let held = self.held.range(..=slot).next_back().map(|(name, _)| *name);
        // New findings mostly go behind all others.
        if held.is_some() && held == self.last {
            return Ok(held);
        }
        let read = |r: &rusqlite::Row<'_>| -> rusqlite::Result<Vec<(i64, Packed)>> {
            let rows = rows(r.get_ref(0)?.as_blob()?).unwrap_or_default();
            Ok(rows.iter().map(|row| (crate::block::slot(row), crate::block::packed(row))).collect())
        };
        let stored = conn.prepare_cached(HOLDS)?.query_row([slot], read).optional()?;
        let Some(name) = stored.as_ref().and_then(|rows| rows.first()).map(|(slot, _)| *slot) else { return Ok(held) };
        if held.is_some_and(|held| held >= name) {
            return Ok(held);
        }
        self.held.insert(name, Block { rows: stored.unwrap_or_default(), changed: false });
        Ok(Some(name))
    }

    /// The last slot in use that is `most` at most.
    pub(crate) fn up_to(&mut self, conn: &Connection, most: i64) -> rusqlite::Result<Option<i64>> {
        let Some(name) = self.hold(conn, most)? else { return Ok(None) };
        let before = |block: &Block| {
            let end = block.rows.partition_point(|(slot, _)| *slot <= most);
            block.rows[..end].last().map(|(slot, _)| *slot)
        };
        Ok(self.held.get(&name).and_then(before))
    }

    /// Adds a row at a place that is free.
    pub(crate) fn add(&mut self, conn: &Connection, slot: i64, row: &Packed) -> rusqlite::Result<()> {
        let name = self.hold(conn, slot)?;
        let block = match name {
            Some(name) => self.held.entry(name).or_default(),
            None => self.begin(slot),
        };
        let at = block.rows.partition_point(|(known, _)| *known < slot);
        if block.rows.len() < FULL {
            block.rows.insert(at, (slot, *row));
            block.changed = true;
            return Ok(());
        }
        // Behind a full block the next one begins; one that is full in the middle becomes two.
        if at == FULL {
            self.begin(slot).rows.push((slot, *row));
            return Ok(());
        }
        block.changed = true;
        let mut upper = block.rows.split_off(FULL / 2);
        match at.checked_sub(FULL / 2) {
            // Not before the first of them: that gives the block its name.
            Some(at) if at > 0 => upper.insert(at, (slot, *row)),
            _ => block.rows.insert(at, (slot, *row)),
        }
        let Some((name, _)) = upper.first().copied() else { return Ok(()) };
        self.begin(name).rows = upper;
        Ok(())
    }

    fn begin(&mut self, name: i64) -> &mut Block {
        self.last = Some(self.last.map_or(name, |last| last.max(name)));
        let block = self.held.entry(name).or_default();
        block.changed = true;
        block
    }

    /// Sets bits of a word of a row; the row before and after, when it is there.
    pub(crate) fn change(
        &mut self,
        conn: &Connection,
        slot: i64,
        change: impl FnOnce(&mut Packed),
    ) -> rusqlite::Result<Option<(Packed, Packed)>> {
        let Some(name) = self.hold(conn, slot)? else { return Ok(None) };
        let Some(block) = self.held.get_mut(&name) else { return Ok(None) };
        let Ok(at) = block.rows.binary_search_by_key(&slot, |(slot, _)| *slot) else { return Ok(None) };
        let Some((_, row)) = block.rows.get_mut(at) else { return Ok(None) };
        let before = *row;
        change(row);
        block.changed |= before != *row;
        Ok(Some((before, *row)))
    }

    /// Writes what was changed, and lets go of all but the last block.
    pub(crate) fn write(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let mut write = conn.prepare_cached("INSERT OR REPLACE INTO block (slot, rows) VALUES (?1, ?2)")?;
        let mut bytes = Vec::with_capacity(FULL * ROW);
        for (name, block) in &mut self.held {
            if !std::mem::take(&mut block.changed) {
                continue;
            }
            bytes.clear();
            for (slot, row) in &block.rows {
                bytes.extend(slot.to_le_bytes());
                bytes.extend(pack(row));
            }
            write.execute((name, &bytes))?;
        }
        let last = self.last;
        self.held.retain(|name, _| Some(*name) == last);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::column::WORDS;

    fn stored(conn: &Connection) -> Vec<(i64, Packed)> {
        let mut read = conn.prepare("SELECT slot, rows FROM block ORDER BY slot").unwrap();
        let mut blocks = read.query([]).unwrap();
        let mut all: Vec<(i64, Packed)> = Vec::new();
        while let Some(block) = blocks.next().unwrap() {
            let rows = rows(block.get_ref(1).unwrap().as_blob().unwrap()).unwrap();
            assert!((1..=FULL).contains(&rows.len()));
            assert_eq!(block.get::<_, i64>(0).unwrap(), crate::block::slot(&rows[0]), "named by its first row");
            all.extend(rows.iter().map(|row| (crate::block::slot(row), crate::block::packed(row))));
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn rows_stand_in_order_wherever_they_come(
            // Runs of neighbours at random places, so that blocks fill up in the middle too.
            runs in prop::collection::vec((0..4_000_i64, 1..90_i64), 1..12),
            batch in 1..200_usize,
            changes in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
            asked in prop::collection::vec(0..5_000_i64, 10),
        ) {
            let conn = Connection::open_in_memory().unwrap();
            conn.execute_batch("CREATE TABLE block (slot INTEGER PRIMARY KEY, rows BLOB NOT NULL);").unwrap();
            let mut blocks = Blocks::new(&conn).unwrap();
            let mut expected: BTreeMap<i64, Packed> = BTreeMap::new();
            let slots: Vec<i64> = runs.iter().flat_map(|(from, n)| (0..*n).map(move |k| from + k * 3)).collect();
            for (n, slot) in slots.iter().enumerate() {
                let row = [u32::try_from(n).unwrap(); WORDS];
                if !expected.contains_key(slot) {
                    blocks.add(&conn, *slot, &row).unwrap();
                    expected.insert(*slot, row);
                }
                if n % batch == 0 {
                    blocks.write(&conn).unwrap();
                }
            }
            for index in changes {
                let slot = index.get(&slots);
                let changed = blocks.change(&conn, *slot, |row| row[3] = 7).unwrap();
                prop_assert!(changed.is_some_and(|(_, after)| after[3] == 7));
                expected.get_mut(slot).unwrap()[3] = 7;
            }
            for slot in asked {
                let before = expected.range(..=slot).next_back().map(|(slot, _)| *slot);
                prop_assert_eq!(blocks.up_to(&conn, slot).unwrap(), before);
            }
            blocks.write(&conn).unwrap();
            prop_assert_eq!(stored(&conn), expected.clone().into_iter().collect::<Vec<_>>());
            // What another program reads goes on alike.
            prop_assert_eq!(Blocks::new(&conn).unwrap().up_to(&conn, i64::MAX).unwrap(), expected.keys().last().copied());
            for slot in slots {
                prop_assert_eq!(crate::block::one(&conn, slot).unwrap(), expected.get(&slot).copied());
            }
        }
    }
}
