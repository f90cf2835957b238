//! Single records of the ledger, for questions that need a finding whole.

use std::path::Path;

use avouch_finding::{Fact, Time};
use avouch_ledger::{Digest, Reader, RecordRef};
use avouch_store::{Bodies, Record, Result};

use crate::error::{ApiError, ApiResult, chain};

/// Records of one ledger.
pub(crate) struct LedgerBodies(Reader);

impl LedgerBodies {
    /// Opens the ledger to read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn open(dir: &Path) -> ApiResult<Self> {
        Reader::open(dir).map(Self).map_err(|e| ApiError::internal(chain(&e)))
    }
}

impl Bodies for LedgerBodies {
    fn record(&mut self, ledger: &str, seq: u64) -> Result<Option<Record>> {
        // A ledger that cannot be read gives no body; the row is shown without.
        let Ok(Some(line)) = self.0.read_at(seq) else { return Ok(None) };
        let hash = Digest::of(&line).0;
        let Ok(record) = RecordRef::parse(&line) else { return Ok(None) };
        let Ok(body) = serde_json::from_str(record.body) else { return Ok(None) };
        let Ok(fact) = Fact::read(record.kind, body) else { return Ok(None) };
        Ok(Some(Record { ledger: ledger.to_owned(), seq, hash, recorded: Time(record.time.0), fact }))
    }
}
