//! Findings whole, from the ledger.

use avouch_finding::{Fact, Finding};

use crate::error::{Error, Result};
use crate::read::{Reader, StoredFinding};
use crate::record::Record;

/// Reads single records of ledgers.
///
/// The store keeps what is filtered, counted and listed; the fields of a finding stand in the ledger alone. Figures are in
/// the crate's documentation.
pub trait Bodies {
    /// A record by its number; `None` when the ledger has none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn record(&mut self, ledger: &str, seq: u64) -> Result<Option<Record>>;
}

impl Reader {
    /// A finding with everything that was known of it; `None` when the store has none with this id. The finding itself is `None`
    /// when the ledger no longer has its record.
    ///
    /// # Errors
    /// When store or ledger cannot be read; [`Error::Mismatch`] when the ledger has another record in its place.
    pub fn whole_finding(
        &mut self,
        id: &str,
        bodies: &mut dyn Bodies,
    ) -> Result<Option<(StoredFinding, Option<Finding>)>> {
        let Some(stored) = self.finding(id)? else { return Ok(None) };
        let place = &stored.record;
        let Some(record) = bodies.record(&place.ledger, place.seq)? else { return Ok(Some((stored, None))) };
        match record.fact {
            Fact::Finding(finding) if record.hash == place.hash => Ok(Some((stored, Some(*finding)))),
            _ => Err(Error::Mismatch { ledger: place.ledger.as_ref().to_owned(), seq: place.seq }),
        }
    }
}
