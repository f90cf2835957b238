//! Across criteria: findings over time, tuning and the change control of avouch itself.

use std::collections::{BTreeMap, BTreeSet};

use avouch_document::{Block, Column, Id, NoteKind, Row, RowClass, Section, Shown, Table, Text};
use avouch_finding::{ChangeAction, RuleIdentity, RulesLoaded, Severity, Time};

use crate::acceptances::AcceptanceResult;
use crate::chapters::ground::{Ground, ROWS, population_id};
use crate::chapters::words as w;
use crate::chapters::{figures, row};
use crate::stats::Counts;

/// Findings over time, by severity.
pub(super) fn severity(g: &Ground<'_>) -> Section {
    let mut out = Section::new("severity", "Findings over time");
    if g.counts.all == 0 {
        let (title, text) = if g.is_empty() {
            ("No evidence", "Nothing was observed: that no finding is there says nothing.")
        } else {
            (
                "No finding",
                "No finding is recorded. That is evidence only for the time that was watched; see the hatched days.",
            )
        };
        out.push(Block::note(NoteKind::Note, title, text));
    }
    if !g.is_empty() {
        out.push(figures::severities(g));
    }
    let mut table = Table::new(
        "Findings by severity and what became of them",
        [
            Column::text("Severity", 1.6).row_head(),
            Column::number("All", 1.0),
            Column::number("Hidden", 1.0),
            Column::number("True", 1.0),
            Column::number("Benign", 1.0),
            Column::number("Test", 1.0),
            Column::number("Undecided", 1.1),
            Column::number("Nobody looked", 1.1),
            Column::number("With losses around", 1.2),
        ],
    )
    .or_empty("No finding is recorded.");
    let cells = |name: &str, c: &Counts| {
        row![
            name,
            w::count(c.all),
            w::count(c.suppressed),
            w::count(c.true_),
            w::count(c.benign),
            w::count(c.test),
            w::count(c.undecided),
            w::count(c.unseen),
            w::count(c.tainted),
        ]
    };
    let mut by: BTreeMap<Severity, Counts> = BTreeMap::new();
    for row in g.results.facts.findings.rows() {
        by.entry(row.severity).or_default().add(row);
    }
    for severity in Severity::ALL {
        if let Some(counts) = by.get(&severity) {
            table.push(cells(severity.name(), counts));
        }
    }
    if g.counts.all > 0 {
        table.push(Row { class: RowClass::Total, ..cells("All", &g.counts) });
    }
    out.push(Block::Table(table));
    out
}

/// Acceptances and what changed in what judges.
pub(super) fn tuning(g: &Ground<'_>) -> Section {
    let mut out = Section::new("tuning", "Tuning and changes of what judges");
    out.push(Block::paragraph(
        "A finding that an acceptance hides is kept, marked and counted. The table says what each hid in the period; whole entries stand in \
         appendix G.",
    ));
    out.push(Block::Table(acceptances(g)));
    out.with_section(rule_sets(g)).with_section(registers(g))
}

/// Id of an acceptance in appendix G.
pub(super) fn acceptance_id(number: usize) -> Id {
    Id::new(&format!("acceptance-{}", number + 1))
}

/// What to know of an acceptance, in a word or two.
pub(super) fn standing(g: &Ground<'_>, a: &AcceptanceResult<'_>) -> &'static str {
    let period = g.results.facts.period;
    if a.expired_in(g.results.facts) {
        "ended, left in the register"
    } else if a.removed.is_some() {
        "taken out"
    } else if a.from.is_some_and(|f| f >= period.to) {
        "not yet in force"
    } else if a.expires.is_none() {
        "in force, never ends"
    } else if a.hits == 0 {
        "in force, hid nothing"
    } else {
        "in force"
    }
}

fn acceptances(g: &Ground<'_>) -> Table {
    let mut table = Table::new(
        "Acceptances in the period, those that hid most first",
        [
            Column::text("Acceptance", 1.5).row_head(),
            Column::text("Rule", 2.2),
            Column::text("Requester, approver", 2.0),
            Column::text("Ends", 2.1),
            Column::number("Hidden", 0.9),
            Column::text("By severity", 1.7),
            Column::number("After its end", 0.9),
            Column::text("Standing", 1.5),
        ],
    )
    .or_empty("No acceptance stood in the register in the period.");
    let mut all: Vec<(usize, &AcceptanceResult<'_>)> = g.results.acceptances.iter().enumerate().collect();
    all.sort_by(|a, b| b.1.hits.cmp(&a.1.hits).then_with(|| a.1.id.cmp(b.1.id)));
    for (n, a) in all.iter().take(ROWS) {
        let severities =
            Severity::ALL.into_iter().filter_map(|s| a.by_severity.get(&s).map(|n| format!("{} {s}", w::count(*n))));
        let cells = row![
            Text::new().link(acceptance_id(*n), a.id),
            w::or_dash(a.text("rule")),
            format!("{}, {}", w::or_dash(a.text("requester")), w::or_dash(a.text("approver"))),
            a.expires.map_or("never".to_owned(), w::time),
            w::count(a.hits),
            w::join(severities),
            w::count(a.after_end),
            standing(g, a),
        ];
        let class = if a.expired_in(g.results.facts) { RowClass::Fail } else { RowClass::Plain };
        table.push(Row { class, ..cells });
    }
    if all.len() > ROWS
        && let Some(p) = g.population("acceptances")
    {
        table.shown = Some(Shown { of: p.count.max(table.counted_rows()), file: p.csv() });
    }
    if !all.is_empty() {
        let hits: u64 = all.iter().map(|(_, a)| a.hits).sum();
        let after: u64 = all.iter().map(|(_, a)| a.after_end).sum();
        let name = w::counted(w::len(all.len()), "acceptance", "acceptances");
        table.push(Row { class: RowClass::Total, ..row![name, "", "", "", w::count(hits), "", w::count(after), ""] });
    }
    table
}

/// What one loading changed against the one before on its node.
struct Loading<'a> {
    fact: &'a RulesLoaded,
    seq: u64,
    first: bool,
    added: usize,
    changed: usize,
    gone: usize,
}

fn loadings<'a>(g: &Ground<'a>) -> Vec<Loading<'a>> {
    let facts = g.results.facts;
    let mut before: BTreeMap<&str, &RulesLoaded> = BTreeMap::new();
    let mut out = Vec::new();
    for load in &facts.rule_loads {
        let fact = &load.fact;
        let key = |r: &'a RuleIdentity| ((r.name.as_str(), r.source.as_str()), r.digest.as_str());
        let now: BTreeMap<_, _> = fact.rules.iter().map(key).collect();
        let earlier = before.get(fact.node.as_str());
        let then: BTreeMap<_, _> = earlier.map(|l| l.rules.iter().map(key).collect()).unwrap_or_default();
        if fact.refused.is_none() {
            before.insert(&fact.node, fact);
        }
        if fact.time < facts.period.from || fact.time >= facts.period.to {
            continue;
        }
        let names = |m: &BTreeMap<(&'a str, &'a str), &'a str>| m.keys().copied().collect::<BTreeSet<_>>();
        let (a, b) = (names(&now), names(&then));
        out.push(Loading {
            fact,
            seq: load.place.seq,
            first: then.is_empty(),
            added: a.difference(&b).count(),
            changed: a.intersection(&b).filter(|k| now.get(k) != then.get(k)).count(),
            gone: b.difference(&a).count(),
        });
    }
    out
}

fn rule_sets(g: &Ground<'_>) -> Section {
    let mut table = Table::new(
        "Loadings of rules on nodes, the latest first",
        [
            Column::text("Time", 2.1),
            Column::text("Node", 1.4).row_head(),
            Column::text("Rule set", 2.7),
            Column::number("Rules", 0.8),
            Column::number("New", 0.7),
            Column::number("Changed", 0.9),
            Column::number("Gone", 0.7),
            Column::text("By", 1.4),
            Column::text("Remark", 2.6),
            Column::number("Record", 0.9),
        ],
    )
    .or_empty("No loading of rules is recorded in the period: what ran, ran from before it, or nothing ran.");
    let all = loadings(g);
    for l in all.iter().rev().take(ROWS) {
        let off = l.fact.not_running.iter().map(|r| format!("{} not running: {}", r.name, r.reason));
        let remark = match &l.fact.refused {
            Some(why) => format!("refused, the old rules went on: {why}"),
            None if l.first => "first loading".to_owned(),
            None => w::join(off),
        };
        let number = |n: usize| if l.first || l.fact.refused.is_some() { "-".to_owned() } else { n.to_string() };
        let cells = row![
            w::time(l.fact.time),
            l.fact.node.as_str(),
            Text::of_code(w::short(&l.fact.digest)),
            l.fact.rules.len().to_string(),
            number(l.added),
            number(l.changed),
            number(l.gone),
            w::or_dash(&l.fact.by),
            remark,
            l.seq.to_string(),
        ];
        let class = if l.fact.refused.is_some() { RowClass::Fail } else { RowClass::Plain };
        table.push(Row { class, ..cells });
    }
    let mut out = Section::new("rule-sets", "Rules").with(Block::Table(table));
    if let Some(p) = g.population("rule-changes") {
        out.push(Block::Paragraph(
            Text::new()
                .plain(format!(
                    "{} in all, one row a rule and node, stand in ",
                    w::counted(p.count, "change", "changes")
                ))
                .link(population_id(p.spec.id), p.csv())
                .plain(
                    ". Who approved a change of rules is not known to avouch; the records name who or what brought it.",
                ),
        ));
    }
    out
}

fn registers(g: &Ground<'_>) -> Section {
    let facts = g.results.facts;
    let mut rows: Vec<(Time, u64, &str, String, String, String)> = Vec::new();
    for c in &facts.acceptances {
        let how = match c.fact.action {
            ChangeAction::Added => "came into the register",
            ChangeAction::Changed => "changed",
            ChangeAction::Removed => "taken out of the register",
        };
        rows.push((c.fact.time, c.place.seq, "acceptance", c.fact.id.clone(), how.to_owned(), w::or_dash(&c.fact.by)));
    }
    for c in &facts.controls {
        let f = &c.fact;
        let by = if f.approved_by.is_empty() { "nobody: a draft".to_owned() } else { f.approved_by.clone() };
        let what = format!("version {} in use, {}", f.version, w::counted(f.controls, "control", "controls"));
        rows.push((f.time, c.place.seq, "control list", f.list.clone(), what, by));
    }
    for c in &facts.mappings {
        let what = format!("in use, digest {}", w::short(&c.fact.digest));
        rows.push((c.fact.time, c.place.seq, "mapping", w::join(&c.fact.files), what, "-".to_owned()));
    }
    rows.retain(|r| facts.period.from <= r.0 && r.0 < facts.period.to);
    rows.sort_by_key(|r| std::cmp::Reverse((r.0, r.1)));
    let mut table = Table::new(
        "Changes of acceptances, control lists and mappings, the latest first",
        [
            Column::text("Time", 2.1),
            Column::text("What", 1.3),
            Column::text("Name", 2.4).row_head(),
            Column::text("Change", 2.8),
            Column::text("By, or approved by", 1.8),
            Column::number("Record", 0.9),
        ],
    )
    .or_empty("No change of acceptances, control lists or mappings is recorded in the period.");
    let n = w::len(rows.len());
    for (time, seq, what, name, change, by) in rows.into_iter().take(ROWS) {
        table.push(row![w::time(time), what, name, change, by, seq.to_string()]);
    }
    if n > w::len(ROWS)
        && let Some(p) = g.population("rule-changes")
    {
        table.shown = Some(Shown { of: n, file: p.csv() });
    }
    Section::new("register-changes", "Registers and mappings").with(Block::Table(table))
}
