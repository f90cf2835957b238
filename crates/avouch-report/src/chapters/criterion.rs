//! Results: one chapter a criterion, all of the same shape.

use std::collections::BTreeSet;

use avouch_controls::{Catalogue, CatalogueEntry, Criterion};
use avouch_coverage::RuleKey;
use avouch_document::{Block, Column, NoteKind, Row, RowClass, Section, Table, Text};

use crate::chapters::ground::{Ground, Shares, Watch, criterion_id};
use crate::chapters::row;
use crate::chapters::words as w;
use crate::chapters::{control, deviation, extras, figures, rules};
use crate::controls::{ControlResult, Outcome};

/// The chapters, and one for controls that serve no criterion, if there are any.
pub(super) fn chapters(g: &Ground<'_>) -> Vec<Section> {
    let mut out: Vec<Section> = g.chapters().into_iter().map(|c| chapter(g, c)).collect();
    let rest = g.at_home_in(None);
    if !rest.is_empty() {
        let mut section = Section::new("criterion-none", "Controls that serve no criterion of SOC 2");
        section.sections = rest.into_iter().map(|c| control::section(g, c)).collect();
        out.push(section);
    }
    out
}

fn chapter(g: &Ground<'_>, criterion: &'static Criterion) -> Section {
    let controls = g.controls_of(criterion);
    let id = criterion.id.as_str();
    let mut out = Section::new(criterion_id(id), format!("{id} {}", criterion.title));
    if controls.is_empty() {
        let text =
            "No control of the list serves this criterion. What follows was seen all the same; it tests no control.";
        out.push(Block::note(NoteKind::Missing, "No control", text));
    } else {
        let shares = Shares::of(controls.iter().copied());
        if shares.all() == 0 && controls.iter().all(|c| g.outcome(c) == Outcome::NotCovered) {
            let text = "Its controls name no rule and no source. Their evidence has to come from elsewhere.";
            out.push(Block::note(NoteKind::Missing, "No watching", text));
        } else {
            let watch = Watch::of(controls.iter().flat_map(|c| &c.parts).map(|p| &p.coverage));
            out.push(Block::facts([("Time of its controls", shares.words()), ("Watching", watch.words())]));
        }
        out.push(Block::Table(tested(g, id, &controls)));
        if controls.len() > 1
            && let Some(strip) = figures::strip(g, &controls)
        {
            out.push(strip);
        }
    }
    for control in g.at_home_in(Some(criterion)) {
        out.sections.push(control::section(g, control));
    }
    let sub = |name: &str, title: &str| Section::new(format!("{}-{name}", criterion_id(id).as_str()).as_str(), title);
    out.sections.extend(extras::of(g, id, sub("more", "More of this criterion")));
    let keys: BTreeSet<&RuleKey> = controls.iter().flat_map(|c| &c.parts).flat_map(|p| &p.rules).collect();
    let mut evidence = sub("evidence", &format!("Evidence for {id}"))
        .with_section(posture(&controls, sub("posture", "Posture checks")))
        .with_section(sub("detections", "Detections").with(table_or_words(rules::detections(g, id, &keys))))
        .with_section(populations(g, criterion, &controls, sub("populations", "Populations and samples")))
        .with_section(deviations(g, criterion, sub("deviations", "Deviations and acceptances")));
    evidence.sections.extend(not_covered(g, criterion, sub("missing", "Not covered")));
    out.sections.push(evidence);
    out.sections.push(response(g, criterion, sub("response", "Management response")));
    out
}

/// A table, or its words where it has no row: chapters of criteria without controls stay short.
fn table_or_words(table: Table) -> Block {
    if table.rows.is_empty() { Block::paragraph(table.when_empty) } else { Block::Table(table) }
}

fn tested(g: &Ground<'_>, criterion: &str, controls: &[&ControlResult<'_>]) -> Table {
    let mut table = Table::new(
        format!(
            "Controls that serve {criterion}, as they said last; a control stands in the chapter of the criterion it serves first"
        ),
        [
            Column::text("Control", 1.2).row_head(),
            Column::text("Statement", 4.6),
            Column::text("In chapter", 0.9),
            Column::text("Outcome", 1.2),
            Column::text("Time", 1.8),
        ],
    );
    controls.iter().for_each(|c| table.push(control::line(g, c)));
    table
}

fn posture(controls: &[&ControlResult<'_>], out: Section) -> Section {
    let mut table = Table::new(
        "Checks of configuration, images and identities that its controls name",
        [
            Column::text("Check", 1.8).row_head(),
            Column::text("What it looks at", 3.0),
            Column::text("Named by", 1.4),
            Column::text("Result", 1.0),
            Column::text("Why", 2.6),
        ],
    )
    .or_empty("Its controls name no check.");
    let mut ids: Vec<(String, Vec<&str>)> = Vec::new();
    for result in controls {
        for check in result.control().map(|c| c.evidence.checks.as_slice()).unwrap_or_default() {
            match ids.iter_mut().find(|(id, _)| id.eq_ignore_ascii_case(&check.text)) {
                Some((_, by)) => by.push(result.id),
                None => ids.push((check.text.clone(), vec![result.id])),
            }
        }
    }
    for (id, by) in ids {
        let entry = Catalogue::built_in().checks.iter().find(|e| e.id.eq_ignore_ascii_case(&id));
        let (title, why) = entry.map_or(("-", "unknown to this version"), |e| (e.title.as_str(), e.why.as_str()));
        table.push(Row::of(RowClass::Unknown, [id.as_str(), title, &w::join(by), "not covered", why]));
    }
    out.with(Block::paragraph(
        "avouch watches events and does not yet check configuration. No check ran at the start of the period, at a change or at its end; what \
         was wrong and never changed is not seen.",
    ))
    .with(table_or_words(table))
}

fn populations(g: &Ground<'_>, criterion: &Criterion, controls: &[&ControlResult<'_>], mut out: Section) -> Section {
    let mut named: Vec<String> = Vec::new();
    let mut add = |id: &str| {
        if !named.iter().any(|n| n.eq_ignore_ascii_case(id)) {
            named.push(id.to_owned());
        }
    };
    for control in controls.iter().filter_map(|c| c.control()) {
        control.evidence.populations.iter().for_each(|p| add(&p.text));
    }
    let catalogue = Catalogue::built_in().populations.iter().filter(|e| serves(e, criterion));
    catalogue.filter(|e| g.population(&e.id).is_some()).for_each(|e| add(&e.id));
    let mut table = Table::new(
        "Populations for this criterion",
        [
            Column::text("Population", 1.8).row_head(),
            Column::number("Rows", 0.9),
            Column::text("SHA-256 of its JSON lines", 2.2),
            Column::text("Completeness", 2.0),
            Column::text("Rows drawn", 3.0),
        ],
    )
    .or_empty("Its controls name no population, and none that was written is evidence for it.");
    for id in &named {
        let Some(p) = g.population(id) else {
            let entry = Catalogue::built_in().populations.iter().find(|e| e.id.eq_ignore_ascii_case(id));
            let why = entry.map_or("unknown to this version", |e| {
                if e.why.is_empty() { "not written for this report" } else { &e.why }
            });
            table.push(Row { class: RowClass::Unknown, ..row![id.as_str(), "-", "not covered", why, "-"] });
            continue;
        };
        let sample = g.results.samples.iter().find(|s| s.population == p.spec.id);
        let drawn = sample.map_or("no sample".to_owned(), |s| w::join(s.rows.iter().map(u64::to_string)));
        table.push(row![
            control::population_link(g, id),
            w::count(p.count),
            Text::of_code(w::short(&p.digest)),
            verdicts(p),
            drawn,
        ]);
    }
    let drawn = g.results.scope.sample > 0 && !table.rows.is_empty();
    out.push(table_or_words(table));
    if drawn {
        out.push(Block::paragraph(format!(
            "Seed \"{}\". One folder of evidence for each row drawn stands under samples/ in the bundle; how rows are drawn is said in chapter 2.",
            g.results.scope.seed
        )));
    }
    out
}

/// `2 held, 1 not run`.
pub(super) fn verdicts(p: &crate::population::Population) -> String {
    use crate::population::Verdict;
    let of = |v: Verdict, words: &str| {
        let n = p.tests.iter().filter(|t| t.verdict == v).count();
        (n > 0).then(|| format!("{n} {words}"))
    };
    let all = [of(Verdict::Pass, "held"), of(Verdict::Fail, "failed"), of(Verdict::NotRun, "not run")];
    let words = w::join(all.into_iter().flatten());
    if words == "-" { "no test".to_owned() } else { words }
}

fn deviations(g: &Ground<'_>, criterion: &Criterion, mut out: Section) -> Section {
    let all = g.deviations_in(criterion);
    out.push(table_or_words(deviation::of_criterion(g, &criterion.id, &all)));
    let mut table = Table::new(
        "Acceptances of this criterion or its controls",
        [
            Column::text("Acceptance", 1.4).row_head(),
            Column::text("Rule", 2.4),
            Column::text("Reason", 3.0),
            Column::text("Ends", 2.0),
            Column::number("Findings hidden", 1.0),
        ],
    )
    .or_empty("No acceptance names this criterion or its controls.");
    for a in g.results.acceptances.iter().filter(|a| g.is_of(a, criterion)) {
        table.push(row![
            a.id,
            w::or_dash(a.text("rule")),
            w::or_dash(a.text("reason")),
            a.expires.map_or("never".to_owned(), w::time),
            w::count(a.hits),
        ]);
    }
    out.push(table_or_words(table));
    out
}

fn serves(entry: &CatalogueEntry, criterion: &Criterion) -> bool {
    let prefix = format!("{}.", criterion.id);
    entry.satisfies.iter().any(|id| *id == criterion.id || id.starts_with(&prefix))
}

/// Checks and populations that would be evidence for the criterion and that avouch does not make.
fn not_covered(g: &Ground<'_>, criterion: &Criterion, out: Section) -> Option<Section> {
    let catalogue = Catalogue::built_in();
    let mut table = Table::new(
        "What an auditor may ask for beside, and why it is not here",
        [Column::text("What", 2.0).row_head(), Column::text("Of what", 3.4), Column::text("Why not covered", 3.0)],
    );
    for (kind, entries) in [("check", &catalogue.checks), ("population", &catalogue.populations)] {
        let missing = |e: &&CatalogueEntry| serves(e, criterion) && !e.served && g.population(&e.id).is_none();
        for e in entries.iter().filter(missing) {
            table.push(Row::of(RowClass::Unknown, [format!("{} ({kind})", e.id), e.title.clone(), e.why.clone()]));
        }
    }
    (!table.rows.is_empty()).then(|| out.with(Block::Table(table)))
}

/// Responses asked for one by one at most; the rest are answered together.
const RESPONSES: usize = 20;

/// Room to write by hand.
const LINES: &str = "________________________________________ ________________________________________";
const LINE: &str = "__________________ __________________";

fn response(g: &Ground<'_>, criterion: &Criterion, out: Section) -> Section {
    let mut table = Table::new(
        "To be filled in by the entity; not evidence of avouch. A deviation is answered in one chapter",
        [
            Column::text("To", 1.4).row_head(),
            Column::text("Cause, what was done, by when", 4.6),
            Column::text("Name, date, signature", 2.6),
        ],
    );
    let own = |d: &&crate::deviations::Deviation| g.answered_in(d) == Some(criterion.id.as_str());
    for d in g.results.deviations.iter().filter(own).take(RESPONSES) {
        table.push(row![g.deviation_link(d, d.id.as_str()), LINES, LINE]);
    }
    table.push(row!["the criterion as a whole", LINES, LINE]);
    out.with(Block::Table(table))
}
