//! The fields of system calls: what rules may ask of an event and of the state behind it.
//!
//! One file a class, one row a field: name, type, meaning and reader stand together. A reader borrows from the event or
//! the state where it can, and composes in the event's arena where it must. It changes nothing.

mod compose;
mod container;
mod ctx;
mod evt;
mod evt_generic;
mod fd;
mod fdlist;
mod fs_path;
mod k8s;
mod names;
mod native;
mod param;
mod proc;
mod resolve;
mod row;
mod syslog;
mod thread;
mod user;
mod util;

use avouch_event::{
    Arena, Event, EventFlags, FieldCatalog, FieldDecl, FieldError, FieldId, FieldReader, FieldRef, Output, Value,
};
use ctx::Ctx;
use row::{ReadFn, Row, concat};

use crate::{Fd, State, Thread};

/// All classes, in listing order.
const CLASSES: &[&[Row]] = &[
    evt_generic::ROWS,
    evt::ROWS,
    proc::ROWS,
    thread::ROWS,
    user::USER,
    user::GROUP,
    fd::ROWS,
    fs_path::ROWS,
    fdlist::ROWS,
    syslog::ROWS,
    util::ROWS,
    container::ROWS,
    k8s::ROWS,
];

const COUNT: usize = {
    let (mut n, mut i) = (0, 0);
    while i < CLASSES.len() {
        n += CLASSES[i].len();
        i += 1;
    }
    n
};

static DECLS: [FieldDecl; COUNT] = {
    let rows: [Row; COUNT] = concat(CLASSES);
    let mut out = [rows[0].decl; COUNT];
    let mut i = 0;
    while i < COUNT {
        out[i] = rows[i].decl;
        i += 1;
    }
    out
};

/// Readers apart from the declarations, so that the hot ones share cache lines.
static READERS: [ReadFn; COUNT] = {
    let rows: [Row; COUNT] = concat(CLASSES);
    let mut out = [rows[0].read; COUNT];
    let mut i = 0;
    while i < COUNT {
        out[i] = rows[i].read;
        i += 1;
    }
    out
};

static OUTPUTS: [ReadFn; COUNT] = {
    let rows: [Row; COUNT] = concat(CLASSES);
    let mut out = [rows[0].output; COUNT];
    let mut i = 0;
    while i < COUNT {
        out[i] = rows[i].output;
        i += 1;
    }
    out
};

/// The fields of system calls, of the machine's processes, users and containers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SyscallFields;

impl FieldCatalog for SyscallFields {
    fn resolve(&self, name: &str, arg: Option<&str>) -> Result<FieldRef, FieldError> {
        resolve::resolve(&DECLS, name, arg)
    }

    fn decl(&self, id: FieldId) -> &FieldDecl {
        // An id of another catalogue is a mistake in the program; the first field is as good as any.
        DECLS.get(usize::from(id.0)).unwrap_or(&DECLS[0])
    }

    fn fields(&self) -> &[FieldDecl] {
        &DECLS
    }
}

/// Reads the fields of the event that `state` applied last.
#[derive(Clone, Copy, Debug)]
pub struct SyscallReader<'s> {
    state: &'s State,
    event: &'s Event<'s>,
    utc_offset: i32,
    hostname: &'s [u8],
    /// What most fields ask first, looked up once: an event under the stable pack reads half a dozen of them.
    thread: Option<&'s Thread>,
    fd: Option<&'s Fd>,
    /// The event's call has to do with a descriptor.
    fd_event: bool,
}

impl<'s> SyscallReader<'s> {
    /// Reads `event`, which must be the one that `state` applied last. Local times are `utc_offset` seconds ahead of UTC.
    #[must_use]
    #[inline]
    pub fn new(state: &'s State, event: &'s Event<'s>, utc_offset: i32) -> Self {
        let any = EventFlags::CREATES_FD.0 | EventFlags::USES_FD.0 | EventFlags::DESTROYS_FD.0;
        Self {
            state,
            event,
            utc_offset,
            hostname: b"",
            thread: state.thread(),
            fd: state.current_fd(),
            fd_event: event.ty.info().is_some_and(|i| i.flags.0 & any != 0),
        }
    }

    /// Sets what `evt.hostname` reads as. On replay it stays empty, as at the peer: the machine that replays is not the
    /// one that the events come from, and the capture's own name for it is not taken.
    #[must_use]
    #[inline]
    pub fn with_hostname(self, hostname: &'s [u8]) -> Self {
        Self { hostname, ..self }
    }

    /// The state behind the fields.
    #[must_use]
    pub fn state(&self) -> &'s State {
        self.state
    }
}

impl FieldReader for SyscallReader<'_> {
    #[inline]
    fn read<'e>(&'e self, field: &FieldRef, arena: &'e Arena) -> Option<Value<'e>> {
        let read = READERS.get(usize::from(field.id.0))?;
        read(&Ctx { reader: self, arena, json: false }, field)
    }

    fn read_output<'e>(&'e self, field: &FieldRef, target: Output, arena: &'e Arena) -> Option<Value<'e>> {
        let output = OUTPUTS.get(usize::from(field.id.0))?;
        let value = output(&Ctx { reader: self, arena, json: target == Output::Json }, field)?;
        // Outputs go to terminals and other programs: no control characters, no broken UTF-8.
        Some(match value {
            Value::Str(text) => Value::Str(compose::printable(text, arena)),
            other => other,
        })
    }
}

#[cfg(test)]
mod tests;
