//! `json.*` and its older name `jevt.*`: any value of the record.

use avouch_event::{ArgSpec, Value};

use super::At;
use super::row::{Get, Row};

const CLASS: &str = "json";

pub(super) const ROWS: &[Row] = &[
    Row::text(CLASS, "json.value", "Value at a JSON pointer; the empty pointer is the whole.", Get::With(value))
        .arg(ArgSpec::RequiredKey),
    Row::text(CLASS, "json.obj", "The whole record, indented.", Get::With(whole)),
    Row::text(CLASS, "json.rawtime", "Time of the event, ns since the epoch, as text.", Get::With(raw_time)),
    Row::text(CLASS, "jevt.value", "Same as json.value.", Get::With(value)).arg(ArgSpec::RequiredKey),
    Row::text(CLASS, "jevt.obj", "Same as json.obj.", Get::With(whole)),
    Row::text(CLASS, "jevt.rawtime", "Same as json.rawtime.", Get::With(raw_time)),
];

fn value<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    Some(Value::Str(at.doc()?.pointer(at.key()?)?.shown(at.arena)))
}

fn whole<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    Some(Value::Str(at.doc()?.pretty(at.arena)))
}

fn raw_time<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    at.format(format_args!("{}", at.reader.event.timestamp))
}
