//! State and fields, from a capture.

use std::sync::LazyLock;

use avouch_event::{Arena, FieldCatalog, FieldReader, FieldRef, Item};
use avouch_scap::Capture;
use avouch_state::{Limits, State, SyscallFields, SyscallReader};

/// Events whose fields are read; the others are only applied.
const READ_EVENTS: usize = 24;

static FIELDS: LazyLock<Vec<FieldRef>> = LazyLock::new(every_field);

/// Small limits, so that short inputs reach them.
const MOST_THREADS: usize = 8;

/// Whatever a capture says can be applied, and every field of every event can be read.
pub fn state(data: &[u8]) {
    let limits =
        Limits { threads: MOST_THREADS, fds: 16, fds_per_process: 8, users: 4, containers: 4, ..Limits::default() };
    let mut state = State::new(limits);
    let mut arena = Arena::new();
    let mut read = 0;
    let mut capture = Capture::from_slice(data);
    while let Ok(Some(item)) = capture.next() {
        state.apply(&item);
        if let Item::Event(event) = &item
            && !event.hidden
            && read < READ_EVENTS
        {
            read += 1;
            let reader = SyscallReader::new(&state, event, 3600);
            for field in FIELDS.iter() {
                reader.read(field, &arena);
            }
            arena.reset();
        }
        assert!(state.thread_count() <= MOST_THREADS, "bounded");
    }
}

/// Every field, with each kind of argument that it takes.
fn every_field() -> Vec<FieldRef> {
    let catalogue = SyscallFields;
    let args = [None, Some("0"), Some("2"), Some("A")];
    let suffixes = ["", ".name", ".flags", ".fd", ".0", ".open", ".cpu", ".src", ".dst"];
    let mut out = Vec::new();
    for field in catalogue.fields() {
        for suffix in suffixes {
            let name = format!("{}{suffix}", field.name);
            out.extend(args.iter().filter_map(|a| catalogue.resolve(&name, *a).ok()));
        }
    }
    out
}
