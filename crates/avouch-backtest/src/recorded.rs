//! Values of fields as a finding recorded them, given back to the engine.
//!
//! A finding keeps the fields of its rule's output as JSON (`avouch-engine` `output/render.rs` writes them). Not every value can be
//! had back from there: an output shows lists of ancestors as one text, bytes with dots, some times not at all, and the ledger
//! replaces secrets. What cannot be had back exactly is unknown, never guessed.

use std::net::IpAddr;

use avouch_event::{Arena, FieldDecl, FieldReader, FieldRef, FieldType, Print, Reads, Shape, Value};
use rustc_hash::FxHashMap;
use serde_json::Value as Json;

/// What is known of a field at an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Recorded {
    /// Nothing: it was not recorded, or not so that it can be had back.
    #[default]
    Unknown,
    /// It had no value.
    Absent,
    Text(String),
    Int(i64),
    Uint(u64),
    Bool(bool),
    Ip(IpAddr),
    List(Vec<Recorded>),
}

/// What the ledger writes in the place of a secret begins so.
const REDACTED: &str = "[redacted:";
/// What outputs show for what cannot be printed.
const REPLACED: char = '\u{fffd}';

impl Recorded {
    /// A text as a record has it; unknown when something in it was replaced.
    pub(crate) fn text(text: &str) -> Self {
        if text.contains(REDACTED) || text.contains(REPLACED) { Self::Unknown } else { Self::Text(text.to_owned()) }
    }

    /// Several of them; unknown when one is.
    pub(crate) fn texts(texts: &[String]) -> Self {
        let texts: Vec<Self> = texts.iter().map(|t| Self::text(t)).collect();
        match texts.is_empty() {
            // An empty list is absent, for the engine too.
            true => Self::Absent,
            false if texts.contains(&Self::Unknown) => Self::Unknown,
            false => Self::List(texts),
        }
    }

    /// Reads a recorded value of a field.
    pub(crate) fn of(value: &Json, field: &FieldRef, decl: &FieldDecl) -> Self {
        if decl.flags.filter_only || decl.ty == FieldType::Dyn || field.shape == Shape::Ancestors {
            return Self::Unknown;
        }
        if let Reads::Never(_) = decl.reads {
            return Self::Absent;
        }
        match (value, field.shape) {
            // An empty list is absent, for the engine too.
            (Json::Null, _) => Self::Absent,
            (Json::Array(items), Shape::List | Shape::Endpoints) if items.is_empty() => Self::Absent,
            (Json::Array(items), Shape::List | Shape::Endpoints) => {
                let items: Vec<Self> = items.iter().map(|i| Self::one(i, field.ty, decl.print)).collect();
                if items.contains(&Self::Unknown) { Self::Unknown } else { Self::List(items) }
            }
            (_, Shape::Scalar) => Self::one(value, field.ty, decl.print),
            _ => Self::Unknown,
        }
    }

    fn one(value: &Json, ty: FieldType, print: Print) -> Self {
        match ty {
            FieldType::Charbuf | FieldType::Fspath => match value {
                Json::String(text) => Self::text(text),
                _ => Self::Unknown,
            },
            FieldType::Bool => value.as_bool().map_or(Self::Unknown, Self::Bool),
            FieldType::Int8 | FieldType::Int16 | FieldType::Int32 | FieldType::Int64 => match value {
                Json::Number(n) => n.as_i64().map_or(Self::Unknown, Self::Int),
                Json::String(text) => signed(text, ty, print).map_or(Self::Unknown, Self::Int),
                _ => Self::Unknown,
            },
            FieldType::Uint8 | FieldType::Uint16 | FieldType::Uint32 | FieldType::Uint64 | FieldType::Port => {
                match value {
                    Json::Number(n) => n.as_u64().map_or(Self::Unknown, Self::Uint),
                    Json::String(text) => unsigned(text, print).map_or(Self::Unknown, Self::Uint),
                    _ => Self::Unknown,
                }
            }
            FieldType::Ipaddr => value.as_str().and_then(|t| t.parse().ok()).map_or(Self::Unknown, Self::Ip),
            // Outputs round doubles, show bytes with dots, and times in several ways.
            FieldType::Bytebuf
            | FieldType::Double
            | FieldType::Reltime
            | FieldType::Abstime
            | FieldType::Ipnet
            | FieldType::Opaque
            | FieldType::Dyn => Self::Unknown,
        }
    }

    /// As people read it; `None` for unknown and absent.
    pub(crate) fn shown(&self) -> Option<String> {
        Some(match self {
            Self::Unknown | Self::Absent => return None,
            Self::Text(text) => text.clone(),
            Self::Int(n) => n.to_string(),
            Self::Uint(n) => n.to_string(),
            Self::Bool(b) => b.to_string(),
            Self::Ip(ip) => ip.to_string(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().filter_map(Self::shown).collect();
                format!("({})", items.join(","))
            }
        })
    }

    fn value<'e>(&'e self, arena: &'e Arena) -> Option<Value<'e>> {
        Some(match self {
            Self::Unknown | Self::Absent => return None,
            Self::Text(text) => Value::Str(text.as_bytes()),
            Self::Int(n) => Value::Int(*n),
            Self::Uint(n) => Value::Uint(*n),
            Self::Bool(b) => Value::Bool(*b),
            Self::Ip(ip) => Value::Ip(*ip),
            Self::List(items) => {
                let value = |i: &'e Self| i.value(arena).unwrap_or(Value::Str(b""));
                Value::List(arena.alloc_slice_fill_iter(items.iter().map(value)))
            }
        })
    }
}

fn unsigned(text: &str, print: Print) -> Option<u64> {
    match print {
        Print::Hex => u64::from_str_radix(text, 16).ok(),
        Print::Oct => u64::from_str_radix(text, 8).ok(),
        Print::Plain | Print::Dec | Print::PaddedDec => text.parse().ok(),
    }
}

/// Hexadecimal and octal show the bits of the type's width.
fn signed(text: &str, ty: FieldType, print: Print) -> Option<i64> {
    if !matches!(print, Print::Hex | Print::Oct) {
        return text.parse().ok();
    }
    let unused = match ty {
        FieldType::Int8 => 56,
        FieldType::Int16 => 48,
        FieldType::Int32 => 32,
        _ => 0,
    };
    Some(unsigned(text, print)?.cast_signed() << unused >> unused)
}

/// Reads what was recorded of one event; what is unknown reads as absent, and whoever asks has to know which it is.
pub(crate) struct RecordedReader<'a> {
    /// Places in `values`, by field.
    pub(crate) slots: &'a FxHashMap<FieldRef, usize>,
    pub(crate) values: &'a [Recorded],
}

impl FieldReader for RecordedReader<'_> {
    fn read<'e>(&'e self, field: &FieldRef, arena: &'e Arena) -> Option<Value<'e>> {
        self.values.get(*self.slots.get(field)?)?.value(arena)
    }
}

#[cfg(test)]
mod tests {
    use avouch_pipeline::catalogs;
    use serde_json::json;

    use super::*;

    fn read(name: &str, arg: Option<&str>, value: &Json) -> Recorded {
        let (_, catalog) = catalogs()[0];
        let field = catalog.resolve(name, arg).unwrap();
        Recorded::of(value, &field, catalog.decl(field.id))
    }

    #[test]
    fn what_an_output_shows_exactly_is_had_back() {
        assert_eq!(read("proc.name", None, &json!("sh")), Recorded::Text("sh".into()));
        assert_eq!(read("proc.name", None, &json!(null)), Recorded::Absent);
        assert_eq!(read("proc.aname", Some("2"), &json!("sh")), Recorded::Text("sh".into()));
        assert_eq!(read("proc.pid", None, &json!(-1)), Recorded::Int(-1));
        assert_eq!(read("fd.sport", None, &json!(443)), Recorded::Uint(443));
        assert_eq!(read("fd.sip", None, &json!("10.0.0.1")), Recorded::Ip("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn what_it_changes_is_unknown() {
        assert_eq!(read("proc.name", None, &json!("a\u{fffd}")), Recorded::Unknown);
        assert_eq!(read("proc.cmdline", None, &json!("curl [redacted:login-option 00]")), Recorded::Unknown);
        assert_eq!(read("proc.aname", None, &json!("sh bash")), Recorded::Unknown, "all ancestors as one text");
        assert_eq!(read("fd.ip", None, &json!("<NA>")), Recorded::Unknown, "only for conditions");
        assert_eq!(read("evt.reltime", None, &json!("0000000001")), Recorded::Unknown);
        assert_eq!(read("proc.pid", None, &json!("x")), Recorded::Unknown);
    }

    #[test]
    fn numbers_in_other_bases_keep_their_sign() {
        assert_eq!(signed("FFFFFFFF", FieldType::Int32, Print::Hex), Some(-1));
        assert_eq!(signed("755", FieldType::Int64, Print::Oct), Some(0o755));
        assert_eq!(unsigned("1F", Print::Hex), Some(31));
        assert_eq!(unsigned("0000000042", Print::PaddedDec), Some(42));
    }
}
