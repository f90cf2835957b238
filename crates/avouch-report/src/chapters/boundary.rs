//! Chapter 3: what belongs to the system, as far as it was seen.

use std::collections::{BTreeMap, BTreeSet};

use avouch_coverage::SubjectCoverage;
use avouch_document::{Block, Column, Row, RowClass, Section, Shown, Table, Text};
use avouch_finding::{Estate, Time};

use crate::chapters::ground::{Ground, ROWS, Watch, population_id};
use crate::chapters::words as w;
use crate::chapters::{flows, row};

pub(super) fn chapter(g: &Ground<'_>) -> Section {
    Section::new("boundary", "System boundary")
        .with(Block::paragraph(
            "Everything that was to be watched in the period, as lists of nodes and observations tell it. A node that stands in no list \
             and sent nothing is not known here; whether such a node exists is a question for the inventory of the entity.",
        ))
        .with(Block::Table(nodes(g)))
        .with(Block::Table(changes(g)))
        .with_section(flows::section(g))
        .with_section(workloads(g))
        .with_section(missing())
}

fn nodes(g: &Ground<'_>) -> Table {
    let mut table = Table::new(
        "Nodes, clusters and accounts that were to be watched; the least watched first",
        [
            Column::text("Node", 2.2).row_head(),
            Column::text("Cluster", 1.4),
            Column::text("Source", 1.4),
            Column::text("Listed", 0.8),
            Column::text("First seen", 2.1),
            Column::text("Last seen", 2.1),
            Column::number("To watch, h", 1.1),
            Column::number("Watched", 1.2),
        ],
    )
    .or_empty("No evidence: no node, cluster or account was to be watched, and none reported.");
    let facts = g.results.facts;
    let listed: BTreeSet<(String, String)> =
        facts.watched(facts.period).expected.into_iter().filter(|e| e.listed).map(|e| (e.node, e.source)).collect();
    let mut seen: BTreeMap<(&str, &str), (Time, Time)> = BTreeMap::new();
    for stretch in facts.stretches.iter().filter(|s| s.span.from < facts.period.to) {
        for source in stretch.sources.keys() {
            let entry = seen.entry((&stretch.node, source)).or_insert((stretch.span.from, stretch.span.to));
            *entry = (entry.0.min(stretch.span.from), entry.1.max(stretch.span.to.min(facts.period.to)));
        }
    }
    let mut subjects: Vec<&SubjectCoverage> = g.coverage.subjects.iter().collect();
    let watched = |s: &SubjectCoverage| u128::from(s.observed.ns()) * 1_000_000 / u128::from(s.expected.ns().max(1));
    subjects.sort_by_key(|s| (watched(s), s.node.clone(), s.source.clone()));
    for s in subjects.iter().take(ROWS) {
        let at = seen.get(&(s.node.as_str(), s.source.as_str()));
        let of = |t: Option<Time>| t.map_or("never".to_owned(), w::time);
        let (expected, observed) = (u128::from(s.expected.ns()), u128::from(s.observed.ns()));
        let in_list = listed.contains(&(s.node.clone(), s.source.clone()));
        let row = row![
            s.node.as_str(),
            w::or_dash(g.clusters.get(s.node.as_str()).copied().unwrap_or_default()),
            s.source.as_str(),
            if in_list { "yes" } else { "no" },
            of(at.map(|t| t.0)),
            of(at.map(|t| t.1)),
            w::hours(expected),
            w::percent_down(observed, expected),
        ];
        let class = if observed < expected { RowClass::Unknown } else { RowClass::Plain };
        table.push(Row { class, ..row });
    }
    let all = Watch::of([&g.coverage]);
    if !subjects.is_empty() {
        let sum = w::counted(w::len(subjects.len()), "source of a node", "sources of nodes");
        table.push(Row {
            class: RowClass::Total,
            ..row![sum, "", "", "", "", "", w::hours(all.expected), w::percent_down(all.observed, all.expected)]
        });
    }
    table.shown = g
        .population("nodes")
        .filter(|p| p.count > w::len(ROWS) && p.count >= table.counted_rows())
        .map(|p| Shown { of: p.count, file: p.csv() });
    table
}

/// Nodes that came into a list or left it, and nodes that were first seen in the period.
fn changes(g: &Ground<'_>) -> Table {
    let mut table = Table::new(
        "Changes of the scope in the period, the latest first",
        [Column::text("Time", 2.1), Column::text("Cluster", 1.5), Column::text("Change", 1.5), Column::text("Nodes", 5.0)],
    )
    .or_empty("No list of nodes changed in the period, and no node was first seen in it. Where no list of nodes is given, a node that never reported is not known.");
    let facts = g.results.facts;
    let mut lists: BTreeMap<&str, Vec<&Estate>> = BTreeMap::new();
    for estate in facts.estates.iter().filter(|e| e.time < facts.period.to) {
        lists.entry(&estate.cluster).or_default().push(estate);
    }
    let mut rows: Vec<(Time, &str, &str, String)> = Vec::new();
    for (cluster, mut all) in lists {
        all.sort_by_key(|e| e.time);
        let mut before: BTreeSet<&str> = BTreeSet::new();
        for (n, list) in all.iter().enumerate() {
            let now: BTreeSet<&str> = list.nodes.iter().map(String::as_str).collect();
            if list.time >= facts.period.from {
                let came = if n == 0 { "first list" } else { "came" };
                let mut add = |what, nodes: Vec<&str>| {
                    if !nodes.is_empty() {
                        rows.push((list.time, cluster, what, w::join(nodes)));
                    }
                };
                add(came, now.difference(&before).copied().collect());
                add("left", before.difference(&now).copied().collect());
            }
            before = now;
        }
    }
    let in_lists: BTreeSet<&str> = facts.estates.iter().flat_map(|e| &e.nodes).map(String::as_str).collect();
    let mut first: BTreeMap<&str, Time> = BTreeMap::new();
    for stretch in &facts.stretches {
        let at = first.entry(&stretch.node).or_insert(stretch.span.from);
        *at = (*at).min(stretch.span.from);
    }
    let begin = |t: Time| facts.period.from < t && t < facts.period.to;
    for (node, at) in first.into_iter().filter(|(node, at)| begin(*at) && !in_lists.contains(node)) {
        let cluster = g.clusters.get(node).copied().unwrap_or_default();
        rows.push((at, cluster, "first seen", node.to_owned()));
    }
    rows.sort_by(|a, b| (b.0, a.1, a.2, &a.3).cmp(&(a.0, b.1, b.2, &b.3)));
    let more = rows.len().saturating_sub(ROWS);
    for (at, cluster, what, nodes) in rows.into_iter().take(ROWS) {
        table.push(row![w::time(at), w::or_dash(cluster), what, nodes]);
    }
    if more > 0 {
        table.push(Row::total([format!("and {more} earlier")]));
    }
    table
}

/// Namespaces as their containers tell them.
fn workloads(g: &Ground<'_>) -> Section {
    let activity = g.results.activity;
    let mut table = Table::new(
        "Namespaces in which a container did something, by cluster and name",
        [
            Column::text("Namespace", 2.4).row_head(),
            Column::text("Cluster", 1.6),
            Column::number("Pods", 0.8),
            Column::number("Containers", 1.0),
            Column::text("First record", 2.1),
            Column::text("Last record", 2.1),
        ],
    )
    .or_empty(if activity.nodes.is_empty() {
        "No agent recorded activity in the period (`agent --activity`): which namespaces and pods there were is not known."
    } else {
        "Activity was recorded, and none of it in a container with a namespace."
    });
    for ((cluster, name), n) in activity.namespaces.iter().take(ROWS) {
        table.push(row![
            name.as_str(),
            w::or_dash(cluster),
            w::count(w::len(n.pods.len())),
            w::count(n.containers),
            w::time(n.first),
            w::time(n.last),
        ]);
    }
    if activity.namespaces.len() > ROWS {
        table.push(Row::total([format!("and {} more", activity.namespaces.len() - ROWS)]));
    }
    let mut out = Section::new("workloads", "Namespaces and workloads").with(Block::Table(table));
    if let Some(p) = g.population("containers").filter(|p| p.count > 0) {
        out.push(Block::Paragraph(
            Text::new()
                .plain(format!("Each container, however short it lived ({}), stands in ", w::count(p.count)))
                .link(population_id(p.spec.id), p.csv())
                .plain("."),
        ));
    }
    out
}

fn missing() -> Section {
    let mut table = Table::new(
        "What a system description needs beside this chapter",
        [Column::text("Matter", 1.4).row_head(), Column::text("State", 1.0), Column::text("Why", 4.0)],
    );
    for (matter, why) in [
        (
            "Classes of data, owners of systems",
            "avouch does not know what data a node holds or who owns it; the entity's inventory does.",
        ),
        (
            "Network topology",
            "Networks, policies and names of addresses are not read; who talked to whom stands above, where activity is recorded.",
        ),
        (
            "Namespaces and workloads that did nothing",
            "API objects are not kept; namespaces are known from findings and from what their containers did.",
        ),
        ("Exclusions from the scope", "What the entity left out on purpose is not told to avouch."),
        (
            "Carve-outs and subservice organisations",
            "Physical entry and hardware rest on the provider; see its own report.",
        ),
        ("Controls expected of users of the system", "They are the entity's to describe."),
    ] {
        table.push(Row::of(RowClass::Unknown, [matter, "not covered", why]));
    }
    Section::new("boundary-missing", "Not covered here").with(Block::Table(table))
}
