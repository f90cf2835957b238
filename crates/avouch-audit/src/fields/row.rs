//! A field as one row: its declaration and how it reads.

use avouch_event::{ArgSpec, FieldDecl, FieldType, Print, Reads, Shape, Value};

use super::At;

/// A field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) decl: FieldDecl,
    pub(super) get: Get,
}

/// How a field reads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Get {
    /// It does not.
    Never,
    /// The value at these keys as text.
    Keys(&'static [&'static str]),
    /// The elements of the array at these keys as texts; with an index, that one.
    Items(&'static [&'static str]),
    /// By a function.
    With(ReadFn),
}

pub(super) type ReadFn = for<'e, 'f> fn(&At<'e, 'f>) -> Option<Value<'e>>;

impl Row {
    const fn new(class: &'static str, name: &'static str, ty: FieldType, doc: &'static str, get: Get) -> Self {
        Self { decl: FieldDecl::plain(class, name, ty, doc), get }
    }

    /// A text.
    pub(super) const fn text(class: &'static str, name: &'static str, doc: &'static str, get: Get) -> Self {
        Self::new(class, name, FieldType::Charbuf, doc, get)
    }

    /// A list of texts, which may be asked for one of them.
    pub(super) const fn texts(class: &'static str, name: &'static str, doc: &'static str, get: Get) -> Self {
        Self::text(class, name, doc, get).list().arg(ArgSpec::OptionalIndex)
    }

    /// Something else.
    pub(super) const fn of(
        class: &'static str,
        name: &'static str,
        ty: FieldType,
        doc: &'static str,
        get: Get,
    ) -> Self {
        Self::new(class, name, ty, doc, get)
    }

    /// A field of a source that cannot be read yet.
    pub(super) const fn sourceless(class: &'static str, name: &'static str, ty: FieldType, doc: &'static str) -> Self {
        let mut row = Self::new(class, name, ty, doc, Get::Never);
        row.decl.reads = Reads::Never("no source for it yet");
        row
    }

    pub(super) const fn list(mut self) -> Self {
        self.decl.shape = Shape::List;
        self
    }

    pub(super) const fn arg(mut self, arg: ArgSpec) -> Self {
        self.decl.arg = arg;
        self
    }

    pub(super) const fn print(mut self, print: Print) -> Self {
        self.decl.print = print;
        self
    }

    pub(super) const fn hidden(mut self) -> Self {
        self.decl.flags.hidden = true;
        self
    }

    pub(super) const fn deprecated(mut self) -> Self {
        self.decl.flags.deprecated = true;
        self
    }
}
