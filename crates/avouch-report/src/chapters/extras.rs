//! What single criteria show beside the common shape: sessions and flows, the watching itself, triage, response, changes.

use std::collections::BTreeSet;

use avouch_document::{Block, Column, Row, RowClass, Section, Shown, Table, Text};
use avouch_finding::Time;
use avouch_store::StoredFinding;

use crate::chapters::ground::{Ground, ROWS, population_id};
use crate::chapters::words as w;
use crate::chapters::{figures, flows, row, sessions};

/// The section of a criterion that has one.
pub(super) fn of(g: &Ground<'_>, criterion: &str, out: Section) -> Option<Section> {
    match criterion {
        "CC6.1" => Some(access(out).with(sessions::pointer(g)).with(flows::pointer(g))),
        "CC6.3" => Some(access(out).with(sessions::pointer(g))),
        "CC6.6" => Some(access(out).with(flows::pointer(g))),
        "CC7.2" => Some(watching(g, out)),
        "CC7.3" => Some(triage(g, out)),
        "CC7.4" => Some(response(g, out)),
        "CC8.1" => Some(changes(g, out)),
        _ => None,
    }
}

/// Where chapters that are not of one criterion say more.
fn access(mut out: Section) -> Section {
    out.title = "Sessions and flows".to_owned();
    out
}

fn within(g: &Ground<'_>, time: Time) -> bool {
    g.results.facts.period.from <= time && time < g.results.facts.period.to
}

fn watching(g: &Ground<'_>, mut out: Section) -> Section {
    out.title = "The funnel, runs and sensors".to_owned();
    out.push(Block::Table(funnel(g)));
    out.push(Block::Table(runs(g)));
    out.push(Block::paragraph(
        "Gaps, losses and clocks by node stand in chapter 4; loadings of rules in the chapter on tuning.",
    ));
    out
}

fn funnel(g: &Ground<'_>) -> Table {
    let mut table = Table::new(
        "From events to decisions",
        [
            Column::text("Step", 3.6).row_head(),
            Column::number("Number", 1.4),
            Column::number("Of the step before", 1.4),
        ],
    );
    let c = &g.counts;
    let sums = g.results.facts.sums.values();
    let (events, lost) = sums.fold((0_u64, 0_u64), |(e, l), s| (e.saturating_add(s.events), l.saturating_add(s.lost)));
    let open = c.all - c.suppressed;
    let mut before: Option<u64> = None;
    for (step, n) in [
        ("Events judged", events),
        ("Findings", c.all),
        ("not hidden by an acceptance", open),
        ("somebody looked at", open - c.unseen),
        ("decided", open - c.undecided),
        ("decided to be true", c.true_),
    ] {
        let share = before.map_or("-".to_owned(), |b| w::share(n, b));
        table.push(row![step, w::count(n), share]);
        before = Some(n);
    }
    let class = if lost > 0 { RowClass::Unknown } else { RowClass::Muted };
    table.push(Row { class, ..row!["Beside them: events lost before they could be judged", w::count(lost), "-"] });
    table
}

fn runs(g: &Ground<'_>) -> Table {
    let facts = g.results.facts;
    let mut table = Table::new(
        "Runs of avouch that began in the period, the latest first",
        [
            Column::text("Began", 2.1),
            Column::text("Node", 1.4).row_head(),
            Column::text("Version", 1.0),
            Column::text("Kernel", 1.4),
            Column::text("Ended", 2.1),
            Column::text("How", 1.8),
            Column::text("What the machine lacks", 2.6),
        ],
    )
    .or_empty("No run began in the period: what was watched, was watched by runs from before it, or nothing was.");
    let starts: Vec<_> = facts.starts.iter().filter(|s| within(g, s.fact.time)).collect();
    for start in starts.iter().rev().take(ROWS) {
        let s = &start.fact;
        let stop = facts.stops.iter().find(|stop| stop.fact.run == s.run && stop.fact.node == s.node);
        // A run that died leaves no record of its end; whether it still runs is told by what came after.
        let (ended, how) = match stop {
            Some(stop) => (w::time(stop.fact.time), w::or_dash(&stop.fact.reason)),
            None => ("-".to_owned(), "no end recorded: still running, or died".to_owned()),
        };
        let mut kernel = w::or_dash(&s.kernel);
        if s.replay {
            kernel = "recording".to_owned();
        }
        let cells =
            row![w::time(s.time), s.node.as_str(), w::or_dash(&s.version), kernel, ended, how, w::join(&s.missing)];
        let class = if s.missing.is_empty() { RowClass::Plain } else { RowClass::Unknown };
        table.push(Row { class, ..cells });
    }
    if starts.len() > ROWS {
        table.push(Row::total([format!("and {} earlier, in the ledger", starts.len() - ROWS)]));
    }
    table
}

fn triage(g: &Ground<'_>, mut out: Section) -> Section {
    out.title = "Triage".to_owned();
    let c = &g.counts;
    if c.all > c.suppressed {
        out.push(figures::first_looks(&c.first_look, c.unseen));
        out.push(Block::facts([
            ("First look", looks(&c.first_look)),
            ("Decision", looks(&c.decision)),
            ("Nobody looked", w::counted(c.unseen, "finding", "findings")),
            ("Undecided", w::counted(c.undecided, "finding", "findings")),
            ("Hidden by acceptances", w::counted(c.suppressed, "finding", "findings")),
        ]));
    }
    let mut table = ledger("Triage ledger: findings that were true, and undecided ones of high or critical severity, the gravest and latest first")
        .or_empty(if g.is_empty() {
            "No evidence: nothing was observed."
        } else {
            "No finding was decided to be true, and none of high or critical severity is undecided."
        });
    let shown: Vec<&StoredFinding> = g.results.shown.iter().filter(|f| f.suppressed.is_none()).collect();
    shown.iter().take(ROWS).for_each(|f| table.push(entry(f)));
    if let Some(p) = g.population("detections")
        && !shown.is_empty()
    {
        table.shown = Some(Shown { of: p.count.max(table.counted_rows()), file: p.csv() });
    }
    out.push(Block::Table(table));
    out.push(Block::paragraph(
        "When a finding was routed to somebody, and who was on duty, is not recorded by avouch: not covered. \"Received\" is when the finding was written to the ledger.",
    ));
    out
}

fn looks(times: &crate::stats::Times) -> String {
    match (times.percentile(50), times.percentile(95), times.percentile(100)) {
        (Some(median), Some(most), Some(longest)) => format!(
            "{}: median {}, 95th percentile {}, longest {}",
            w::counted(w::len(times.len()), "finding", "findings"),
            w::duration(u128::from(median)),
            w::duration(u128::from(most)),
            w::duration(u128::from(longest)),
        ),
        _ => "none".to_owned(),
    }
}

fn ledger(caption: &str) -> Table {
    Table::new(
        caption,
        [
            Column::text("Occurred, received", 1.9).row_head(),
            Column::text("Severity, rule", 2.0),
            Column::text("Where, who", 1.8),
            Column::text("What", 3.4),
            Column::text("First look", 2.0),
            Column::text("Decision, reason", 2.4),
            Column::number("Record", 0.9),
        ],
    )
}

fn entry(f: &StoredFinding) -> Row {
    let names = |all: &[&str]| w::join(all.iter().filter(|t| !t.is_empty()));
    let looked = match (&f.acknowledged, &f.decided) {
        (Some(a), _) => format!("{} by {}, after {}", w::time(a.time), a.by, after(f.time, a.time)),
        (None, Some(d)) => format!("with the decision, after {}", after(f.time, d.time)),
        (None, None) => "nobody looked".to_owned(),
    };
    let decided = match &f.decided {
        Some(d) => {
            let incident = if d.incident.is_empty() { String::new() } else { format!(" ({})", d.incident) };
            format!("{} by {} {}: {}{incident}", d.decision.name(), d.by, w::time(d.time), w::or_dash(&d.reason))
        }
        None => "undecided".to_owned(),
    };
    let mut what = f.output.clone();
    if let Some(n) = f.lost_events {
        what.push_str(&format!(" [{} lost around it]", w::counted(n, "event", "events")));
    }
    let cells = row![
        format!("{}, received after {}", w::time(f.time), after(f.time, f.recorded)),
        format!("{} {}", f.severity, f.rule),
        names(&[&f.cluster, &f.node, &f.namespace, &f.pod, &f.container, &f.user]),
        what,
        looked,
        decided,
        f.record.seq.to_string(),
    ];
    let class = if f.decided.is_none() { RowClass::Unknown } else { RowClass::Plain };
    Row { class, ..cells }
}

fn after(from: Time, to: Time) -> String {
    w::duration(u128::from(to.0.saturating_sub(from.0)))
}

fn response(g: &Ground<'_>, mut out: Section) -> Section {
    out.title = "Acts of response".to_owned();
    let acts: Vec<_> = g.results.facts.acts.iter().filter(|a| within(g, a.fact.time)).collect();
    let mut table = Table::new(
        "What was done about findings, or kept from happening, the latest first",
        [
            Column::text("Time", 2.1),
            Column::text("Node", 1.4).row_head(),
            Column::text("Act", 1.2),
            Column::text("Finding", 2.6),
            Column::text("Detail", 4.0),
            Column::number("Record", 0.9),
        ],
    )
    .or_empty("No act of response is recorded in the period. avouch acts only where a policy says so.");
    for act in acts.iter().rev().take(ROWS) {
        let f = &act.fact;
        let detail = if f.detail.is_null() { "-".to_owned() } else { f.detail.to_string() };
        table.push(row![
            w::time(f.time),
            f.node.as_str(),
            f.act.as_str(),
            Text::of_code(w::or_dash(&f.finding)),
            detail,
            act.place.seq.to_string(),
        ]);
    }
    if acts.len() > ROWS {
        table.push(Row::total([format!("and {} earlier, in the ledger", acts.len() - ROWS)]));
    }
    out.push(Block::Table(table));
    let incidents: BTreeSet<&str> = g
        .results
        .shown
        .iter()
        .filter_map(|f| f.decided.as_ref())
        .map(|d| d.incident.as_str())
        .filter(|i| !i.is_empty())
        .collect();
    let named = if incidents.is_empty() {
        "Decisions about the findings of the triage ledger name no incident.".to_owned()
    } else {
        format!("Incidents that decisions name: {}.", w::join(incidents))
    };
    out.push(Block::paragraph(format!(
        "{named} Case files stand in the entity's incident tool, which avouch does not read: not covered."
    )));
    out
}

fn changes(g: &Ground<'_>, mut out: Section) -> Section {
    out.title = "Changes of production".to_owned();
    let mut table = Table::new(
        "Changes that rules saw, the latest first",
        [
            Column::text("Time", 2.1).row_head(),
            Column::text("Object", 2.2),
            Column::text("By", 1.6),
            Column::text("Rule", 2.2),
            Column::text("What", 3.6),
            Column::text("Approval", 1.2),
            Column::number("Record", 0.9),
        ],
    )
    .or_empty(if g.is_empty() {
        "No evidence: nothing was observed, so that no change could be seen."
    } else {
        "No rule saw a change. Changes that no rule looks for, and those of what was not watched, are not known here."
    });
    for f in g.results.changes.iter().take(ROWS) {
        let who: &str = if f.user.is_empty() { &f.process } else { &f.user };
        let cells = row![
            w::time(f.time),
            w::or_dash(&f.object),
            w::or_dash(who),
            &*f.rule,
            f.output.as_str(),
            "unmatched",
            f.record.seq.to_string(),
        ];
        table.push(Row { class: RowClass::Unknown, ..cells });
    }
    match g.population("changes-seen") {
        Some(p) => {
            let mut text =
                format!("{} seen by rules in the period. ", w::counted(p.count, "change was", "changes were"));
            text.push_str(&format!(
                "Matched with an approval: 0 of {}, because repositories, pipelines and tickets are not read: ",
                w::count(p.count)
            ));
            out.push(Block::Paragraph(
                Text::new()
                    .plain(text)
                    .strong("every change counts as unmatched")
                    .plain(" until the entity shows its approval. All of them: ")
                    .link(population_id(p.spec.id), p.csv())
                    .plain("."),
            ));
            if !table.rows.is_empty() {
                table.shown = Some(Shown { of: p.count.max(table.counted_rows()), file: p.csv() });
            }
        }
        None => out.push(Block::paragraph("The population of changes was not written for this report: not covered.")),
    }
    out.push(Block::Table(table));
    out.push(Block::Paragraph(
        Text::new().plain("Changes of avouch's own rules, acceptances, control lists and mappings are part of the same question. They stand in ").link("tuning".into(), "the chapter on tuning").plain("."),
    ));
    out
}
