//! What a field reader may look at.

use std::ops::Deref;

use avouch_event::{Arena, EventFlags, FieldType, SourceCategory, Value, types};

use super::SyscallReader;
use super::compose::Compose;
use crate::{Fd, Thread};

/// What a field reader may look at: all that [`SyscallReader`] holds, and where to compose.
pub(super) struct Ctx<'e> {
    pub(super) reader: &'e SyscallReader<'e>,
    pub(super) arena: &'e Arena,
    /// The value goes into JSON.
    pub(super) json: bool,
}

impl<'e> Deref for Ctx<'e> {
    type Target = SyscallReader<'e>;

    fn deref(&self) -> &SyscallReader<'e> {
        self.reader
    }
}

impl<'e> Ctx<'e> {
    /// The thread that acted.
    pub(super) fn thread(&self) -> Option<&'e Thread> {
        self.reader.thread
    }

    /// The thread that the acting one's parent id names.
    pub(super) fn parent(&self) -> Option<&'e Thread> {
        self.state.parent(self.thread()?)
    }

    /// The descriptor the event works on.
    pub(super) fn fd(&self) -> Option<&'e Fd> {
        self.reader.fd
    }

    /// Whether the event's call has to do with a descriptor at all: without, every `fd.*` is absent.
    pub(super) fn is_fd_event(&self) -> bool {
        self.reader.fd_event
    }

    /// Descriptor `n` of the acting thread.
    pub(super) fn open_fd(&self, n: i64) -> Option<&'e Fd> {
        self.state.fd(self.thread()?, n)
    }

    pub(super) fn has(&self, flag: EventFlags) -> bool {
        self.event.ty.has(flag)
    }

    pub(super) fn is_syscall(&self) -> bool {
        self.event.ty.info().is_some_and(|i| i.source == SourceCategory::Syscall)
    }

    /// What the call returned; `None` for events that are not the exit of a call.
    pub(super) fn ret(&self) -> Option<i64> {
        let info = self.event.ty.info()?;
        if self.event.params.is_empty() {
            return None;
        }
        if info.source != SourceCategory::Syscall || !self.event.ty.is_exit() || self.event.ty == types::GENERIC_X {
            return None;
        }
        let first = info.params.first()?;
        if !matches!(first.name, "res" | "fd") {
            // `getuid` and the like return their answer, which is no error.
            return Some(0);
        }
        let p = &self.event.params;
        p.i64(0).or_else(|| p.i32(0).map(i64::from)).or(Some(0))
    }

    /// `path` seen from `base`, folded.
    pub(super) fn join(&self, base: &[u8], path: &[u8]) -> &'e [u8] {
        let mut out = bumpalo::collections::Vec::with_capacity_in(base.len() + path.len() + 1, self.arena);
        crate::path::join_into(base, path, &mut out);
        out.into_bump_slice()
    }

    pub(super) fn compose(&self) -> Compose<'e> {
        Compose::new(self.arena)
    }

    /// A number that a text shows with zeros in front, ten digits wide, and JSON as it is.
    pub(super) fn padded(&self, n: u64) -> Option<Value<'e>> {
        if self.json {
            return uint(n);
        }
        let mut out = self.compose();
        out.fmt(format_args!("{n:010}"));
        out.value()
    }

    /// Several values.
    pub(super) fn list(&self, items: impl IntoIterator<Item = Value<'e>>) -> Value<'e> {
        let mut out = bumpalo::collections::Vec::new_in(self.arena);
        out.extend(items);
        Value::List(out.into_bump_slice())
    }
}

/// Text, as a value.
pub(super) fn text(bytes: &[u8]) -> Option<Value<'_>> {
    Some(Value::Str(bytes))
}

/// Fixed text, as a value.
pub(super) fn word<'e>(text: &'static str) -> Option<Value<'e>> {
    Some(Value::Str(text.as_bytes()))
}

/// Signed number, as a value.
pub(super) fn int<'e>(n: impl Into<i64>) -> Option<Value<'e>> {
    Some(Value::Int(n.into()))
}

/// Unsigned number, as a value.
pub(super) fn uint<'e>(n: impl Into<u64>) -> Option<Value<'e>> {
    Some(Value::Uint(n.into()))
}

/// Boolean, as a value.
pub(super) fn flag<'e>(b: bool) -> Option<Value<'e>> {
    Some(Value::Bool(b))
}

/// Whether values of `ty` are [`Value::Int`].
pub(super) fn is_signed(ty: FieldType) -> bool {
    matches!(ty, FieldType::Int8 | FieldType::Int16 | FieldType::Int32 | FieldType::Int64)
}
