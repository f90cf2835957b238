//! Who talked to whom, in chapter 3: a drawing of the whole, and tables of what crosses the boundary.

use std::collections::BTreeMap;

use avouch_document::{
    Block, Chart, Column, Figure, Id, Link, Links, NoteKind, PartyColumn, Row, RowClass, Section, Shown, Summary,
    Table, Text,
};

use crate::activity::{Flow, Reach, Way};
use crate::chapters::control::population_link;
use crate::chapters::ground::Ground;
use crate::chapters::row;
use crate::chapters::words as w;

/// Parties of a column of the drawing; the rest are drawn as one.
const DRAWN: usize = 10;

/// Rows of a table.
const ROWS: usize = 30;

/// Id of the section.
pub(super) const FLOWS: &str = "flows";

pub(super) fn section(g: &Ground<'_>) -> Section {
    let mut out = Section::new(FLOWS, "Flows that were observed");
    let activity = g.results.activity;
    if activity.connections == 0 {
        let why = if activity.commands + activity.files > 0 {
            "Activity was recorded, and no connection among it."
        } else {
            "No agent recorded activity in the period (`agent --activity`), so that nothing is known of who talked to whom. This \
             is not a period without connections."
        };
        out.push(Block::note(NoteKind::Missing, "Flows", why));
        return out;
    }
    let flows: Vec<&Flow> = activity.flows.iter().collect();
    let sum = |of: &dyn Fn(&&&Flow) -> bool| flows.iter().filter(of).map(|f| f.connections).sum::<u64>();
    let (outward, inward) = (sum(&|f| f.way == Way::Out), sum(&|f| f.way == Way::In));
    out.push(Block::paragraph(format!(
        "{} and {} were recorded on {}, in {}. A flow is all connections of one pod, container or node with one address and port. Names \
         of addresses are not recorded: an address is told as outside, private, link-local or the machine's own by its range alone, and a \
         private one may be a pod, a node, or a machine beside the cluster.",
        w::counted(outward, "connection made", "connections made"),
        w::counted(inward, "connection taken", "connections taken"),
        w::counted(w::len(activity.nodes.len()), "node with activity", "nodes with activity"),
        w::counted(w::len(activity.flows.len()), "flow", "flows"),
    )));
    unwatched(g, &mut out);
    out.push(map(&flows));
    out.push(Block::Table(across(
        g,
        &flows,
        Way::Out,
        "Flows to addresses outside and to link-local ones, those with most connections first",
    )));
    out.push(Block::Table(across(
        g,
        &flows,
        Way::In,
        "Flows from addresses outside, those with most connections first",
    )));
    out.push(Block::Table(inside(&flows)));
    if activity.flows.beyond.0 > 0 {
        let text = format!(
            "{} with {} came when no more flows were told apart. They are in none of the tables above; all of them stand in the population \
             of connections.",
            w::counted(activity.flows.beyond.0, "record", "records"),
            w::counted(activity.flows.beyond.1, "connection", "connections"),
        );
        out.push(Block::note(NoteKind::Missing, "Flows beyond the limit", text));
    }
    out
}

/// Nodes that were to be watched by system calls and of which no activity is recorded.
fn unwatched(g: &Ground<'_>, out: &mut Section) {
    let of_calls = g.coverage.subjects.iter().filter(|s| s.source == "syscall" && !s.expected.is_empty());
    let without: Vec<&str> =
        of_calls.map(|s| s.node.as_str()).filter(|node| !g.results.activity.nodes.contains(*node)).collect();
    if !without.is_empty() {
        let named = w::join(without.iter().take(ROWS));
        let more = without.len().saturating_sub(ROWS);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        out.push(Block::note(
            NoteKind::Missing,
            "Nodes without activity",
            format!("No activity is recorded of {named}{rest}: who talked to whom there is not known."),
        ));
    }
}

/// The other side as it is drawn: each address outside by itself, others by their kind.
fn other_side(f: &Flow) -> String {
    match f.reach {
        Reach::Outside | Reach::LinkLocal => format!("{} {}", f.reach.word(), f.address),
        Reach::Private => format!("private, port {}", f.port),
        Reach::Machine => "the machine itself".to_owned(),
        Reach::Many | Reach::Unknown => f.reach.word().to_owned(),
    }
}

/// A column of at most [`DRAWN`] parties, those with most connections first, and where each one stands.
fn column(head: &str, counts: &BTreeMap<String, u64>) -> (PartyColumn, BTreeMap<String, usize>) {
    let mut all: Vec<(&String, u64)> = counts.iter().map(|(name, n)| (name, *n)).collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let mut parties: Vec<(String, u64)> = Vec::new();
    let mut places = BTreeMap::new();
    let others = all.len().saturating_sub(DRAWN);
    for (name, n) in &all {
        let place = parties.len().min(DRAWN);
        if parties.len() < DRAWN {
            parties.push(((*name).clone(), *n));
        } else if let Some((_, sum)) = parties.get_mut(DRAWN) {
            *sum += n;
        } else {
            parties.push((w::counted(w::len(others), "other", "others"), *n));
        }
        places.insert((*name).clone(), place);
    }
    (PartyColumn { head: head.to_owned(), parties }, places)
}

/// From the left: who connected, to whom in the estate, and where that one connected to.
fn map(flows: &[&Flow]) -> Block {
    let [mut clients, mut parties, mut targets]: [BTreeMap<String, u64>; 3] = Default::default();
    let mut links: [BTreeMap<(String, String), u64>; 2] = Default::default();
    for f in flows.iter().filter(|f| f.way != Way::Listens) {
        let (group, other) = (f.party.group(), other_side(f));
        let (column, link, key) = match f.way {
            Way::In => (&mut clients, &mut links[0], (other.clone(), group.clone())),
            _ => (&mut targets, &mut links[1], (group.clone(), other.clone())),
        };
        *column.entry(other).or_default() += f.connections;
        *parties.entry(group).or_default() += f.connections;
        *link.entry(key).or_default() += f.connections;
    }
    let (of_clients, at_clients) = column("Connected from", &clients);
    let (of_parties, at_parties) = column("In the estate", &parties);
    let (of_targets, at_targets) = column("Connected to", &targets);
    let summary = format!(
        "Connections taken, by where from: {}. In the estate: {}. Connections made, by where to: {}.",
        listed(&of_clients),
        listed(&of_parties),
        listed(&of_targets)
    );
    let mut drawn: BTreeMap<(usize, usize, usize), u64> = BTreeMap::new();
    for (n, (from, to)) in [(&at_clients, &at_parties), (&at_parties, &at_targets)].into_iter().enumerate() {
        for ((a, b), count) in &links[n] {
            if let (Some(a), Some(b)) = (from.get(a), to.get(b)) {
                *drawn.entry((n, *a, *b)).or_default() += count;
            }
        }
    }
    let links = drawn.into_iter().map(|((column, from, to), count)| Link { column, from, to, count }).collect();
    let plot = Links { unit: "connections".to_owned(), columns: vec![of_clients, of_parties, of_targets], links };
    let caption =
        "Who talked to whom: connections taken from the left, made to the right, by namespace, container or node";
    Block::Figure(Figure {
        id: Some(Id::new("flow-map")),
        caption: caption.into(),
        chart: Chart::new(plot, Summary::new(summary)),
    })
}

fn listed(column: &PartyColumn) -> String {
    let words = column.parties.iter().map(|(name, n)| format!("{name} {}", w::count(*n)));
    let text = w::join(words);
    if text == "-" { "none".to_owned() } else { text }
}

/// Flows that cross the boundary one way.
fn across(g: &Ground<'_>, flows: &[&Flow], way: Way, caption: &str) -> Table {
    let mut table = Table::new(
        caption,
        [
            Column::text("Who", 2.2).row_head(),
            Column::text("Cluster", 1.1),
            Column::text(if way == Way::Out { "To" } else { "From" }, 2.1),
            Column::number("Port", 0.9),
            Column::number("Connections", 1.1),
            Column::number("Failed", 0.8),
            Column::text("First, last", 2.9),
            Column::text("Programs", 1.6),
            Column::number("Record", 0.9),
        ],
    )
    .or_empty("None was recorded on the nodes with activity.");
    let crosses = |f: &&&Flow| f.way == way && matches!(f.reach, Reach::Outside | Reach::LinkLocal | Reach::Unknown);
    let mut all: Vec<&&Flow> = flows.iter().filter(crosses).collect();
    all.sort_by_key(|f| std::cmp::Reverse(f.connections));
    for f in all.iter().take(ROWS) {
        let class = if f.reach == Reach::LinkLocal { RowClass::Unknown } else { RowClass::Plain };
        let cells = row![
            f.party.words(),
            w::or_dash(&f.party.cluster),
            format!("{} ({})", f.address, f.reach.word()),
            format!("{} {}", f.port, f.protocol),
            w::count(f.connections),
            w::count(f.failed),
            ends(f),
            w::join(&f.programs),
            f.record.to_string(),
        ];
        table.push(Row { class, ..cells });
    }
    let (connections, failed) = all.iter().fold((0, 0), |(c, f), x| (c + x.connections, f + x.failed));
    if !all.is_empty() {
        let name = w::counted(w::len(all.len()), "flow", "flows");
        table.push(Row {
            class: RowClass::Total,
            ..row![name, "", "", "", w::count(connections), w::count(failed), "", "", ""]
        });
    }
    if all.len() > ROWS {
        table.shown = shown(g, all.len());
    }
    table
}

fn ends(f: &Flow) -> String {
    if f.first == f.last { w::time(f.first) } else { format!("{} to {}", w::time(f.first), w::time(f.last)) }
}

fn shown(g: &Ground<'_>, of: usize) -> Option<Shown> {
    g.population("observed-flows").map(|p| Shown { of: w::len(of), file: p.csv() })
}

/// Who in the estate talked to private addresses, and who waited for connections.
fn inside(flows: &[&Flow]) -> Table {
    let mut table = Table::new(
        "Within private addresses: who connected to which port, and who waits on one, those with most connections first",
        [
            Column::text("Who", 3.0).row_head(),
            Column::text("Cluster", 1.2),
            Column::text("Way", 0.9),
            Column::number("Port", 0.9),
            Column::number("Addresses", 1.0),
            Column::number("Connections", 1.1),
            Column::number("Failed", 0.9),
        ],
    )
    .or_empty("None was recorded on the nodes with activity.");
    /// How many addresses, connections, failed ones.
    type Counts = (u64, u64, u64);
    let mut by: BTreeMap<(String, &str, Way, u16, &str), Counts> = BTreeMap::new();
    for f in flows.iter().filter(|f| f.reach == Reach::Private || f.way == Way::Listens) {
        let key = (f.party.group(), f.party.cluster.as_str(), f.way, f.port, f.protocol.as_str());
        let n = by.entry(key).or_default();
        *n = (n.0 + 1, n.1 + f.connections, n.2 + f.failed);
    }
    let mut all: Vec<_> = by.into_iter().collect();
    all.sort_by(|a, b| b.1.1.cmp(&a.1.1).then_with(|| a.0.cmp(&b.0)));
    for ((group, cluster, way, port, protocol), (addresses, connections, failed)) in all.iter().take(ROWS) {
        table.push(row![
            group.as_str(),
            w::or_dash(cluster),
            way.word(),
            format!("{port} {protocol}"),
            w::count(*addresses),
            w::count(*connections),
            w::count(*failed),
        ]);
    }
    if all.len() > ROWS {
        table.push(Row::total([format!("and {} more; each flow stands in the population", all.len() - ROWS)]));
    }
    table
}

/// Where the flows stand, for a chapter that is about them.
pub(super) fn pointer(g: &Ground<'_>) -> Block {
    let activity = g.results.activity;
    if activity.connections == 0 {
        return Block::paragraph("No connection was recorded in the period: who talked to whom is not covered.");
    }
    let outside = |f: &&Flow| f.reach == Reach::Outside && f.way != Way::Listens;
    let (flows, connections) =
        activity.flows.iter().filter(outside).fold((0_u64, 0_u64), |(n, c), f| (n + 1, c + f.connections));
    let mut text = Text::new()
        .plain(format!(
            "{} with addresses outside, {}, of {} in all: ",
            w::counted(flows, "flow", "flows"),
            w::counted(connections, "connection", "connections"),
            w::counted(w::len(activity.flows.len()), "flow", "flows"),
        ))
        .link(FLOWS.into(), "flows that were observed")
        .plain("; as a list: ");
    text.0.extend(population_link(g, "observed-flows").0);
    Block::Paragraph(text.plain(". Whether a flow was allowed is not told: network policies are not read."))
}
