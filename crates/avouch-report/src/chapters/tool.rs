//! Appendix J: what avouch itself was in the period, who administered it, and what was not tested for this report.

use std::collections::{BTreeMap, BTreeSet};

use avouch_document::{Block, Column, Row, RowClass, Section, Table, Text};

use crate::chapters::ground::{Ground, ROWS, population_id};
use crate::chapters::row;
use crate::chapters::words as w;

pub(super) fn chapter(g: &Ground<'_>) -> Section {
    Section::new("tool", "Tool qualification")
        .with(facts(g))
        .with(Block::Table(versions(g)))
        .with(Block::Table(canaries(g)))
        .with_section(administration(g))
        .with_section(Section::new("tool-missing", "Not tested for this report").with(Block::Table(not_tested())))
}

fn facts(g: &Ground<'_>) -> Block {
    let facts = g.results.facts;
    let scope = g.results.scope;
    let kernels: BTreeSet<&str> =
        facts.starts.iter().map(|s| s.fact.kernel.as_str()).filter(|k| !k.is_empty()).collect();
    let (sent, seen) =
        facts.canaries.iter().fold((0_u64, 0_u64), |(n, s), c| (n + 1, s + u64::from(c.fact.seen.is_some())));
    let proved: BTreeSet<&str> =
        facts.canaries.iter().filter(|c| c.fact.seen.is_some()).map(|c| c.fact.rule.as_str()).collect();
    let canaries = if sent == 0 {
        "none ran: that rules fire on these machines was not proved in the period".to_owned()
    } else {
        format!(
            "{} of {} seen; {} of {} proved by at least one",
            w::count(seen),
            w::count(sent),
            w::count(w::len(proved.len())),
            w::counted(w::len(g.results.rules.len()), "rule", "rules")
        )
    };
    let program =
        if scope.program.is_empty() { Text::from("not known") } else { Text::of_code(scope.program.as_str()) };
    Block::facts([
        ("This report was made by", Text::from(format!("avouch {}", w::or_dash(&scope.version)))),
        ("SHA-256 of that program, to be compared with the release", program),
        ("Kernels that were watched", Text::from(w::join(kernels))),
        ("Canaries", Text::from(canaries)),
    ])
}

/// Versions that watched, on how many nodes, and what machines lacked.
fn versions(g: &Ground<'_>) -> Table {
    let mut table = Table::new(
        "Versions of avouch that began a run in the period",
        [
            Column::text("Version", 1.0).row_head(),
            Column::number("Runs", 0.8),
            Column::number("Of them replays", 0.9),
            Column::number("Nodes", 0.8),
            Column::text("First start, last start", 2.6),
            Column::text("What machines lacked", 3.4),
        ],
    )
    .or_empty("No start of a run is recorded in the period.");
    let mut by: BTreeMap<&str, Vec<&avouch_finding::Start>> = BTreeMap::new();
    for start in &g.results.facts.starts {
        by.entry(&start.fact.version).or_default().push(&start.fact);
    }
    for (version, all) in by {
        let nodes: BTreeSet<&str> = all.iter().map(|s| s.node.as_str()).collect();
        let missing: BTreeSet<&str> = all.iter().flat_map(|s| &s.missing).map(String::as_str).collect();
        let ends = (all.iter().map(|s| s.time).min(), all.iter().map(|s| s.time).max());
        let (Some(first), Some(last)) = ends else { continue };
        let class = if missing.is_empty() { RowClass::Plain } else { RowClass::Unknown };
        let cells = row![
            w::or_dash(version),
            w::count(w::len(all.len())),
            w::count(w::len(all.iter().filter(|s| s.replay).count())),
            w::count(w::len(nodes.len())),
            if first == last { w::time(first) } else { format!("{}, {}", w::time(first), w::time(last)) },
            if missing.is_empty() { "nothing that is recorded".to_owned() } else { w::join(missing) },
        ];
        table.push(Row { class, ..cells });
    }
    table
}

fn canaries(g: &Ground<'_>) -> Table {
    let mut table = Table::new(
        "Rules that canaries tested, those that were not seen first",
        [
            Column::text("Rule", 3.0).row_head(),
            Column::number("Sent", 0.8),
            Column::number("Seen", 0.8),
            Column::number("Of them made up", 1.0),
            Column::text("Longest until seen", 1.4),
            Column::text("Nodes", 2.4),
            Column::text("Last", 2.0),
        ],
    )
    .or_empty("No canary ran in the period: no rule was proved to fire on these machines.");
    let mut by: BTreeMap<&str, Vec<&avouch_finding::Canary>> = BTreeMap::new();
    for canary in &g.results.facts.canaries {
        by.entry(&canary.fact.rule).or_default().push(&canary.fact);
    }
    let unseen = |all: &[&avouch_finding::Canary]| all.iter().filter(|c| c.seen.is_none()).count();
    let mut rules: Vec<_> = by.into_iter().collect();
    rules.sort_by(|a, b| unseen(&b.1).cmp(&unseen(&a.1)).then_with(|| a.0.cmp(b.0)));
    for (rule, all) in rules.iter().take(ROWS) {
        let nodes: BTreeSet<&str> = all.iter().map(|c| c.node.as_str()).collect();
        let longest = all.iter().filter_map(|c| Some(c.seen?.0.saturating_sub(c.time.0))).max();
        let class = if unseen(all) > 0 { RowClass::Fail } else { RowClass::Plain };
        let cells = row![
            *rule,
            w::count(w::len(all.len())),
            w::count(w::len(all.len() - unseen(all))),
            w::count(w::len(all.iter().filter(|c| c.synthetic).count())),
            w::optional_duration(longest),
            w::join(nodes),
            all.iter().map(|c| c.time).max().map_or("-".to_owned(), w::time),
        ];
        table.push(Row { class, ..cells });
    }
    if rules.len() > ROWS {
        table.push(Row::total([format!("and {} rules more, in the ledger", rules.len() - ROWS)]));
    }
    table
}

/// Who changed the tool, looked at it, took something out of it.
fn administration(g: &Ground<'_>) -> Section {
    let facts = g.results.facts;
    let within = |t: avouch_finding::Time| facts.period.from <= t && t < facts.period.to;
    let mut by: BTreeMap<(&str, String), (u64, avouch_finding::Time)> = BTreeMap::new();
    let mut add = |who, what: String, at| {
        let entry = by.entry((who, what)).or_insert((0, at));
        *entry = (entry.0 + 1, entry.1.max(at));
    };
    for s in facts.settings.iter().map(|s| &s.fact).filter(|s| within(s.time)) {
        add(&s.by, format!("changed: {}", s.what), s.time);
    }
    for l in facts.logins.iter().map(|l| &l.fact).filter(|l| within(l.time)) {
        add(&l.who, format!("logged in as {}", l.role), l.time);
    }
    for e in facts.exports.iter().map(|e| &e.fact).filter(|e| within(e.time)) {
        add(&e.by, format!("exported: {}", e.what), e.time);
    }
    for l in facts.rule_loads.iter().map(|l| &l.fact).filter(|l| within(l.time)) {
        let what = if l.refused.is_some() { "brought rules that were refused" } else { "loaded rules" };
        add(&l.by, what.to_owned(), l.time);
    }
    let mut table = Table::new(
        "Who administered avouch, as its records tell it",
        [
            Column::text("Who or what", 2.4).row_head(),
            Column::text("What", 3.0),
            Column::number("Times", 0.8),
            Column::text("Last", 2.0),
        ],
    )
    .or_empty("No change of a setting, no login, no export and no loading of rules is recorded in the period.");
    for ((who, what), (n, last)) in by.iter().take(ROWS) {
        table.push(row![w::or_dash(who), what.as_str(), w::count(*n), w::time(*last)]);
    }
    if by.len() > ROWS {
        table.push(Row::total([format!("and {} lines more; each change stands in the populations", by.len() - ROWS)]));
    }
    let mut out = Section::new("tool-administration", "Administration").with(Block::Table(table));
    if let Some(p) = g.population("tool-changes") {
        out.push(Block::Paragraph(
            Text::new()
                .plain(format!("{} in all, one row each, stand in ", w::counted(p.count, "record", "records")))
                .link(population_id(p.spec.id), p.csv())
                .plain(". Access to the machines and to the key of the ledger is a control of the entity, and not seen here."),
        ));
    }
    out
}

fn not_tested() -> Table {
    let mut table = Table::new(
        "What was not tested for this report",
        [Column::text("Matter", 1.6).row_head(), Column::text("State", 1.0), Column::text("Where to look", 4.0)],
    );
    for (matter, place) in [
        (
            "Tests of this version of avouch",
            "Its own suite: differential tests against recordings of Falco, literate tests of each own rule, tests on real kernels. Results are not part of the bundle.",
        ),
        (
            "Where the program came from",
            "Provenance and signature of the build; compare the digest above with that of the release. Digests of the programs that watched are not recorded.",
        ),
        (
            "That rules find what they should",
            "Literate tests fire each own rule and hold near misses against it; on the entity's machines only canaries prove it.",
        ),
        ("Clocks against a reference", "Offset and jumps are recorded; synchronisation with a time server is not."),
    ] {
        table.push(Row::of(RowClass::Unknown, [matter, "not tested", place]));
    }
    table
}
