//! One row a field: declaration and reader side by side, so that to add a field is to add a row.

use avouch_event::{ArgSpec, FieldDecl, FieldRef, FieldType, Print, Reads, Shape, Value};

use super::ctx::Ctx;

/// Reads one field of the current event.
pub(super) type ReadFn = for<'e> fn(&Ctx<'e>, &FieldRef) -> Option<Value<'e>>;

/// A field.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) decl: FieldDecl,
    pub(super) read: ReadFn,
    /// What an output shows, where that differs.
    pub(super) output: ReadFn,
}

/// Rows of one class.
#[derive(Clone, Copy)]
pub(super) struct Class(pub(super) &'static str);

impl Class {
    /// A field read by `read`.
    pub(super) const fn field(self, name: &'static str, ty: FieldType, doc: &'static str, read: ReadFn) -> Row {
        Row { decl: FieldDecl::plain(self.0, name, ty, doc), read, output: read }
    }

    /// A text field.
    pub(super) const fn text(self, name: &'static str, doc: &'static str, read: ReadFn) -> Row {
        self.field(name, FieldType::Charbuf, doc, read)
    }

    /// A boolean field.
    pub(super) const fn flag(self, name: &'static str, doc: &'static str, read: ReadFn) -> Row {
        self.field(name, FieldType::Bool, doc, read)
    }

    /// A field of which the value is never there.
    pub(super) const fn never(self, name: &'static str, ty: FieldType, doc: &'static str, reason: &'static str) -> Row {
        let mut row = self.field(name, ty, doc, |_, _| None);
        row.decl.reads = Reads::Never(reason);
        row
    }
}

impl Row {
    pub(super) const fn arg(mut self, arg: ArgSpec) -> Self {
        self.decl.arg = arg;
        self
    }

    pub(super) const fn shape(mut self, shape: Shape) -> Self {
        self.decl.shape = shape;
        self
    }

    pub(super) const fn print(mut self, print: Print) -> Self {
        self.decl.print = print;
        self
    }

    /// What outputs show instead.
    pub(super) const fn output(mut self, output: ReadFn) -> Self {
        self.output = output;
        self
    }

    /// May neither stand on the right of an operator nor be given to a transformer.
    pub(super) const fn left_only(mut self) -> Self {
        self.decl.flags.no_rhs = true;
        self.decl.flags.no_transformer = true;
        self
    }

    pub(super) const fn no_rhs(mut self) -> Self {
        self.decl.flags.no_rhs = true;
        self
    }

    /// Only for conditions.
    pub(super) const fn filter_only(mut self) -> Self {
        self.decl.flags.filter_only = true;
        self.left_only()
    }

    pub(super) const fn print_only(mut self) -> Self {
        self.decl.flags.print_only = true;
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

    pub(super) const fn suggested(mut self) -> Self {
        self.decl.flags.suggested = true;
        self
    }
}

/// Rows of all classes in one array, at compile time.
pub(super) const fn concat<const N: usize>(parts: &[&[Row]]) -> [Row; N] {
    let mut out = [Class("").never("", FieldType::Charbuf, "", ""); N];
    let (mut part, mut n) = (0, 0);
    while part < parts.len() {
        let mut i = 0;
        while i < parts[part].len() {
            out[n] = parts[part][i];
            n += 1;
            i += 1;
        }
        part += 1;
    }
    assert!(n == N, "the number of rows");
    out
}
