//! Chapter 1: one page.

use avouch_document::{Block, Cell, Column, NoteKind, Row, RowClass, Section, Table, Text};

use crate::acceptances::AcceptanceResult;
use crate::chapters::ground::{Ground, Shares, Watch, criterion_id, links};
use crate::chapters::matters::matters;
use crate::chapters::words as w;
use crate::chapters::{figures, row};
use crate::controls::Outcome;
use crate::population::Verdict;

pub(super) fn chapter(g: &Ground<'_>) -> Section {
    let mut out = Section::new("summary", "Summary");
    if g.is_empty() {
        let text = "Nothing was observed in the period and nothing was found. No control is shown to have worked or to have failed.";
        out.push(Block::note(NoteKind::Attention, "No evidence", text));
    }
    out.push(Block::facts(lines(g)));
    attention(g, &mut out);
    out.push(Block::Table(by_criterion(g)));
    out
}

fn lines(g: &Ground<'_>) -> Vec<(&'static str, Text)> {
    let counts = &g.counts;
    let findings = if g.is_empty() {
        "no evidence".to_owned()
    } else {
        format!(
            "{}: {} hidden by acceptances, {} true, {} benign, {} test, {} undecided",
            w::counted(counts.all, "finding", "findings"),
            w::count(counts.suppressed),
            w::count(counts.true_),
            w::count(counts.benign),
            w::count(counts.test),
            w::count(counts.undecided),
        )
    };
    let (open, closed) = open_closed(g.results.deviations.iter());
    let in_force: Vec<u64> = g.in_force().map(|a| a.hits).collect();
    let tests: Vec<Verdict> = g.results.populations.iter().flat_map(|p| &p.tests).map(|t| t.verdict).collect();
    let of = |v: Verdict| w::count(w::len(tests.iter().filter(|t| **t == v).count()));
    let tests = if g.is_empty() {
        "no evidence: populations of findings and gaps are empty, and tests over nothing say nothing".to_owned()
    } else {
        format!(
            "{} over {}: {} held, {} failed, {} could not be run",
            w::counted(w::len(tests.len()), "test", "tests"),
            w::counted(w::len(g.results.populations.len()), "population", "populations"),
            of(Verdict::Pass),
            of(Verdict::Fail),
            of(Verdict::NotRun),
        )
    };
    let deviations = if g.is_empty() && open + closed == 0 {
        "no evidence: nothing was observed that could show one".to_owned()
    } else {
        format!("{open} open, {closed} closed")
    };
    vec![
        ("Watching", Text::from(Watch::of([&g.coverage]).words())),
        ("Findings", Text::from(findings)),
        ("Deviations", Text::new().link("deviations".into(), deviations)),
        (
            "Acceptances",
            Text::new().link(
                "tuning".into(),
                format!(
                    "{} in force at some time, {} hidden by them",
                    w::count(w::len(in_force.len())),
                    w::counted(in_force.iter().sum(), "finding", "findings")
                ),
            ),
        ),
        ("Completeness", Text::new().link("sources".into(), tests)),
        ("Controls", Text::from(outcomes(g))),
    ]
}

/// Open and closed deviations.
pub(super) fn open_closed<'d>(all: impl IntoIterator<Item = &'d crate::deviations::Deviation>) -> (u64, u64) {
    let (mut open, mut closed) = (0, 0);
    for deviation in all {
        if deviation.closed { closed += 1 } else { open += 1 }
    }
    (open, closed)
}

const OUTCOMES: [Outcome; 5] =
    [Outcome::NoDeviation, Outcome::Deviations, Outcome::PartlyUnknown, Outcome::NoEvidence, Outcome::NotCovered];

fn outcomes(g: &Ground<'_>) -> String {
    if g.results.controls.is_empty() {
        return "no control list was in use in the period".to_owned();
    }
    let all: Vec<Outcome> = g.results.controls.iter().map(|c| g.outcome(c)).collect();
    format!("{}: {}", w::counted(w::len(all.len()), "control", "controls"), outcome_counts(&all))
}

pub(super) fn outcome_counts(all: &[Outcome]) -> String {
    let of = OUTCOMES.into_iter().filter_map(|outcome| {
        let n = all.iter().filter(|o| **o == outcome).count();
        (n > 0).then(|| format!("{} {n}", outcome.words()))
    });
    w::join(of)
}

fn by_criterion(g: &Ground<'_>) -> Table {
    let mut table = Table::new(
        Text::new()
            .plain("Criteria with the time of their controls. Crossed is fail, hatched is unknown; shares are of time and no score: ")
            .link("time-lines".into(), "how time is judged"),
        [
            Column::text("Criterion", 4.2).row_head(),
            Column::text("Controls by outcome", 13.0),
            Column::text("Time", 17.0),
            Column::number("Deviations open / closed", 5.5),
            Column::number("Acceptances in force", 5.5),
            Column::text("Observed, of node-hours", 7.6),
        ],
    );
    let (with, without): (Vec<_>, Vec<_>) = g.chapters().into_iter().partition(|c| !g.controls_of(c).is_empty());
    for criterion in with {
        let controls = g.controls_of(criterion);
        let (open, closed) = open_closed(g.deviations_in(criterion));
        let shares = Shares::of(controls.iter().copied());
        let outcomes: Vec<Outcome> = controls.iter().map(|c| g.outcome(c)).collect();
        let watch = Watch::of(controls.iter().flat_map(|c| &c.parts).map(|p| &p.coverage));
        let own = |a: &&AcceptanceResult<'_>| g.is_of(a, criterion);
        let time: Cell =
            if shares.all() == 0 { "no time: not covered by watching".into() } else { figures::bar(shares).into() };
        let cells: Vec<Cell> = vec![
            Text::new().link(criterion_id(&criterion.id), criterion.id.as_str()).into(),
            outcome_counts(&outcomes).into(),
            time,
            both(open, closed, watch.observed > 0).into(),
            g.in_force().filter(own).count().to_string().into(),
            watch.short().into(),
        ];
        let class = if open > 0 || outcomes.contains(&Outcome::Deviations) {
            RowClass::Fail
        } else if outcomes.iter().all(|o| *o == Outcome::NoDeviation) {
            RowClass::Plain
        } else {
            RowClass::Unknown
        };
        table.push(Row { id: None, class, cells });
    }
    if !without.is_empty() {
        let ids = links(without.iter().map(|c| (criterion_id(&c.id), c.id.clone())));
        let (open, closed) = open_closed(without.iter().flat_map(|c| g.deviations_in(c)));
        let others = format!("{} without", without.len());
        let row = row![others, "no control", ids, both(open, closed, false), "-", "not covered"];
        table.push(Row { class: RowClass::Unknown, ..row });
    }
    table
}

/// Open and closed deviations; none at all is told only where something was watched that could have shown one.
fn both(open: u64, closed: u64, watched: bool) -> String {
    if open + closed > 0 || watched { format!("{open} / {closed}") } else { "-".to_owned() }
}

/// Matters kept on the first page.
const MATTERS: usize = 5;

fn attention(g: &Ground<'_>, out: &mut Section) {
    let all = matters(g);
    if all.is_empty() {
        out.push(Block::paragraph("Matters for attention: none was found by the tests of this report."));
        return;
    }
    let head = match all.len() {
        n if n > MATTERS => {
            format!("Matters for attention, the gravest first: {MATTERS} of {n}, the others stand in the chapters")
        }
        _ => "Matters for attention, the gravest first".to_owned(),
    };
    out.push(Block::Paragraph(Text::of_strong(head)));
    out.push(Block::steps(all.into_iter().take(MATTERS)));
}
