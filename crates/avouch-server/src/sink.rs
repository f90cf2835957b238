//! Facts of a run in this process, handed to the centre: what `avouch up` does with those of its own sensor.

use avouch_evidence::{FactSink, SinkError};
use avouch_finding::{Fact, Time};
use avouch_ledger::Source;

use crate::centre::{Centre, Entry, Recorded};

/// Takes facts, and hands them on when they are to be safe.
pub struct CentreSink {
    centre: Centre,
    waiting: Vec<Entry>,
}

impl CentreSink {
    /// Into a centre.
    #[must_use]
    pub fn new(centre: Centre) -> Self {
        Self { centre, waiting: Vec::new() }
    }
}

impl FactSink for CentreSink {
    fn record(&mut self, fact: &Fact, source: &Source, _: Time) -> Result<(), SinkError> {
        self.waiting.push(Entry { fact: fact.clone(), source: source.clone(), source_seq: None });
        Ok(())
    }

    fn flush(&mut self, _: Time) -> Result<(), SinkError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let recorded = self.centre.record_blocking(std::mem::take(&mut self.waiting))?;
        let refused = recorded.into_iter().find_map(|r| match r {
            Recorded::Refused(why) => Some(why),
            Recorded::At(_) | Recorded::Repeated => None,
        });
        refused.map_or(Ok(()), |why| Err(why.into()))
    }

    fn close(mut self: Box<Self>, now: Time) -> Result<(), SinkError> {
        self.flush(now)
    }
}
