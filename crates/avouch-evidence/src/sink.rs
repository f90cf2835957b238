//! Who takes the facts of a run: the folder of evidence of this machine, or something that hands them on.

use avouch_finding::{Fact, Time};
use avouch_ledger::Source;

use crate::Recorder;

/// Why a sink did not take what it was given.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Takes facts in the order in which they are told, from one thread. What `record` took is safe once `flush` returned, and not before.
pub trait FactSink: Send {
    /// Takes a fact that `source` tells.
    ///
    /// # Errors
    /// When it cannot be taken. The sink may be used on, but has lost the fact.
    fn record(&mut self, fact: &Fact, source: &Source, now: Time) -> Result<(), SinkError>;

    /// Makes everything that was taken safe.
    ///
    /// # Errors
    /// When something could not be made safe.
    fn flush(&mut self, now: Time) -> Result<(), SinkError>;

    /// Makes everything safe and ends in good order.
    ///
    /// # Errors
    /// As [`FactSink::flush`].
    fn close(self: Box<Self>, now: Time) -> Result<(), SinkError>;
}

impl FactSink for Recorder {
    fn record(&mut self, fact: &Fact, source: &Source, now: Time) -> Result<(), SinkError> {
        Self::record(self, fact, source, now)?;
        Ok(())
    }

    fn flush(&mut self, now: Time) -> Result<(), SinkError> {
        Self::flush(self, now)?;
        Ok(())
    }

    fn close(self: Box<Self>, now: Time) -> Result<(), SinkError> {
        Self::close(*self, now)?;
        Ok(())
    }
}
