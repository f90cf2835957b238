//! What was read and what was lost on the way.

use crate::error::EventFault;

/// Counters of one [`crate::Capture`]. Every event read is yielded, dropped by conversion, of an unknown number, or not
/// decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Whole blocks seen, of any type.
    pub blocks: u64,
    /// Sections: 1, and one more for each capture concatenated behind.
    pub sections: u64,
    /// Blocks of types this reader does not know.
    pub skipped_blocks: u64,
    /// Event blocks seen.
    pub events: u64,
    /// Events handed out, hidden ones included.
    pub yielded: u64,
    /// Handed out as [`avouch_event::Event::hidden`].
    pub hidden: u64,
    /// Events with no meaning in the current schema: unused numbers, and enter events merged into their exit events.
    pub dropped_by_conversion: u64,
    /// Events of numbers that the event table does not have: a capture newer than this reader.
    pub unknown_numbers: u64,
    /// Metadata entries not decoded, or (without a length to go on behind them) the rest of their block.
    pub entries_not_decoded: u64,
    /// Stored enter events pushed out to bound memory; their exit events get defaults.
    pub enters_evicted: u64,
    /// Exit events that found the enter event of another call stored, and got defaults.
    pub enters_mismatched: u64,
    by_fault: [u64; EventFault::ALL.len()],
}

impl Counts {
    /// Events not decoded, by reason; reasons that did not occur are left out.
    pub fn not_decoded(&self) -> impl Iterator<Item = (EventFault, u64)> + '_ {
        EventFault::ALL.into_iter().zip(self.by_fault).filter(|(_, n)| *n > 0)
    }

    /// Events not decoded.
    #[must_use]
    pub fn not_decoded_total(&self) -> u64 {
        self.by_fault.iter().sum()
    }

    pub(crate) fn add_fault(&mut self, fault: EventFault) {
        if let Some((_, n)) = EventFault::ALL.iter().zip(&mut self.by_fault).find(|(f, _)| **f == fault) {
            *n += 1;
        }
    }
}
