//! Chapter 4: where the evidence is from, what is missing of it, and how whole each list is.

use std::collections::{BTreeMap, BTreeSet};

use avouch_coverage::{GapLine, Totals};
use avouch_document::{Block, Column, NoteKind, Row, RowClass, Section, Shown, Table, Text};

use crate::chapters::ground::{Ground, ROWS, Watch, population_id};
use crate::chapters::row;
use crate::chapters::words as w;
use crate::population::Verdict;

pub(super) fn chapter(g: &Ground<'_>) -> Section {
    Section::new("sources", "Evidence sources and completeness")
        .with(Block::paragraph(format!("Over all sources: {}.", Watch::of([&g.coverage]).words())))
        .with(Block::Table(by_source(g)))
        .with_section(gaps(g))
        .with_section(losses(g))
        .with_section(inputs(g))
        .with_section(completeness(g))
}

fn method(source: &str) -> &'static str {
    match source {
        "syscall" => "system calls, from the kernel of each machine",
        "k8s_audit" => "audit log of the Kubernetes API server",
        "aws_cloudtrail" => "records of AWS CloudTrail",
        _ => "as its name says",
    }
}

fn by_source(g: &Ground<'_>) -> Table {
    let mut table = Table::new(
        "Sources over the period",
        [
            Column::text("Source", 1.5).row_head(),
            Column::text("Method", 2.6),
            Column::number("Nodes", 0.9),
            Column::number("To watch, h", 1.2),
            Column::number("Watched", 1.2),
            Column::number("With losses", 1.2),
            Column::number("Not watched", 1.2),
            Column::number("Events", 1.4),
        ],
    )
    .or_empty("No evidence: no source was to be watched, and none reported.");
    let mut by_source: BTreeMap<&str, (u64, Totals)> = BTreeMap::new();
    for s in &g.coverage.subjects {
        let (nodes, totals) = by_source.entry(&s.source).or_default();
        *nodes += 1;
        totals.expected += u128::from(s.expected.ns());
        totals.observed += u128::from(s.observed.ns());
        totals.lossy += u128::from(s.lossy.ns());
        totals.unobserved += u128::from(s.unobserved.ns());
    }
    let facts = g.results.facts;
    let mut events: BTreeMap<&str, u64> = BTreeMap::new();
    for stretch in facts.stretches.iter().filter(|s| !s.span.and(facts.period).is_empty()) {
        for (source, state) in &stretch.sources {
            *events.entry(source).or_default() += state.events;
        }
    }
    for (source, (nodes, t)) in by_source {
        table.push(row![
            source,
            method(source),
            w::count(nodes),
            w::hours(t.expected),
            w::percent_down(t.observed, t.expected),
            w::percent_up(t.lossy, t.expected),
            w::percent_up(t.unobserved, t.expected),
            w::count(events.get(source).copied().unwrap_or(0)),
        ]);
    }
    table
}

/// Columns of a table of gaps.
pub(super) fn gap_table(caption: &str, empty: &str) -> Table {
    Table::new(
        caption,
        [
            Column::text("Node", 1.6).row_head(),
            Column::text("Source", 1.2),
            Column::text("From", 2.1),
            Column::text("To", 2.1),
            Column::number("Length", 1.4),
            Column::text("Cause", 3.4),
        ],
    )
    .or_empty(empty)
}

/// One gap.
pub(super) fn gap_row(gap: &GapLine) -> Row {
    let row = row![
        w::or_dash(&gap.node),
        gap.source.as_str(),
        w::time(gap.span.from),
        w::time(gap.span.to),
        w::duration(u128::from(gap.span.ns())),
        gap.cause.to_string(),
    ];
    Row { class: RowClass::Unknown, ..row }
}

fn gaps(g: &Ground<'_>) -> Section {
    let mut out = Section::new("gaps", "Gaps");
    let empty = if g.coverage.subjects.is_empty() {
        "No evidence: nothing was to be watched, so that no gap can be told."
    } else {
        "Every source that was to be watched was watched without a gap or loss."
    };
    let mut table = gap_table("Stretches not watched, or with losses, the longest first", empty);
    let mut all: Vec<&GapLine> = g.coverage.gaps.iter().collect();
    all.sort_by(|a, b| {
        b.span.ns().cmp(&a.span.ns()).then_with(|| (a.span, &a.node, &a.source).cmp(&(b.span, &b.node, &b.source)))
    });
    for gap in all.iter().take(ROWS) {
        table.push(gap_row(gap));
    }
    if all.len() > ROWS
        && let Some(p) = g.population("observation-gaps")
    {
        table.shown = Some(Shown { of: p.count.max(table.counted_rows()), file: p.csv() });
    }
    out.push(Block::Table(table));
    out.push(Block::Paragraph(
        Text::new().plain("In the order of time they stand in ").link("appendix-gaps".into(), "appendix F").plain(". During a gap, silence of a rule says nothing; every control that stands on the source is unknown for it."),
    ));
    out
}

fn losses(g: &Ground<'_>) -> Section {
    let mut table = Table::new(
        "Events, losses and clocks by node",
        [
            Column::text("Node", 2.0).row_head(),
            Column::number("Events", 1.4),
            Column::number("Detections counted", 1.3),
            Column::number("Events lost", 1.2),
            Column::text("Lost by cause, parts of events included", 3.2),
            Column::number("Clock moved", 1.3),
            Column::number("Clock set", 0.9),
        ],
    )
    .or_empty("No evidence: no node reported in the period.");
    let mut nodes: Vec<_> = g.results.facts.sums.iter().collect();
    nodes.sort_by(|a, b| (b.1.lost, a.0).cmp(&(a.1.lost, b.0)));
    for (node, sums) in nodes.iter().take(ROWS) {
        let causes = sums.lost_by_cause.iter().map(|(cause, n)| format!("{cause} {}", w::count(*n)));
        let row = row![
            node.as_str(),
            w::count(sums.events),
            w::count(sums.detections),
            w::count(sums.lost),
            w::join(causes),
            w::duration(u128::from(sums.clock_moved_ns)),
            format!("{} x", sums.clock_jumps),
        ];
        let class = if sums.lost > 0 || sums.clock_jumps > 0 { RowClass::Unknown } else { RowClass::Plain };
        table.push(Row { class, ..row });
    }
    if nodes.len() > ROWS
        && let Some(p) = g.population("nodes")
    {
        table.shown = Some(Shown { of: p.count.max(table.counted_rows()), file: p.csv() });
    }
    let sum = |of: fn(&crate::facts::NodeSums) -> u64| nodes.iter().map(|(_, s)| of(s)).sum::<u64>();
    if !nodes.is_empty() {
        table.push(Row {
            class: RowClass::Total,
            ..row![
                w::counted(w::len(nodes.len()), "node", "nodes"),
                w::count(sum(|s| s.events)),
                w::count(sum(|s| s.detections)),
                w::count(sum(|s| s.lost)),
                "",
                "",
                format!("{} x", sum(|s| s.clock_jumps)),
            ]
        });
    }
    Section::new("losses", "Losses and clocks").with(Block::Table(table)).with(Block::paragraph(
        "\"Clock moved\" is the largest distance of the offset between the machine's clock and one that cannot be set from its first value in the \
         period; \"clock set\" how often somebody set the clock while it was watched. Lengths of gaps are exact only as far as clocks are.",
    ))
}

fn inputs(g: &Ground<'_>) -> Section {
    let mut table = Table::new(
        "Recordings and logs that were read, the latest first",
        [
            Column::text("Name", 1.8).row_head(),
            Column::text("Of", 1.2),
            Column::text("SHA-256", 3.6),
            Column::text("Events", 1.8),
            Column::text("Not read", 1.4),
            Column::text("Times moved by", 1.2),
        ],
    )
    .or_empty("No recording or log was read from a file: what was observed was observed live, or nothing was.");
    let inputs = &g.results.facts.inputs;
    for input in inputs.iter().rev() {
        let f = &input.fact;
        let each = |of: &BTreeMap<String, u64>| w::join(of.iter().map(|(what, n)| format!("{what} {}", w::count(*n))));
        let moved = match f.moved_ns {
            0 => "-".to_owned(),
            ns => format!("{}{}", if ns < 0 { "-" } else { "+" }, w::duration(u128::from(ns.unsigned_abs()))),
        };
        let row = row![
            f.name.as_str(),
            f.node.as_str(),
            Text::of_code(f.sha256.as_str()),
            each(&f.events),
            each(&f.skipped),
            moved,
        ];
        let class = if f.skipped.is_empty() && f.moved_ns == 0 { RowClass::Plain } else { RowClass::Unknown };
        table.push(Row { class, ..row });
    }
    let mut out = Section::new("inputs", "Inputs that were read").with(Block::Table(table));
    let replays: BTreeSet<&str> =
        g.results.facts.starts.iter().filter(|s| s.fact.replay).map(|s| s.fact.node.as_str()).collect();
    if !replays.is_empty() {
        out.push(Block::note(
            NoteKind::Attention,
            "Recordings",
            format!(
                "Runs on {} read recordings: what they tell is the recorded time, and was judged later. Evidence made after the fact rests on the \
                 digests above.",
                w::join(replays)
            ),
        ));
    }
    out
}

fn completeness(g: &Ground<'_>) -> Section {
    let mut table = Table::new(
        "Tests of completeness and accuracy of all populations",
        [
            Column::text("Population", 1.6).row_head(),
            Column::text("Test", 3.6),
            Column::text("Expected", 1.4),
            Column::text("Got", 2.6),
            Column::text("Verdict", 1.0),
        ],
    )
    .or_empty("No population was written, so that nothing could be tested.");
    for population in g.results.populations {
        for test in &population.tests {
            let verdict = match test.verdict {
                Verdict::Pass => "held",
                Verdict::Fail => "failed",
                Verdict::NotRun => "not run",
            };
            let row = row![
                Text::new().link(population_id(population.spec.id), population.spec.id),
                test.name.as_str(),
                w::or_dash(&test.expected),
                test.got.as_str(),
                verdict,
            ];
            let class = match test.verdict {
                Verdict::Pass => RowClass::Plain,
                Verdict::Fail => RowClass::Fail,
                Verdict::NotRun => RowClass::Unknown,
            };
            table.push(Row { class, ..row });
        }
    }
    let mut out = Section::new("completeness", "Tests of completeness").with(Block::Table(table));
    if g.is_empty() {
        let text = "Nothing was observed and nothing found. Tests over empty lists hold and say nothing.";
        out.push(Block::note(NoteKind::Attention, "No evidence", text));
    }
    out.with(Block::paragraph(
        "A test that was not run says nothing; its reason stands under \"Got\". Planted events (canaries) are told with each rule.",
    ))
}
