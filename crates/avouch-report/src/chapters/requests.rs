//! What an auditor asks to be given, and how far this report answers it.

use avouch_document::{Block, Column, Row, RowClass, Section, Table, Text};

use crate::chapters::ground::{Ground, population_id};
use crate::chapters::row;
use crate::chapters::words as w;
use crate::pbc::{Answer, Answered, answers};

pub(super) fn chapter(g: &Ground<'_>) -> Section {
    let all = answers(g.results);
    let mut out = Section::new("requests", "Request list");
    if all.is_empty() {
        out.push(Block::paragraph("No request list was given for this report."));
        return out;
    }
    let of = |state: Answered| all.iter().filter(|a| a.state == state).count();
    let states = [Answered::Yes, Answered::Partly, Answered::NoEvidence, Answered::NotCovered];
    let words = states.into_iter().map(|s| format!("{} {}", w::count(w::len(of(s))), s.words()));
    out.push(Block::paragraph(format!(
        "{} of a request list: {}. An item is answered when all of it is here and every test of completeness of its lists held. The same \
         as a list stands in pbc/answers.csv beside this report, with the digest of each file. Numbers other than these are taken from a \
         list of the auditor's own (`avouch report --requests FILE`).",
        w::counted(w::len(all.len()), "item", "items"),
        w::join(words)
    )));
    let mut table = Table::new(
        "Items, what answers them, and what does not",
        [
            Column::text("Item", 0.9).row_head(),
            Column::text("Asked for", 2.8),
            Column::text("State", 1.0),
            Column::text("Lists (rows) and files", 2.2),
            Column::text("Parts of this report", 1.5),
            Column::text("What is not here", 4.8),
        ],
    );
    for a in &all {
        table.push(line(g, a));
    }
    out.push(Block::Table(table));
    out
}

fn line(g: &Ground<'_>, a: &Answer) -> Row {
    let mut given = Text::new();
    for (n, f) in a.given.iter().enumerate() {
        if n > 0 {
            given = given.plain(", ");
        }
        let population = g.results.populations.iter().find(|p| f.file == format!("bundle/{}", p.csv()));
        given = match (population, f.rows) {
            (Some(p), Some(rows)) => {
                given.link(population_id(p.spec.id), p.spec.id).plain(format!(" ({})", w::count(rows)))
            }
            _ => given.plain(f.file.as_str()),
        };
    }
    if a.given.is_empty() {
        given = Text::from("-");
    }
    let class = match a.state {
        Answered::Yes | Answered::Partly => RowClass::Plain,
        Answered::NoEvidence | Answered::NotCovered => RowClass::Unknown,
    };
    let missing = if a.missing.is_empty() { "-".to_owned() } else { a.missing.join("; ") };
    let cells = row![
        a.item.as_str(),
        format!("{} ({})", a.ask, w::join(&a.criteria)),
        a.state.words(),
        given,
        w::join(&a.chapters),
        missing
    ];
    Row { class, ..cells }
}
