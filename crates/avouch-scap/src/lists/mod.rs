//! Metadata: what was there before the first event. One file a list.

pub(crate) mod fd;
pub(crate) mod interface;
pub(crate) mod machine;
pub(crate) mod process;
pub(crate) mod user;

use avouch_event::Item;

use crate::block::List;
use crate::error::EntryFault;

/// Lists end where fewer bytes remain than any entry has; up to three are padding.
const LEAST_ENTRY: usize = 4;

/// Where the reader stands in a metadata block's body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) list: List,
    /// Next entry.
    pub(crate) at: usize,
    /// Thread of a descriptor list.
    pub(crate) tid: i64,
}

/// What stands at a place.
#[expect(clippy::large_enum_variant, reason = "lives on the stack for a moment")]
pub(crate) enum Found<'a> {
    /// An entry and its size.
    Entry(Item<'a>, usize),
    /// An entry that means nothing here, and its size.
    Skip(usize),
    /// One that cannot be decoded; its size, when it says so itself.
    Bad(EntryFault, Option<usize>),
    End,
}

/// Looks at the entry at `place` of `body`.
pub(crate) fn entry<'a>(place: Place, body: &'a [u8]) -> Found<'a> {
    let rest = body.get(place.at..).unwrap_or_default();
    if rest.len() < LEAST_ENTRY {
        return Found::End;
    }
    match place.list {
        List::Processes(version) => process::entry(version, rest),
        List::Fds { sized } => fd::entry(place.tid, sized, rest),
        List::Interfaces { sized } => interface::entry(sized, rest),
        List::Users { sized } => user::entry(sized, rest),
    }
}
