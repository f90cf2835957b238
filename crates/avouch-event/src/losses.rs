//! What a live source lost, by cause and CPU.

/// Why an event, or a part of one, did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LossCause {
    /// No room in the ring: the consumer was too slow, the whole event is lost.
    RingFull,
    /// The space in which an event is put together was in use by an interrupted one; the whole event is lost.
    ScratchBusy,
    /// A record that user space could not decode; the whole event is lost.
    BadRecord,
    /// Memory of the process could not be read at that moment: one parameter is absent.
    UnreadableMemory,
    /// Text or bytes longer than what is kept: one parameter is cut.
    Truncated,
}

impl LossCause {
    /// Every cause, in the order of [`Losses`].
    pub const ALL: [Self; 5] =
        [Self::RingFull, Self::ScratchBusy, Self::BadRecord, Self::UnreadableMemory, Self::Truncated];

    /// Word for reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RingFull => "ring_full",
            Self::ScratchBusy => "scratch_busy",
            Self::BadRecord => "bad_record",
            Self::UnreadableMemory => "unreadable_memory",
            Self::Truncated => "truncated",
        }
    }

    /// Whether a whole event is lost, which taints findings and silence; otherwise a part of one.
    #[must_use]
    pub fn loses_event(self) -> bool {
        matches!(self, Self::RingFull | Self::ScratchBusy | Self::BadRecord)
    }
}

/// Counts since the source was opened, one row a CPU.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// One row a CPU, one column a [`LossCause`].
    pub per_cpu: Vec<[u64; LossCause::ALL.len()]>,
}

impl Losses {
    /// Count of one cause over all CPUs.
    #[must_use]
    pub fn of(&self, cause: LossCause) -> u64 {
        self.per_cpu.iter().filter_map(|row| row.get(cause as usize)).sum()
    }

    /// Whole events lost.
    #[must_use]
    pub fn events(&self) -> u64 {
        LossCause::ALL.into_iter().filter(|c| c.loses_event()).map(|c| self.of(c)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_events_are_drops() {
        let losses = Losses { per_cpu: vec![[1, 2, 0, 5, 9], [10, 0, 3, 0, 0]] };
        assert_eq!(losses.of(LossCause::RingFull), 11);
        assert_eq!(losses.events(), 16);
    }
}
