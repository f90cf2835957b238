//! Appendices: what the chapters stand on, in full or with the file that holds the rest.

use avouch_controls::Catalogue;
use avouch_document::{Block, Code, Column, Fact, NoteKind, Row, RowClass, Section, Shown, Table, Text};

use crate::chapters::criterion::verdicts;
use crate::chapters::ground::{Ground, ROWS, population_id, rule_id};
use crate::chapters::reading::COMMANDS;
use crate::chapters::registers::{acceptance_id, standing};
use crate::chapters::words as w;
use crate::chapters::{glossary, requests, row, rules, sources, tool};
use crate::population::{METHOD, Population, Verdict};

/// Gaps in the order of time that are shown; all stand in the population.
const GAPS: usize = 500;

/// A to K.
pub(super) fn all(g: &Ground<'_>) -> Vec<Section> {
    vec![
        rule_texts(g),
        checks(),
        populations(g),
        samples(g),
        ledger(g),
        gaps(g),
        acceptances(g),
        identities(),
        glossary::words(),
        tool::chapter(g),
        requests::chapter(g),
    ]
}

fn rule_texts(g: &Ground<'_>) -> Section {
    let mut table = Table::new(
        "Rules that ran in the period, with the digest of what each meant last",
        [
            Column::text("Rule", 2.2).row_head(),
            Column::text("Source, priority, criteria", 1.6),
            Column::text("Tags", 5.0),
            Column::text("SHA-256", 3.0),
            Column::number("Texts", 0.6),
        ],
    )
    .or_empty("No evidence: no rule ran in the period.");
    for (n, r) in g.results.rules.iter().enumerate() {
        let rule = r.rule;
        let row = row![
            rule.name.as_str(),
            format!("{}, {}, {}", rule.source, w::or_dash(&rule.priority), w::join(&rule.criteria)),
            w::join(&rule.tags),
            Text::of_code(rule.digest.as_str()),
            r.versions.to_string(),
        ];
        table.push(row.with_id(rule_id(n)));
    }
    let mut sets = Table::new(
        "Rule sets that ran in the period",
        [
            Column::text("SHA-256", 4.6).row_head(),
            Column::number("Rules", 0.8),
            Column::text("Read and not running", 3.0),
            Column::number("Time on nodes", 1.6),
        ],
    )
    .or_empty("No rule set is known to have run in the period.");
    let facts = g.results.facts;
    let mut time: std::collections::BTreeMap<&str, u128> = std::collections::BTreeMap::new();
    for s in &facts.stretches {
        let ns = u128::from(s.span.and(facts.period).ns());
        if ns > 0 {
            *time.entry(&s.rules).or_default() += ns;
        }
    }
    for (digest, ns) in time {
        let set = facts.rule_sets().get(digest);
        let (n, off) = set.map_or(("not known".to_owned(), "no loading of it is recorded".to_owned()), |s| {
            (s.rules.len().to_string(), w::join(s.not_running.iter().map(|r| r.name.as_str())))
        });
        let class = if set.is_none() { RowClass::Unknown } else { RowClass::Plain };
        sets.push(Row { class, ..row![Text::of_code(digest), n, off, w::duration(ns)] });
    }
    Section::new("appendix-rules", "Rules")
        .with(Block::paragraph(
            "A digest covers what the rule means once lists, macros and exceptions are resolved: condition, output, priority and tags. Two rules \
             with the same digest are the same rule. The texts themselves stand in the rule files of the entity, not here.",
        ))
        .with(Block::Table(rules::all(g)))
        .with(Block::Table(table))
        .with(Block::Table(sets))
}

fn checks() -> Section {
    let catalogue = &Catalogue::built_in().checks;
    let mut table = Table::new(
        "Checks that controls can name",
        [Column::text("Check", 2.0).row_head(), Column::text("What it looks at", 3.6), Column::text("State", 2.6)],
    );
    for e in catalogue {
        let state = if e.served { "made by avouch".to_owned() } else { format!("not covered: {}", e.why) };
        let class = if e.served { RowClass::Plain } else { RowClass::Unknown };
        table.push(Row { class, ..row![e.id.as_str(), e.title.as_str(), state] });
    }
    Section::new("appendix-checks", "Checks").with(Block::Table(table))
}

fn populations(g: &Ground<'_>) -> Section {
    let mut out = Section::new("appendix-populations", "Populations");
    if g.results.populations.is_empty() {
        out.push(Block::note(NoteKind::Missing, "No population", "No population was written for this report."));
    }
    out.push(Block::paragraph(
        "Each is written twice: as JSON lines, which are exact and which the digest of samples is of, and as CSV for spreadsheets. Rows are numbered from 1.",
    ));
    for p in g.results.populations {
        out.sections.push(population(p));
    }
    let mut table = Table::new(
        "Populations that controls can name and that were not written",
        [Column::text("Population", 1.8).row_head(), Column::text("Of what", 3.4), Column::text("Why", 3.0)],
    );
    for e in Catalogue::built_in().populations.iter().filter(|e| g.population(&e.id).is_none()) {
        let why = if e.why.is_empty() { "not written for this report" } else { &e.why };
        table.push(Row::of(RowClass::Unknown, [e.id.as_str(), e.title.as_str(), why]));
    }
    if !table.rows.is_empty() {
        out.sections.push(Section::new("populations-missing", "Not covered").with(Block::Table(table)));
    }
    out
}

fn population(p: &Population) -> Section {
    let digest = |file: String, digest: &str| Text::of_code(file).plain(" SHA-256 ").code(digest);
    let ends = match (&p.first, &p.last) {
        (Some(first), Some(last)) => Text::of_code(first.as_str()).plain(" to ").code(last.as_str()),
        _ => Text::from("none: it has no row. An empty population is complete only as far as its source was watched"),
    };
    let mut tests = Table::new(
        format!("Tests of {}: {}", p.spec.id, verdicts(p)),
        [
            Column::text("Test", 3.4).row_head(),
            Column::text("Expected", 1.6),
            Column::text("Got", 2.6),
            Column::text("Verdict", 0.9),
        ],
    )
    .or_empty("No test was made.");
    for t in &p.tests {
        let (class, verdict) = match t.verdict {
            Verdict::Pass => (RowClass::Plain, "held"),
            Verdict::Fail => (RowClass::Fail, "failed"),
            Verdict::NotRun => (RowClass::Unknown, "not run"),
        };
        tests.push(Row { class, ..row![t.name.as_str(), w::or_dash(&t.expected), t.got.as_str(), verdict] });
    }
    Section::new(population_id(p.spec.id), format!("{}: {}", p.spec.id, p.spec.title))
        .with(Block::Facts(vec![
            Fact::new("Definition", p.spec.definition),
            Fact::new("Source", p.spec.source),
            Fact::new("Rows", w::count(p.count)),
            Fact::new("First and last", ends),
            Fact::new("Columns", Text::of_code(w::join(p.spec.columns))),
            Fact::new("JSON lines", digest(p.jsonl(), &p.digest)),
            Fact::new("CSV", digest(p.csv(), &p.csv_digest)),
        ]))
        .with(Block::Table(tests))
}

fn samples(g: &Ground<'_>) -> Section {
    let mut table = Table::new(
        "Rows drawn, in the order of drawing",
        [
            Column::text("Population", 1.8).row_head(),
            Column::text("Seed", 1.0),
            Column::number("Rows", 0.8),
            Column::number("Of", 0.8),
            Column::text("Numbers of the rows", 5.0),
        ],
    )
    .or_empty("No sample was drawn for this report.");
    for s in g.results.samples {
        let of = g.population(s.population).map_or("-".to_owned(), |p| w::count(p.count));
        table.push(row![
            Text::new().link(population_id(s.population), s.population),
            s.seed.as_str(),
            w::count(w::len(s.rows.len())),
            of,
            w::join(s.rows.iter().map(u64::to_string)),
        ]);
    }
    Section::new("appendix-samples", "Samples")
        .with(Block::paragraph(METHOD))
        .with(Block::Table(table))
        .with(Block::paragraph(
            "The evidence of each row drawn stands in one folder under samples/ of the bundle: the row, its record as it stands in the ledger, \
             the rule, what was done about it, and proof.json, which shows without the rest of the ledger that the record belongs to a signed \
             head: avouch verify FOLDER/proof.json --key KEY.",
        ))
}

fn ledger(g: &Ground<'_>) -> Section {
    let as_of = &g.results.facts.as_of;
    let mut out = Section::new("appendix-ledger", "Ledger and verification");
    if as_of.last.seq == 0 {
        out.push(Block::note(NoteKind::Attention, "No evidence", "The ledger was empty when the report was made."));
    }
    out.push(Block::Facts(vec![
        Fact::new(
            "Ledger",
            if as_of.ledger.is_empty() { Text::from("none") } else { Text::of_code(as_of.ledger.as_str()) },
        ),
        Fact::new("Last record read", if as_of.last.seq == 0 { "none".to_owned() } else { w::count(as_of.last.seq) }),
        Fact::new(
            "Its SHA-256",
            if as_of.last.hash.is_empty() { Text::from("none") } else { Text::of_code(as_of.last.hash.as_str()) },
        ),
    ]));
    out.push(Block::Code(Code {
        caption: "Verify, and compare the last record with the one above".into(),
        text: COMMANDS.to_owned(),
    }));
    out.push(Block::paragraph(
        "The result of a verification is not printed here: a document cannot vouch for itself. Run it. Segments of the ledger and its signed heads \
         stand under ledger/ of the bundle; what the ledger says of heads that were published outside, in anchors/published.json. Those heads \
         themselves have to come from where they were published: a copy that is handed over with the ledger shows nothing.",
    ));
    out.push(Block::Table(published(g)));
    out
}

/// Heads that were published outside: which of them to ask for.
fn published(g: &Ground<'_>) -> Table {
    let mut table = Table::new(
        "Heads that were published outside the ledger in the period, the latest first",
        [
            Column::text("Published", 2.1),
            Column::text("By", 1.0),
            Column::text("Where", 4.0).row_head(),
            Column::text("Their time", 2.1),
            Column::number("Vouches up to record", 1.4),
            Column::number("Record", 1.0),
        ],
    )
    .or_empty(
        "None is recorded in the period, up to the record that this report stands on. Without a head that was kept outside, records cut from the \
         end together with their heads do not show.",
    );
    let all = &g.results.facts.anchors;
    for a in all.iter().rev().take(ROWS) {
        let f = &a.fact;
        table.push(row![
            w::time(f.time),
            f.anchor.as_str(),
            f.place.as_str(),
            w::or_dash(f.their_time.as_deref().unwrap_or_default()),
            f.last_seq.to_string(),
            a.place.seq.to_string(),
        ]);
    }
    if all.len() > ROWS {
        table.shown = Some(Shown { of: w::len(all.len()), file: "anchors/published.json".to_owned() });
    }
    table
}

fn gaps(g: &Ground<'_>) -> Section {
    let empty = if g.coverage.subjects.is_empty() {
        "No evidence: nothing was to be watched, so that no gap can be told."
    } else {
        "No gap and no loss."
    };
    let mut all: Vec<_> = g.coverage.gaps.iter().collect();
    all.sort_by(|a, b| (a.span, &a.node, &a.source).cmp(&(b.span, &b.node, &b.source)));
    let mut table = sources::gap_table("Gaps and losses in the order of time", empty);
    all.iter().take(GAPS).for_each(|gap| table.push(sources::gap_row(gap)));
    if let Some(p) = g.population("observation-gaps")
        && !all.is_empty()
    {
        table.shown = Some(Shown { of: p.count.max(table.counted_rows()), file: p.csv() });
    }
    Section::new("appendix-gaps", "Gaps of sensors and logs").with(Block::Table(table)).with(Block::paragraph(
        "Stretches in which single rules were not running are gaps of the controls that stand on them; they stand with those controls and as deviations.",
    ))
}

fn acceptances(g: &Ground<'_>) -> Section {
    let mut out = Section::new("appendix-acceptances", "Acceptances");
    if g.results.acceptances.is_empty() {
        out.push(Block::paragraph("No acceptance stood in the register in the period."));
    }
    for (n, a) in g.results.acceptances.iter().enumerate() {
        let time = |t: Option<avouch_finding::Time>, none: &str| t.map_or(none.to_owned(), w::time);
        let mut facts = vec![
            Fact::new("Standing", standing(g, a)),
            Fact::new("From, to", format!("{} to {}", time(a.from, "not said"), time(a.expires, "no end"))),
            Fact::new("Findings hidden", w::count(a.hits)),
            Fact::new("Last hidden", time(a.last_hit, "none")),
            Fact::new("Findings after its end", w::count(a.after_end)),
            Fact::new(
                "Changed in the period",
                format!("{}, last in record {}", w::counted(a.changes, "time", "times"), a.change.place.seq),
            ),
        ];
        if let Some(removed) = a.removed {
            facts.push(Fact::new("Taken out", w::time(removed)));
        }
        // The entry itself, key by key, as it was last.
        if let Some(entry) = a.change.fact.acceptance.as_object() {
            for (key, value) in entry {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                facts.push(Fact::new(key.as_str(), text));
            }
        }
        out.sections.push(Section::new(acceptance_id(n), a.id).with(Block::Facts(facts)));
    }
    out
}

fn identities() -> Section {
    Section::new("appendix-identities", "Identity mapping").with(Block::note(
        NoteKind::Missing,
        "Persons",
        "Users, service accounts and role sessions are shown as the sources name them. avouch does not read an identity provider and does not yet \
         join accounts to persons.",
    ))
}
