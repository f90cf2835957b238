//! From the ledger to the store.

use avouch_finding::{Fact, Time};
use avouch_ledger::{Digest, Reader};
use avouch_store::{Record, Store, Writer};

use crate::folder::Folder;
use crate::{EvidenceError, Result};

/// Records that are handed to the store at a time: one transaction each.
const BATCH: usize = 2_000;

/// What an index run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Records that came into the store.
    pub records: u64,
    /// Among them those whose body does not read as its kind says; they stay in the ledger and the store has only their kind.
    pub unreadable: u64,
    /// Findings that were there already: the same recording read twice.
    pub repeated: u64,
}

/// Hears of records once the store has them, as they stand in the ledger.
pub type Listener = Box<dyn FnMut(&[Record]) + Send>;

/// Brings the store up to the ledger.
pub struct Index {
    ledger: String,
    reader: Reader,
    writer: Writer,
    listener: Option<Listener>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("ledger", &self.ledger).finish_non_exhaustive()
    }
}

impl Index {
    /// Over the ledger of that id in the folder. A record that the store has and the ledger has otherwise, or not, means that the
    /// store is not of this ledger.
    ///
    /// # Errors
    /// When a file cannot be read, somebody else writes the store, or the store is of another ledger.
    pub fn open(folder: &Folder, ledger: &str, last_seq: u64) -> Result<Self> {
        let reader = Reader::open(&folder.ledger())?;
        let writer = Store::open(folder.store(), avouch_store::Options::default())?.writer()?;
        if let Some(position) = writer.position(ledger) {
            let known = if position.seq > last_seq { None } else { reader.read_at(position.seq)? };
            if known.is_none_or(|line| Digest::of(&line).0 != position.hash) {
                return Err(EvidenceError::Ahead { store: position.seq, ledger: last_seq });
            }
        }
        Ok(Self { ledger: ledger.to_owned(), reader, writer, listener: None })
    }

    /// Who hears of records from now on.
    pub(crate) fn listen(&mut self, listener: Listener) {
        self.listener = Some(listener);
    }

    /// The writer of the store.
    pub(crate) fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }

    /// Hands the store every record after the last it has, up to number `acknowledged`. `told` hears how many so far.
    ///
    /// # Errors
    /// When the ledger cannot be read or the store not be written; what went before stays, and the next run goes on there.
    pub fn catch_up(&mut self, acknowledged: u64, told: &mut dyn FnMut(u64)) -> Result<Indexed> {
        let mut out = Indexed::default();
        let next = self.writer.position(&self.ledger).map_or(1, |p| p.seq + 1);
        if next > acknowledged {
            return Ok(out);
        }
        self.reader.refresh()?;
        let mut records = self.reader.records(next);
        let mut batch: Vec<Record> = Vec::with_capacity(BATCH);
        loop {
            let entry = records.next()?.filter(|e| e.record.seq <= acknowledged);
            let done = entry.is_none();
            if let Some(entry) = entry {
                let record = entry.record;
                let (fact, readable) = fact(record.kind, record.body);
                out.unreadable += u64::from(!readable);
                batch.push(Record {
                    ledger: self.ledger.clone(),
                    seq: record.seq,
                    hash: Digest::of(entry.line).0,
                    recorded: Time(record.time.0),
                    fact,
                });
            }
            if batch.len() == BATCH || (done && !batch.is_empty()) {
                let applied = self.writer.apply(&batch)?;
                out.records += applied.new as u64;
                out.repeated += applied.repeated as u64;
                told(out.records);
                if let Some(listener) = &mut self.listener {
                    listener(&batch);
                }
                batch.clear();
            }
            if done {
                return Ok(out);
            }
        }
    }
}

/// The fact of a record. A body that another version wrote, and that this one cannot read, is kept as it is under its kind.
fn fact(kind: &str, body: &str) -> (Fact, bool) {
    let Ok(body) = serde_json::from_str::<serde_json::Value>(body) else {
        return (Fact::Other { kind: kind.to_owned(), body: serde_json::json!({}) }, false);
    };
    match Fact::read(kind, body.clone()) {
        Ok(fact) => (fact, true),
        Err(_) => (Fact::Other { kind: format!("unreadable.{kind}"), body }, false),
    }
}
