//! Charts, each with the same in words.

use std::collections::BTreeMap;

use avouch_coverage::{Day, State as DayState};
use avouch_document::{
    Bar, Bin, Block, Chart, Columns, Figure, Histogram, Lane, Series, Share, State, Strip, Summary, Text,
};
use avouch_finding::{Severity, Time};

use crate::chapters::ground::{Ground, Shares};
use crate::chapters::words as w;
use crate::controls::ControlResult;
use crate::stats::Times;

const DAY: u32 = 86_400;
const MINUTE: u128 = 60_000_000_000;

/// Numbers of the first day of the period and of the one after its last, UTC.
fn days(g: &Ground<'_>) -> std::ops::Range<u64> {
    let period = g.results.facts.period;
    period.from.day()..Time(period.to.0.saturating_sub(1)).day() + 1
}

/// The state of each day of the period: the worst that any subject had in any part.
fn states(g: &Ground<'_>, control: &ControlResult<'_>) -> Vec<State> {
    let mut worst: BTreeMap<u64, DayState> = BTreeMap::new();
    for day in control.parts.iter().flat_map(|p| &p.line.days) {
        let state = worst.entry(day.from.day()).or_insert(DayState::NotExpected);
        *state = worse(*state, day);
    }
    days(g).map(|n| worst.get(&n).map_or(State::NoData, |s| drawn(*s))).collect()
}

fn worse(before: DayState, day: &Day) -> DayState {
    let rank = |s: DayState| match s {
        DayState::NotExpected => 0,
        DayState::Pass => 1,
        DayState::Unknown => 2,
        DayState::Fail => 3,
    };
    let now = day.worst();
    if rank(now) > rank(before) { now } else { before }
}

fn drawn(state: DayState) -> State {
    match state {
        DayState::Pass => State::Pass,
        DayState::Unknown => State::Unknown,
        DayState::Fail => State::Fail,
        DayState::NotExpected => State::NoData,
    }
}

/// `27 days pass, 3 days unknown`; states without days are left out.
fn days_in_words(states: &[State]) -> String {
    let words = State::ALL.into_iter().filter_map(|state| {
        let n = w::len(states.iter().filter(|s| **s == state).count());
        (n > 0).then(|| format!("{} {}", w::counted(n, "day", "days"), state.word()))
    });
    w::join(words)
}

/// Daily strip of controls, one lane each.
pub(super) fn strip(g: &Ground<'_>, controls: &[&ControlResult<'_>]) -> Option<Block> {
    let timed: Vec<&&ControlResult<'_>> = controls.iter().filter(|c| Shares::of([**c]).all() > 0).collect();
    if timed.is_empty() {
        return None;
    }
    let lanes: Vec<Lane> = timed.iter().map(|c| Lane { label: c.id.to_owned(), cells: states(g, c) }).collect();
    let words = lanes.iter().map(|l| format!("{}: {}", l.label, days_in_words(&l.cells)));
    let summary = Summary::new(format!("{}.", words.collect::<Vec<_>>().join("; ")));
    let from = i64::try_from(days(g).start * u64::from(DAY)).unwrap_or(0);
    let chart = Chart::new(Strip { from, cell: DAY, lanes }, summary);
    let caption =
        Text::from("Time line, one cell a day (UTC): the worst that any watched source of any node had on that day");
    Some(Block::Figure(Figure { id: None, caption, chart }))
}

/// A bar for a cell of a table: time by state. Below a minute, what failed or is not known still counts as one.
pub(super) fn bar(shares: Shares) -> Chart {
    let whole = |ns: u128| u64::try_from(ns).unwrap_or(u64::MAX);
    let parts = vec![
        (State::Pass, whole(shares.pass / MINUTE)),
        (State::Fail, whole(shares.fail.div_ceil(MINUTE))),
        (State::Unknown, whole(shares.unknown.div_ceil(MINUTE))),
    ];
    let bars = vec![Bar { label: String::new(), parts }];
    Chart::new(Share { unit: "minutes".to_owned(), bars }, Summary::new(shares.words()))
}

/// Findings a day by severity; days that were not wholly watched are hatched.
pub(super) fn severities(g: &Ground<'_>) -> Block {
    let days = days(g);
    let length = usize::try_from(days.end - days.start).unwrap_or(0);
    let place = |t: Time| usize::try_from(t.day().saturating_sub(days.start)).ok();
    let mut by_severity: BTreeMap<Severity, Vec<u64>> = BTreeMap::new();
    for row in g.results.facts.findings.rows() {
        let counts = by_severity.entry(row.severity).or_insert_with(|| vec![0; length]);
        if let Some(n) = place(row.time).and_then(|n| counts.get_mut(n)) {
            *n += 1;
        }
    }
    let mut gaps = vec![g.coverage.subjects.is_empty(); length];
    for gap in &g.coverage.gaps {
        let last = Time(gap.span.to.0.saturating_sub(1));
        let (Some(from), Some(to)) = (place(gap.span.from), place(last)) else { continue };
        gaps.iter_mut().take(to.saturating_add(1)).skip(from).for_each(|g| *g = true);
    }
    let words = Severity::ALL.into_iter().filter_map(|s| {
        let n: u64 = by_severity.get(&s)?.iter().sum();
        Some(format!("{} {s}", w::count(n)))
    });
    let hatched = w::len(gaps.iter().filter(|g| **g).count());
    let summary = Summary::new(format!(
        "Findings of the period: {}. Not wholly watched on {} of {}.",
        if by_severity.is_empty() { "none recorded".to_owned() } else { w::join(words) },
        w::count(hatched),
        w::counted(w::len(length), "day", "days"),
    ));
    let series = Severity::ALL
        .into_iter()
        .filter_map(|s| Some(Series { name: s.name().to_owned(), counts: by_severity.get(&s)?.clone() }));
    let plot = Columns {
        from: i64::try_from(days.start * u64::from(DAY)).unwrap_or(0),
        cell: DAY,
        unit: "findings".to_owned(),
        series: series.collect(),
        gaps,
    };
    let caption = "Findings a day by severity, those hidden by an acceptance included; hatched: days that were not wholly watched";
    Block::Figure(Figure { id: None, caption: caption.into(), chart: Chart::new(plot, summary) })
}

/// Bounds of the classes of times to the first look, in ns, and their words.
const BOUNDS: [(u64, &str); 6] = [
    (5 * 60_000_000_000, "< 5 min"),
    (15 * 60_000_000_000, "< 15 min"),
    (3_600_000_000_000, "< 1 h"),
    (4 * 3_600_000_000_000, "< 4 h"),
    (24 * 3_600_000_000_000, "< 1 d"),
    (72 * 3_600_000_000_000, "< 3 d"),
];

/// How long it took until somebody looked; those nobody looked at stand at the end.
pub(super) fn first_looks(times: &Times, unseen: u64) -> Block {
    let counts = times.classes(&BOUNDS.map(|(ns, _)| ns));
    let labels = BOUNDS.iter().map(|(_, words)| *words).chain(["3 d or more"]);
    let mut bins: Vec<Bin> = labels.zip(counts).map(|(l, count)| Bin { label: l.to_owned(), count }).collect();
    bins.push(Bin { label: "nobody looked".to_owned(), count: unseen });
    let words = bins.iter().filter(|b| b.count > 0).map(|b| format!("{} {}", w::count(b.count), b.label));
    let summary = Summary::new(format!("Time to the first look: {}.", w::join(words)));
    let plot = Histogram { unit: "findings".to_owned(), axis: "time to the first look".to_owned(), bins };
    let caption = "Findings that no acceptance hid, by the time until somebody looked";
    Block::Figure(Figure { id: None, caption: caption.into(), chart: Chart::new(plot, summary) })
}
