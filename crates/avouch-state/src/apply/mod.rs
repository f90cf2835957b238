//! The one way in: items change the tables.

use avouch_event::Item;

use crate::State;

impl State {
    /// Takes in one item. Never fails: what cannot be applied is counted.
    pub fn apply(&mut self, item: &Item<'_>) {
        let _ = item;
    }
}
