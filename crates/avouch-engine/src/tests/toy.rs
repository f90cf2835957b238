//! A field catalogue of all types and shapes, and events that are maps of values.

use std::net::IpAddr;

use avouch_event::{
    Arena, ArgSpec, FieldArg, FieldCatalog, FieldDecl, FieldError, FieldFlags, FieldId, FieldReader, FieldRef,
    FieldType, Print, Reads, Shape, Value,
};

/// The toy's fields.
pub(crate) struct Toy;

const NONE: FieldFlags = FieldFlags {
    filter_only: false,
    print_only: false,
    no_rhs: false,
    no_transformer: false,
    hidden: false,
    deprecated: false,
    suggested: false,
};

const fn field(name: &'static str, ty: FieldType, shape: Shape) -> FieldDecl {
    FieldDecl {
        name,
        class: "toy",
        ty,
        shape,
        arg: ArgSpec::None,
        doc: "",
        print: Print::Plain,
        flags: NONE,
        reads: Reads::Yes,
    }
}

/// Fields; the place is the id.
pub(crate) static FIELDS: &[FieldDecl] = &[
    field("evt.type", FieldType::Charbuf, Shape::Scalar),
    field("evt.num", FieldType::Uint64, Shape::Scalar),
    field("t.name", FieldType::Charbuf, Shape::Scalar),
    field("t.path", FieldType::Fspath, Shape::Scalar),
    field("t.int", FieldType::Int64, Shape::Scalar),
    field("t.uint", FieldType::Uint32, Shape::Scalar),
    field("t.flag", FieldType::Bool, Shape::Scalar),
    field("t.ip", FieldType::Ipaddr, Shape::Scalar),
    field("t.net", FieldType::Ipnet, Shape::Scalar),
    FieldDecl {
        flags: FieldFlags { no_rhs: true, no_transformer: true, ..NONE },
        ..field("t.ips", FieldType::Ipaddr, Shape::Endpoints)
    },
    FieldDecl {
        flags: FieldFlags { no_rhs: true, no_transformer: true, filter_only: true, ..NONE },
        ..field("t.nets", FieldType::Ipnet, Shape::Endpoints)
    },
    field("t.ports", FieldType::Port, Shape::Endpoints),
    FieldDecl {
        flags: FieldFlags { no_rhs: true, no_transformer: true, ..NONE },
        ..field("t.names", FieldType::Charbuf, Shape::Ancestors)
    },
    field("t.pids", FieldType::Int64, Shape::Ancestors),
    field("t.list", FieldType::Charbuf, Shape::List),
    field("t.buf", FieldType::Bytebuf, Shape::Scalar),
    field("t.double", FieldType::Double, Shape::Scalar),
    FieldDecl { print: Print::Hex, ..field("t.hex", FieldType::Int32, Shape::Scalar) },
    FieldDecl { arg: ArgSpec::RequiredKey, ..field("t.env", FieldType::Charbuf, Shape::Scalar) },
    FieldDecl { reads: Reads::Never("live DNS"), ..field("t.host", FieldType::Charbuf, Shape::Scalar) },
    field("t.other", FieldType::Charbuf, Shape::Scalar),
    field("t.opaque", FieldType::Opaque, Shape::Scalar),
    FieldDecl {
        flags: FieldFlags { suggested: true, ..NONE },
        ..field("t.suggested", FieldType::Charbuf, Shape::Scalar)
    },
];

impl FieldCatalog for Toy {
    fn resolve(&self, name: &str, arg: Option<&str>) -> Result<FieldRef, FieldError> {
        let id = FIELDS.iter().position(|f| f.name == name).ok_or(FieldError::Unknown)?;
        let decl = &FIELDS[id];
        let arg = match (decl.arg, arg) {
            (ArgSpec::None, None) => FieldArg::None,
            (ArgSpec::None, Some(_)) => return Err(FieldError::UnexpectedArg),
            (_, None) => return Err(FieldError::MissingArg),
            (_, Some(a)) => FieldArg::Key(a.into()),
        };
        let id = FieldId(u16::try_from(id).unwrap_or(u16::MAX));
        Ok(FieldRef { id, ty: decl.ty, shape: decl.shape, arg, code: 0 })
    }

    fn decl(&self, id: FieldId) -> &FieldDecl {
        &FIELDS[usize::from(id.0)]
    }

    fn fields(&self) -> &[FieldDecl] {
        FIELDS
    }
}

/// A value that owns its bytes.
#[derive(Clone, Debug)]
pub(crate) enum Owned {
    Str(Vec<u8>),
    Bytes(Vec<u8>),
    Int(i64),
    Uint(u64),
    Bool(bool),
    Double(f64),
    Ip(IpAddr),
    List(Vec<Owned>),
}

impl From<&str> for Owned {
    fn from(text: &str) -> Self {
        Owned::Str(text.into())
    }
}

impl Owned {
    fn value<'e>(&'e self, arena: &'e Arena) -> Value<'e> {
        match self {
            Owned::Str(b) => Value::Str(b),
            Owned::Bytes(b) => Value::Bytes(b),
            Owned::Int(n) => Value::Int(*n),
            Owned::Uint(n) => Value::Uint(*n),
            Owned::Bool(b) => Value::Bool(*b),
            Owned::Double(d) => Value::Double(*d),
            Owned::Ip(ip) => Value::Ip(*ip),
            Owned::List(items) => Value::List(arena.alloc_slice_fill_iter(items.iter().map(|i| i.value(arena)))),
        }
    }
}

/// An event: values by field.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    values: Vec<Option<Owned>>,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self { values: vec![None; FIELDS.len()] }
    }

    pub(crate) fn set(mut self, name: &str, value: impl Into<Owned>) -> Self {
        let at = FIELDS.iter().position(|f| f.name == name).expect("a field of the toy");
        self.values[at] = Some(value.into());
        self
    }
}

impl FieldReader for Reader {
    fn read<'e>(&'e self, field: &FieldRef, arena: &'e Arena) -> Option<Value<'e>> {
        self.values.get(usize::from(field.id.0))?.as_ref().map(|v| v.value(arena))
    }
}
