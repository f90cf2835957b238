//! The vocabulary of rules: what fields exist, what they take and give, and how the engine reads them.
//!
//! Crates that hold data (`avouch-state`, `avouch-audit`) implement [`FieldCatalog`] and [`FieldReader`]; the engine
//! knows nothing else of them, and its tests use a toy catalogue.

use crate::Arena;
use crate::value::Value;

/// Index of a field in its catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u16);

/// Type of a field, which decides its operators, how a rule's text is parsed and how a value prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are upstream's own type names")]
pub enum FieldType {
    Charbuf,
    /// Path: a text that `pmatch` and friends accept alike.
    Fspath,
    Bytebuf,
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Double,
    /// Duration in ns.
    Reltime,
    /// Time in ns since the epoch.
    Abstime,
    Port,
    Ipaddr,
    Ipnet,
    /// `uid`/`gid` typed parameters, tuples, socket addresses, descriptor lists: only `exists` applies.
    Opaque,
    /// Typed by the argument: `evt.rawarg.X`. [`FieldRef::ty`] holds the type of X.
    Dyn,
}

/// How many values a field reads as, and what a comparison means then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// One value.
    Scalar,
    /// A list: only `in` (all), `intersects` (any) and `exists`.
    List,
    /// All ancestors: a comparison holds when it holds for one of them. Prints joined by blanks.
    Ancestors,
    /// Both ends of a connection: a comparison holds when it holds for either, `!=` when both differ.
    Endpoints,
}

/// What argument a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgSpec {
    /// None allowed.
    None,
    /// `[n]` allowed.
    OptionalIndex,
    /// `[n]` required.
    RequiredIndex,
    /// `[KEY]` allowed.
    OptionalKey,
    /// `[KEY]` required.
    RequiredKey,
    /// `[n]` or `[KEY]` allowed; digits without leading zero are an index.
    OptionalKeyOrIndex,
    /// `[n]` or `[KEY]` required.
    RequiredKeyOrIndex,
    /// `.name` of a parameter of some event required (`evt.arg.flags`), `[n]` too when `index` is set.
    Param {
        /// Whether `evt.arg[0]` is allowed as well.
        index: bool,
    },
    /// `.name` required, any word (`thread.cgroup.cpuacct`, `evt.type.is.open`).
    RequiredSuffix,
    /// `.src` or `.dst` allowed (`evt.abspath`).
    OptionalSrcDst,
}

/// A field's argument as written, understood.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum FieldArg {
    /// No argument.
    #[default]
    None,
    /// `[3]`.
    Index(u32),
    /// `[PATH]`, `.cpuacct`.
    Key(Box<str>),
}

/// How a number prints in an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Print {
    /// As its type does.
    #[default]
    Plain,
    /// Decimal.
    Dec,
    /// Decimal, padded with zeros to ten digits; a text in JSON.
    PaddedDec,
    /// Upper-case hexadecimal; a text in JSON.
    Hex,
    /// Octal; a text in JSON.
    Oct,
}

/// Whether avouch can read a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Yes.
    Yes,
    /// Never; a rule that uses it gets a warning with this reason.
    Never(&'static str),
}

/// What else is true of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct FieldFlags {
    /// Only for conditions: prints `<NA>`.
    pub filter_only: bool,
    /// Only for outputs.
    pub print_only: bool,
    /// May not stand on the right of an operator.
    pub no_rhs: bool,
    /// May not be given to a transformer.
    pub no_transformer: bool,
    /// Not listed by default.
    pub hidden: bool,
    /// Still read, but upstream advises against it.
    pub deprecated: bool,
    /// Appended to outputs when `suggested_output` is on.
    pub suggested: bool,
}

impl FieldFlags {
    /// Nothing special.
    pub const NONE: Self = Self {
        filter_only: false,
        print_only: false,
        no_rhs: false,
        no_transformer: false,
        hidden: false,
        deprecated: false,
        suggested: false,
    };
}

/// A field of the rule language.
#[derive(Clone, Copy, Debug)]
pub struct FieldDecl {
    /// Full name, `proc.name`.
    pub name: &'static str,
    /// Class it is listed under, `process`.
    pub class: &'static str,
    /// Type of its value.
    pub ty: FieldType,
    /// How many values.
    pub shape: Shape,
    /// What argument it takes.
    pub arg: ArgSpec,
    /// Meaning, units included.
    pub doc: &'static str,
    /// How it prints.
    pub print: Print,
    /// Properties.
    pub flags: FieldFlags,
    /// Whether avouch reads it, or why not.
    pub reads: Reads,
}

impl FieldDecl {
    /// A field that reads as one value and takes no argument; catalogues change from there what is special.
    #[must_use]
    pub const fn plain(class: &'static str, name: &'static str, ty: FieldType, doc: &'static str) -> Self {
        Self {
            name,
            class,
            ty,
            shape: Shape::Scalar,
            arg: ArgSpec::None,
            doc,
            print: Print::Plain,
            flags: FieldFlags::NONE,
            reads: Reads::Yes,
        }
    }
}

/// A use of a field: which one, with which argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldRef {
    /// Which field.
    pub id: FieldId,
    /// Type of the value, which the argument may have refined (`evt.rawarg.res`).
    pub ty: FieldType,
    /// Shape, which the argument may have refined (`proc.aname[2]` is one value).
    pub shape: Shape,
    /// The argument.
    pub arg: FieldArg,
    /// Number the catalogue may have worked out from the argument, so that reading needs no look-up by name.
    pub code: u32,
}

/// Why a text does not name a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// No field of that name.
    Unknown,
    /// The field takes no argument.
    UnexpectedArg,
    /// The field needs an argument.
    MissingArg,
    /// The argument is not of the kind the field takes; what would be.
    BadArg(&'static str),
}

/// The fields of one event source.
pub trait FieldCatalog {
    /// Finds the field that `name` (dots included: `evt.arg.flags`) and the bracketed `arg` denote.
    ///
    /// # Errors
    /// Says whether the name or the argument is wrong.
    fn resolve(&self, name: &str, arg: Option<&str>) -> Result<FieldRef, FieldError>;

    /// Declaration of a resolved field.
    fn decl(&self, id: FieldId) -> &FieldDecl;

    /// All declarations, in listing order.
    fn fields(&self) -> &[FieldDecl];
}

/// Reads fields of the current event.
pub trait FieldReader {
    /// The value, or `None` for absent. Text that must be composed is put into `arena`.
    ///
    /// Reading never changes anything and does no IO.
    fn read<'e>(&'e self, field: &FieldRef, arena: &'e Arena) -> Option<Value<'e>>;

    /// The value as an output shows it, where that differs from what a condition compares.
    ///
    /// Fields for conditions only print a placeholder, `proc.apid` without index prints the process itself, and in JSON
    /// all times are whole nanoseconds.
    fn read_output<'e>(&'e self, field: &FieldRef, target: Output, arena: &'e Arena) -> Option<Value<'e>> {
        let _ = target;
        self.read(field, arena)
    }
}

/// Which kind of output a value goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A line of text.
    Text,
    /// A value in a JSON map.
    Json,
}
