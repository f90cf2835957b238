//! Fields that every event has: number, time, source.

use avouch_event::{FieldType, Print, TimeStyle, Value, time_text, types};

use super::ctx::{Ctx, flag, text, uint, word};
use super::param::until_nul;
use super::row::{Class, Row};

const C: Class = Class("evt (generic)");
const SECOND: u64 = 1_000_000_000;

fn when<'e>(c: &Ctx<'e>, style: TimeStyle) -> Option<Value<'e>> {
    if c.json {
        return uint(c.event.timestamp);
    }
    let mut out = c.compose();
    out.fmt(format_args!("{}", time_text(c.event.timestamp, style, c.utc_offset)));
    out.value()
}

fn reltime(c: &Ctx<'_>) -> u64 {
    c.event.timestamp.wrapping_sub(c.state.current().first_timestamp())
}

pub(super) fn is_meta(c: &Ctx<'_>) -> bool {
    use avouch_event::SourceCategory::Meta;
    c.event.ty.info().is_some_and(|i| i.source == Meta)
}

pub(super) const ROWS: &[Row] = &[
    C.field(
        "evt.num",
        FieldType::Uint64,
        "Place of the event in this run, first is 1; events hidden from rules count too.",
        |c, _| uint(c.event.num),
    ),
    C.text("evt.time", "Local time of day with nanoseconds, 09:41:07.000000012; a number of ns in JSON.", |c, _| {
        when(c, TimeStyle::Clock)
    }),
    C.text("evt.time.s", "Local time of day to the second; a number of ns in JSON.", |c, _| {
        when(c, TimeStyle::ClockSeconds)
    }),
    C.text("evt.time.iso8601", "UTC date and time with nanoseconds, ISO 8601; a number of ns in JSON.", |c, _| {
        when(c, TimeStyle::Iso8601)
    }),
    C.text("evt.datetime", "Local date and time with nanoseconds; a number of ns in JSON.", |c, _| {
        when(c, TimeStyle::DateTime)
    }),
    C.text("evt.datetime.s", "Local date and time to the second; a number of ns in JSON.", |c, _| {
        when(c, TimeStyle::DateTimeSeconds)
    }),
    C.field("evt.rawtime", FieldType::Abstime, "Time in ns since the epoch.", |c, _| uint(c.event.timestamp))
        .print(Print::Dec),
    C.field("evt.rawtime.s", FieldType::Abstime, "Whole seconds of the time.", |c, _| uint(c.event.timestamp / SECOND))
        .print(Print::Dec),
    C.field("evt.rawtime.ns", FieldType::Abstime, "Nanoseconds of the time beyond the whole second.", |c, _| {
        uint(c.event.timestamp % SECOND)
    })
    .output(|c, _| c.padded(c.event.timestamp % SECOND))
    .print(Print::Dec),
    C.field("evt.reltime", FieldType::Reltime, "Time in ns since the first event of the run.", |c, _| uint(reltime(c)))
        .output(|c, _| c.padded(reltime(c)))
        .print(Print::Dec),
    C.field("evt.reltime.s", FieldType::Reltime, "Whole seconds since the first event of the run.", |c, _| {
        uint(reltime(c) / SECOND)
    })
    .print(Print::Dec),
    C.field("evt.reltime.ns", FieldType::Reltime, "Nanoseconds of `evt.reltime` beyond the whole second.", |c, _| {
        uint(reltime(c) % SECOND)
    })
    .output(|c, _| c.padded(reltime(c) % SECOND))
    .print(Print::Dec),
    C.never(
        "evt.pluginname",
        FieldType::Charbuf,
        "Name of the plugin that gave the event.",
        "system calls come from no plugin",
    ),
    C.never(
        "evt.plugininfo",
        FieldType::Charbuf,
        "One line with which a plugin describes its event.",
        "system calls come from no plugin",
    ),
    C.text("evt.source", "Name of the event source.", |_, _| word("syscall")),
    C.flag(
        "evt.is_async",
        "Whether the event tells of the machine rather than of a call (container started ...).",
        |c, _| flag(is_meta(c)),
    ),
    C.text("evt.asynctype", "What an event about the machine tells (`container`); absent for others.", |c, _| {
        if !is_meta(c) {
            return None;
        }
        if c.event.ty == types::ASYNCEVENT_E {
            return text(c.event.params.get(1).map_or(&b""[..], until_nul));
        }
        word(c.event.ty.name())
    }),
    C.text("evt.hostname", "Name of the machine, as whoever runs the program gives it.", |c, _| text(c.hostname)),
];
