//! What judging an event needs besides the program: values read, results remembered. Nothing is cleared between events;
//! entries carry the number of the event they belong to.

use avouch_event::Value;

use super::{Program, RuleIndex};

/// Memory for [`Program::judge`], to be used again for every event. One for each thread; any program may use it.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Number of the current event, below 2^31.
    pub(crate) now: u32,
    /// By shared part: event and result, `now << 1 | result`.
    pub(crate) shared: Vec<u32>,
    /// By operand: event, and where its value is in `values`.
    pub(crate) slots: Vec<(u32, u32)>,
    /// Empty between events: only the allocation is kept.
    pub(crate) values: Vec<Option<Value<'static>>>,
    /// By dictionary: event, and where the numbers of the operand's values are in `ids`.
    pub(crate) looked_up: Vec<(u32, u32, u32)>,
    pub(crate) ids: Vec<u32>,
    pub(crate) matches: Vec<RuleIndex>,
}

impl Scratch {
    /// Makes one; it grows with use.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts the next event.
    pub(super) fn next(&mut self, program: &Program) {
        self.now += 1;
        if self.now >= 1 << 31 {
            self.now = 1;
            self.shared.fill(0);
            self.slots.fill((0, 0));
            self.looked_up.fill((0, 0, 0));
        }
        if self.shared.len() < program.shared.len() {
            self.shared.resize(program.shared.len(), 0);
        }
        if self.slots.len() < program.operands.len() {
            self.slots.resize(program.operands.len(), (0, 0));
        }
        if self.looked_up.len() < program.dictionaries.len() {
            self.looked_up.resize(program.dictionaries.len(), (0, 0, 0));
        }
        self.ids.clear();
    }
}

/// Empties a vector and gives it another lifetime; its memory stays.
pub(super) fn recycle(mut values: Vec<Option<Value<'_>>>) -> Vec<Option<Value<'static>>> {
    values.clear();
    // Nothing is left to map; collecting in place keeps the memory.
    values.into_iter().map(|_| None).collect()
}
