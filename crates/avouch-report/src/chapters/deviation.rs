//! The register of deviations, and tables of some of them.

use std::collections::BTreeSet;

use avouch_coverage::Span;
use avouch_document::{Block, Column, Id, NoteKind, Row, RowClass, Section, Shown, Table, Text};

use crate::chapters::ground::{Ground, ROWS, control_id, deviation_id};
use crate::chapters::row;
use crate::chapters::summary::open_closed;
use crate::chapters::words as w;
use crate::deviations::{Deviation, DeviationKind};

/// Id of a kind's section in the register.
pub(super) fn kind_id(kind: DeviationKind) -> Id {
    Id::new(&format!("deviations-{}", kind.words()))
}

pub(super) fn chapter(g: &Ground<'_>) -> Section {
    let mut out = Section::new("deviations", "Deviations register");
    let all = g.results.deviations;
    let (open, closed) = open_closed(all);
    if all.is_empty() {
        let text = if g.is_empty() {
            "No evidence: nothing was observed, so that no deviation could be seen. This is not a period without deviations."
        } else {
            "The tests of this report found no deviation in what was watched. What was not watched is told in chapter 4."
        };
        out.push(Block::note(NoteKind::Note, "Empty", text));
        return out;
    }
    out.push(Block::paragraph(format!(
        "{}: {open} open at the end of the period, {closed} closed in it. An item is closed when it was over, or dealt with, before the period \
         ended. \"Items\" are how many deviated of how many could have: findings, sources of nodes, nodes, or controls. The cause is as far as records tell it.",
        w::counted(w::len(all.len()), "deviation", "deviations")
    )));
    out.push(Block::Table(ageing(g)));
    let kinds: BTreeSet<DeviationKind> = all.iter().map(|d| d.kind).collect();
    for kind in kinds {
        let of: Vec<&Deviation> = all.iter().filter(|d| d.kind == kind).collect();
        let mut section = Section::new(kind_id(kind), capital(kind.words()));
        section.push(Block::Table(register(g, kind, &of)));
        out.sections.push(section);
    }
    out.sections.push(
        Section::new("deviations-missing", "Not covered").with(Block::paragraph(
            "avouch does not record who owns the mending of a deviation, the look-back at its impact, the mending itself, the test after it, or the \
             sign-off. They belong into the management response of each chapter. The same deviations stand in oscal/poam.json beside the bundle.",
        )),
    );
    out
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

const DAY: u64 = 86_400_000_000_000;

/// Open deviations by age, closed ones by how long they were open.
fn ageing(g: &Ground<'_>) -> Table {
    let mut table = Table::new(
        "Deviations by kind and age: open ones from their begin to the end of the period, closed ones from begin to end",
        [
            Column::text("Kind", 3.0).row_head(),
            Column::number("Open < 1 d", 1.0),
            Column::number("< 7 d", 1.0),
            Column::number("< 30 d", 1.0),
            Column::number("30 d or more", 1.1),
            Column::number("Closed", 1.0),
            Column::number("Longest closed", 1.4),
            Column::number("All", 0.9),
        ],
    );
    let end = g.results.facts.period.to;
    let mut sum = [0_u64; 6];
    let all = g.results.deviations;
    let kinds: BTreeSet<DeviationKind> = all.iter().map(|d| d.kind).collect();
    for kind in kinds {
        let mut n = [0_u64; 6];
        let mut longest = None;
        for d in all.iter().filter(|d| d.kind == kind) {
            let class = if d.closed {
                longest = longest.max(Some(d.span.ns()));
                4
            } else {
                let age = Span::new(d.span.from, end).ns();
                [DAY, 7 * DAY, 30 * DAY].iter().position(|b| age < *b).unwrap_or(3)
            };
            n[class] += 1;
            n[5] += 1;
        }
        sum.iter_mut().zip(n).for_each(|(s, n)| *s += n);
        let [a, b, c, d, closed, of] = n.map(|n| n.to_string());
        table.push(row![
            Text::new().link(kind_id(kind), kind.words()),
            a,
            b,
            c,
            d,
            closed,
            w::optional_duration(longest),
            of
        ]);
    }
    let [a, b, c, d, closed, of] = sum.map(|n| n.to_string());
    table.push(Row { class: RowClass::Total, ..row!["All", a, b, c, d, closed, "", of] });
    table
}

fn register(g: &Ground<'_>, kind: DeviationKind, of: &[&Deviation]) -> Table {
    let mut table = Table::new(
        format!("Deviations: {}", kind.words()),
        [
            Column::text("Id", 1.3).row_head(),
            Column::text("Of", 1.8),
            Column::text("Controls, criteria", 1.6),
            Column::text("From, to, length", 2.9),
            Column::number("Items", 0.9),
            Column::text("Cause", 2.6),
            Column::text("Owner", 1.2),
            Column::text("Records", 1.1),
            Column::text("State", 1.2),
        ],
    );
    for d in of.iter().filter(|d| g.is_listed(d)) {
        table.push(full(g, d));
    }
    if table.counted_rows() < w::len(of.len())
        && let Some(p) = g.population("observation-gaps")
    {
        table.shown = Some(Shown { of: w::len(of.len()), file: p.csv() });
    }
    table
}

fn full(g: &Ground<'_>, d: &Deviation) -> Row {
    let end = g.results.facts.period.to;
    let state = if d.closed {
        "closed".to_owned()
    } else {
        format!("open, {} old", w::duration(u128::from(Span::new(d.span.from, end).ns())))
    };
    let controls: Vec<_> =
        d.controls.iter().filter_map(|id| g.results.controls.iter().find(|c| c.id.eq_ignore_ascii_case(id))).collect();
    let owners: BTreeSet<&str> = controls.iter().filter_map(|c| c.control()).map(|c| c.owner.as_str()).collect();
    let when = if d.span.is_empty() {
        w::time(d.span.from)
    } else {
        format!("{} ({})", w::span(d.span), w::duration(u128::from(d.span.ns())))
    };
    let cells = row![
        d.id.as_str(),
        d.subject.as_str(),
        who(g, d),
        when,
        format!("{} of {}", w::count(d.items.0), w::count(d.items.1)),
        w::or_dash(&d.cause),
        w::join(owners),
        w::join(d.evidence.iter().map(u64::to_string)),
        state,
    ];
    let class = if d.closed { RowClass::Plain } else { RowClass::Fail };
    Row { id: Some(deviation_id(&d.id)), class, ..cells }
}

/// Controls, linked where they are in the list, and criteria.
fn who(g: &Ground<'_>, d: &Deviation) -> Text {
    let mut text = Text::new();
    for id in &d.controls {
        let known = g.results.controls.iter().find(|c| c.id.eq_ignore_ascii_case(id));
        text = match known {
            Some(c) => text.link(control_id(c.id), c.id),
            None => text.plain(id.as_str()),
        };
        text = text.plain(", ");
    }
    // The chapter in which it is answered first.
    let mut criteria: Vec<&str> = g.answered_in(d).into_iter().collect();
    for c in &d.criteria {
        if !criteria.contains(&c.as_str()) {
            criteria.push(c);
        }
    }
    text.plain(w::join(criteria))
}

/// Deviations of a criterion, open ones first, with links into the register.
pub(super) fn of_criterion(g: &Ground<'_>, criterion: &str, all: &[&Deviation]) -> Table {
    let mut table = Table::new(
        format!("Deviations of {criterion}, open ones and the longest first"),
        [
            Column::text("Id", 1.3).row_head(),
            Column::text("Kind", 2.0),
            Column::text("Of", 2.2),
            Column::text("Controls", 1.4),
            Column::text("From, to", 2.3),
            Column::number("Items", 1.0),
            Column::text("State", 0.9),
        ],
    )
    .or_empty("The register holds no deviation of this criterion or its controls.");
    let mut all: Vec<&Deviation> = all.to_vec();
    all.sort_by(|a, b| (a.closed, b.span.ns(), &a.id).cmp(&(b.closed, a.span.ns(), &b.id)));
    for d in all.iter().take(ROWS) {
        let cells = row![
            g.deviation_link(d, d.id.as_str()),
            d.kind.words(),
            d.subject.as_str(),
            w::join(&d.controls),
            w::span(d.span),
            format!("{} of {}", w::count(d.items.0), w::count(d.items.1)),
            if d.closed { "closed" } else { "open" },
        ];
        let class = if d.closed { RowClass::Plain } else { RowClass::Fail };
        table.push(Row { class, ..cells });
    }
    if all.len() > ROWS {
        let more = format!("{} more, in the deviations register", w::count(w::len(all.len() - ROWS)));
        table.push(Row { class: RowClass::Total, ..row![more] });
    }
    table
}
