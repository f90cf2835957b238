//! What stands beside an operator: a field, a text, or a transformer over them, typed.

use std::sync::Arc;

use avouch_event::{Arena, FieldArg, FieldReader, FieldRef, FieldType, Shape, Value};

use crate::transform::{self, Func};

/// A typed operand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Operand {
    pub(crate) source: Source,
    pub(crate) ty: FieldType,
    pub(crate) shape: Shape,
    /// As rules write it, `tolower(proc.name)`.
    pub(crate) text: Arc<str>,
    /// What the engine itself must know of the field.
    pub(crate) special: Special,
}

/// Fields whose meaning the engine uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Special {
    No,
    /// `evt.type`.
    EventType,
    /// `syscall.type`.
    SyscallType,
    /// `evt.num`, which counts from 1.
    EventNumber,
    /// `evt.around[T]`, which reads as the distance from T in ms, rounded up; `=` means "within".
    Around,
}

impl Special {
    pub(crate) fn of(name: &str, arg: &FieldArg) -> Self {
        match name {
            "evt.type" if *arg == FieldArg::None => Special::EventType,
            "syscall.type" if *arg == FieldArg::None => Special::SyscallType,
            "evt.num" => Special::EventNumber,
            "evt.around" => Special::Around,
            _ => Special::No,
        }
    }
}

/// Where an operand's value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Field(FieldRef),
    Text(Box<[u8]>),
    /// `(a, "b")`.
    Tuple(Box<[Operand]>),
    Apply {
        func: Func,
        args: Box<[Operand]>,
        /// `getopt(...)[c]`.
        option: Option<u8>,
    },
}

impl Operand {
    /// A text.
    pub(crate) fn text(text: &str) -> Self {
        Self {
            source: Source::Text(text.as_bytes().into()),
            ty: FieldType::Charbuf,
            shape: Shape::Scalar,
            text: format!("\"{text}\"").into(),
            special: Special::No,
        }
    }

    /// Reads the value without any cache.
    pub(crate) fn read<'e, R: FieldReader>(&'e self, reader: &'e R, arena: &'e Arena) -> Option<Value<'e>> {
        match &self.source {
            Source::Field(field) => reader.read(field, arena),
            Source::Text(text) => Some(Value::Str(text)),
            Source::Tuple(parts) => {
                let values: Option<Vec<Value<'e>>> = parts.iter().map(|p| p.read(reader, arena)).collect();
                Some(Value::List(arena.alloc_slice_copy(&values?)))
            }
            Source::Apply { func, args, option } => {
                let values: Vec<Option<Value<'e>>> = args.iter().map(|a| a.read(reader, arena)).collect();
                transform::apply(*func, &values, *option, arena)
            }
        }
    }

    /// Visits every field in it.
    pub(crate) fn fields<'a>(&'a self, visit: &mut dyn FnMut(&'a FieldRef, &'a Operand)) {
        match &self.source {
            Source::Field(field) => visit(field, self),
            Source::Text(_) => {}
            Source::Tuple(parts) | Source::Apply { args: parts, .. } => parts.iter().for_each(|p| p.fields(visit)),
        }
    }
}
