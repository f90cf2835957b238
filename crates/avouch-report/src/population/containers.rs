//! `containers`: every container that did something in the period, gone or not.

use std::collections::BTreeMap;
use std::path::Path;

use avouch_finding::{Fact, Time, Who};
use avouch_store::{ActivityFilter, Order, Page, Period, Reader};

use super::{Population, PopulationError, PopulationWriter, Spec, Test};
use crate::facts::PeriodFacts;

const SPEC: Spec = Spec {
    id: "containers",
    title: "Containers that did something, with pod and namespace",
    definition: "Each container of which a command, a connection or a file change was recorded in the period, however short it \
                 lived. Where activity is not recorded (agent --activity), none is here.",
    source: "activity in the ledger",
    columns: &["id", "node", "name", "pod", "namespace", "first_seen", "last_seen", "records"],
};

/// Rows of activity that are read at a time.
const PAGE: usize = 1_000;

#[derive(Default)]
struct Seen {
    name: String,
    pod: String,
    namespace: String,
    first: Time,
    last: Time,
    records: u64,
}

/// Writes it.
///
/// # Errors
/// When its files cannot be written, or the store cannot be read.
pub fn containers(facts: &PeriodFacts, store: &mut Reader, dir: &Path) -> Result<Population, PopulationError> {
    let filter = ActivityFilter::of(Period::new(facts.period.from, facts.period.to));
    let mut page = Page { limit: PAGE, order: Order::OldestFirst, after: None };
    let mut seen: BTreeMap<(String, String), Seen> = BTreeMap::new();
    let (mut records, mut left_out) = (0_u64, 0_u64);
    loop {
        let rows = store.activity(&filter, page).map_err(|e| super::writer::failed(&SPEC, std::io::Error::other(e)))?;
        for row in rows.rows.into_iter().filter(|r| r.seq <= facts.as_of.last.seq) {
            let (node, who): (&str, &Who) = match &row.fact {
                Fact::Command(c) => (&c.node, &c.who),
                Fact::Connection(c) => (&c.node, &c.who),
                Fact::File(f) => (&f.node, &f.who),
                Fact::LeftOut(l) => {
                    left_out += l.by_kind.values().sum::<u64>();
                    continue;
                }
                _ => continue,
            };
            records += 1;
            if who.container.is_empty() || who.container == "host" {
                continue;
            }
            let entry = seen
                .entry((node.to_owned(), who.container.clone()))
                .or_insert_with(|| Seen { first: row.time, ..Seen::default() });
            entry.last = row.time;
            entry.records += 1;
            // Metadata may come later than the first act.
            for (known, told) in [
                (&mut entry.name, &who.container_name),
                (&mut entry.pod, &who.pod),
                (&mut entry.namespace, &who.namespace),
            ] {
                if !told.is_empty() {
                    known.clone_from(told);
                }
            }
        }
        match rows.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    let mut writer = PopulationWriter::create(dir, SPEC)?;
    for ((node, id), s) in &seen {
        let (first, last, n) = (s.first.to_string(), s.last.to_string(), s.records.to_string());
        writer.row(&[id, node, &s.name, &s.pod, &s.namespace, &first, &last, &n])?;
    }
    let name = "records of activity that were left out to keep to the budget";
    let test = if records == 0 {
        Test::not_run(name, "no activity was recorded in the period")
    } else {
        Test::equal(name, 0, left_out)
    };
    writer.finish(vec![test])
}
