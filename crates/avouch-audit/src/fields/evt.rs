//! `evt.*` that every source has.

use avouch_event::{FieldType, Print, TimeStyle, Value, time_text, types};

use super::At;
use super::row::{Get, Row};
use crate::source::Source;

const CLASS: &str = "evt";
const SECOND: u64 = 1_000_000_000;

const fn text(name: &'static str, doc: &'static str, get: super::row::ReadFn) -> Row {
    Row::text(CLASS, name, doc, Get::With(get))
}

const fn number(name: &'static str, ty: FieldType, print: Print, doc: &'static str, get: super::row::ReadFn) -> Row {
    Row::of(CLASS, name, ty, doc, Get::With(get)).print(print)
}

pub(super) const ROWS: &[Row] = &[
    number("evt.num", FieldType::Uint64, Print::Plain, "Ordinal of the event in this run; the first is 1.", |at| {
        Some(Value::Uint(at.reader.event.num))
    }),
    text("evt.time", "Local time of day with nine digits of fraction.", |at| shown(at, TimeStyle::Clock)),
    text("evt.time.s", "Local time of day to the second.", |at| shown(at, TimeStyle::ClockSeconds)),
    text("evt.time.iso8601", "Date and time in UTC, ISO 8601 with nine digits of fraction.", |at| {
        shown(at, TimeStyle::Iso8601)
    }),
    text("evt.datetime", "Local date and time with nine digits of fraction.", |at| shown(at, TimeStyle::DateTime)),
    text("evt.datetime.s", "Local date and time to the second.", |at| shown(at, TimeStyle::DateTimeSeconds)),
    number("evt.rawtime", FieldType::Abstime, Print::Dec, "Time of the event, ns since the epoch.", |at| {
        Some(Value::Uint(at.reader.event.timestamp))
    }),
    number("evt.rawtime.s", FieldType::Abstime, Print::Dec, "Whole seconds of evt.rawtime.", |at| {
        Some(Value::Uint(at.reader.event.timestamp / SECOND))
    }),
    number("evt.rawtime.ns", FieldType::Abstime, Print::PaddedDec, "Nanoseconds of evt.rawtime in its second.", |at| {
        Some(Value::Uint(at.reader.event.timestamp % SECOND))
    }),
    number("evt.reltime", FieldType::Reltime, Print::PaddedDec, "ns since the first event of the run.", |at| {
        Some(Value::Uint(since_first(at)))
    }),
    number("evt.reltime.s", FieldType::Reltime, Print::Dec, "Whole seconds of evt.reltime.", |at| {
        Some(Value::Uint(since_first(at) / SECOND))
    }),
    number("evt.reltime.ns", FieldType::Reltime, Print::PaddedDec, "Nanoseconds of evt.reltime in its second.", |at| {
        Some(Value::Uint(since_first(at) % SECOND))
    }),
    text("evt.pluginname", "Name of the plugin that emits such events.", |at| {
        Some(Value::Str(at.reader.source.plugin().as_bytes()))
    }),
    text("evt.plugininfo", "The event in one line: who did what to what.", |at| match at.reader.source {
        Source::K8sAudit => super::ka::one_line(at),
        Source::CloudTrail => super::ct::one_line(at),
        Source::Okta | Source::Github | Source::GcpAudit => None,
    }),
    text("evt.source", "Name of the event source.", |at| Some(Value::Str(at.reader.source.name().as_bytes()))),
    Row::of(
        CLASS,
        "evt.is_async",
        FieldType::Bool,
        "Whether the event was put between the source's own; records never are.",
        Get::With(|at| Some(Value::Bool(at.reader.event.ty == types::ASYNCEVENT_E))),
    ),
    text("evt.asynctype", "Name of an asynchronous event; absent for records.", |_| None),
    text("evt.hostname", "Name of the machine that reads the events.", |at| {
        let name = at.reader.run.hostname;
        (!name.is_empty()).then_some(Value::Str(name))
    }),
];

fn shown<'e>(at: &At<'e, '_>, style: TimeStyle) -> Option<Value<'e>> {
    at.format(format_args!("{}", time_text(at.reader.event.timestamp, style, at.reader.run.utc_offset)))
}

/// Records are not always in the order of their times: what lies before the first counts as the first.
fn since_first(at: &At<'_, '_>) -> u64 {
    at.reader.event.timestamp.saturating_sub(at.reader.run.first_timestamp)
}
