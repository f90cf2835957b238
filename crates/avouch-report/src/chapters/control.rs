//! One control: what it said, its time line, what was found, what is not covered.

use std::collections::BTreeSet;

use avouch_controls::Catalogue;
use avouch_coverage::GapLine;
use avouch_document::{Block, Column, Fact, NoteKind, Row, RowClass, Section, Table, Text};

use crate::chapters::ground::{Ground, Shares, Watch, control_id, population_id, serves};
use crate::chapters::row;
use crate::chapters::words as w;
use crate::chapters::{figures, sources};
use crate::controls::{ControlPart, ControlResult, Outcome};
use crate::stats::Counts;

/// Gaps of a control that are shown; all of them stand in appendix F and in the population.
const GAPS: usize = 10;

pub(super) fn section(g: &Ground<'_>, result: &ControlResult<'_>) -> Section {
    let title = result.control().map(|c| c.title.as_str()).unwrap_or_default();
    let mut out = Section::new(control_id(result.id), format!("{} {title}", result.id));
    out.push(Block::Facts(outcome(g, result)));
    if result.parts.len() > 1 {
        out.push(Block::note(
            NoteKind::Attention,
            "The statement changed in the period",
            format!("It is split into {} parts; each is judged by what was in force then.", result.parts.len()),
        ));
    }
    for part in &result.parts {
        out.push(Block::Facts(statement(g, result, part)));
    }
    if let Some(strip) = figures::strip(g, &[result]) {
        out.push(strip);
    }
    gaps(result, &mut out);
    dealt_with(g, result, &mut out);
    not_covered(result, &mut out);
    out
}

fn outcome(g: &Ground<'_>, result: &ControlResult<'_>) -> Vec<Fact> {
    let outcome = g.outcome(result);
    let mut facts = vec![Fact::new("Outcome", Text::of_strong(outcome.words()))];
    if outcome == Outcome::NotCovered {
        facts.push(Fact::new(
            "Watching",
            "not covered: the control names no rule and no source, so that avouch makes no evidence for it",
        ));
    } else {
        let watch = Watch::of(result.parts.iter().map(|p| &p.coverage));
        facts.push(Fact::new("Watching", watch.words()));
        let shares = Shares::of([result]);
        let time = match shares.all() {
            0 => "none: no rule of it ran, and no source of it was to be watched".to_owned(),
            all => format!("{}, of {} node-hours", shares.words(), w::hours(all)),
        };
        facts.push(Fact::new("Time", time));
        let longest = result.parts.iter().filter_map(|p| p.line.longest_failure).max_by_key(|s| s.ns());
        let longest =
            longest.map_or("none".to_owned(), |s| format!("{} ({})", w::duration(u128::from(s.ns())), w::span(s)));
        facts.push(Fact::new("Longest failure", longest));
    }
    let deviations = g.deviations_of(result);
    let mut register = Text::new();
    for (n, d) in deviations.iter().enumerate() {
        if n > 0 {
            register = register.plain(", ");
        }
        let state = if d.closed { "closed" } else { "open" };
        register.0.extend(g.deviation_link(d, format!("{} {state}", d.id)).0);
    }
    if deviations.is_empty() {
        let near: BTreeSet<&str> =
            serves(result).into_iter().flat_map(|c| g.deviations_in(c)).map(|d| d.id.as_str()).collect();
        register = match near.len() {
            0 => Text::from("none in the register"),
            n => Text::from(format!("none in the register names it; its criteria have {n}, told in their chapters")),
        };
    }
    // A draft is a matter of the whole list, told once in the register, and here so that nobody reads past it.
    for d in g.drafts_of(result) {
        register = register.plain("; the list is not approved: ");
        register.0.extend(g.deviation_link(d, d.id.as_str()).0);
    }
    facts.push(Fact::new("Deviations", register));
    facts
}

fn statement(g: &Ground<'_>, result: &ControlResult<'_>, part: &ControlPart<'_>) -> Vec<Fact> {
    let control = part.stretch.control;
    let mut facts = Vec::new();
    if result.parts.len() > 1 || part.span != g.results.facts.period {
        facts.push(Fact::new("Part", Text::of_strong(w::span(part.span))));
    }
    facts.push(Fact::new("Statement", control.statement.trim()));
    facts.push(Fact::new("Approved", approvals(g, part)));
    facts.push(Fact::new("Owner", control.owner.as_str()));
    facts.push(Fact::new(
        "Kind",
        format!("{}, {}, {}", control.kind.name(), control.nature.name(), control.frequency.name()),
    ));
    let ids = control.criteria.iter().map(|c| c.id.clone()).chain(control.points.iter().map(|p| p.id.clone()));
    let nist = control.nist_800_53.iter().map(|id| format!("NIST {id}"));
    let pci = control.pci_dss.iter().map(|id| format!("PCI DSS {id}"));
    facts.push(Fact::new(
        "Serves",
        format!("{} (relation: {})", w::join(ids.chain(nist).chain(pci)), control.relation.name()),
    ));
    facts.push(Fact::new("Targets", targets(control)));
    facts.push(Fact::new("Stands on", stands_on(part)));
    if part.rules.is_empty() && part.coverage.subjects.is_empty() {
        return facts;
    }
    if !part.rules.is_empty() {
        facts.push(Fact::new("Findings", findings(&part.counts)));
    }
    if !part.missing_sources.is_empty() {
        facts.push(Fact::new(
            "Sources not heard of",
            format!(
                "{}: nothing was told of them; they are unknown for the whole part",
                w::join(&part.missing_sources)
            ),
        ));
    }
    facts
}

fn findings(c: &Counts) -> String {
    if c.all == 0 {
        return "none recorded; that is evidence only for the time that was watched".to_owned();
    }
    let look = match (c.first_look.percentile(50), c.first_look.percentile(95)) {
        (Some(half), Some(most)) => {
            let of = |ns: u64| w::duration(u128::from(ns));
            format!("first look median {}, 95th percentile {}", of(half), of(most))
        }
        _ if c.suppressed == c.all => "none to look at".to_owned(),
        _ => "nobody looked".to_owned(),
    };
    format!(
        "{}: {} true, {} benign, {} test, {} undecided, {} hidden by acceptances; {look}",
        w::count(c.all),
        w::count(c.true_),
        w::count(c.benign),
        w::count(c.test),
        w::count(c.undecided),
        w::count(c.suppressed),
    )
}

fn approvals(g: &Ground<'_>, part: &ControlPart<'_>) -> String {
    let of = |version: &u32| {
        let approved = g.list_of(part, *version).and_then(|l| l.approved.as_ref());
        match approved {
            Some(a) => format!("version {version} by {} on {}", w::join(&a.by), a.on),
            None => format!("not approved: version {version} is a draft"),
        }
    };
    part.stretch.versions.iter().map(of).collect::<Vec<_>>().join("; ")
}

fn targets(control: &avouch_controls::Control) -> String {
    let of = |what: &str, list: &[(avouch_controls::Level, u64)]| {
        let words = list.iter().map(|(level, ns)| format!("{} {}", level.name(), w::duration(u128::from(*ns))));
        (!list.is_empty()).then(|| format!("{what}: {}", w::join(words)))
    };
    let all: Vec<String> = [of("first look", &control.targets.acknowledge), of("decision", &control.targets.resolve)]
        .into_iter()
        .flatten()
        .collect();
    if all.is_empty() { "none set: undecided findings do not show in its time line".to_owned() } else { all.join("; ") }
}

fn stands_on(part: &ControlPart<'_>) -> String {
    let evidence = &part.stretch.control.evidence;
    let sources: BTreeSet<&str> =
        part.rules.iter().map(|r| r.source.as_str()).chain(evidence.sources.iter().map(|s| s.text.as_str())).collect();
    if part.rules.is_empty() && sources.is_empty() {
        return "nothing that avouch watches".to_owned();
    }
    let rules = match part.rules.len() {
        0 => "no rule".to_owned(),
        n => w::counted(w::len(n), "rule that ran", "rules that ran"),
    };
    format!("{rules}; sources: {}", w::join(sources))
}

fn gaps(result: &ControlResult<'_>, out: &mut Section) {
    let mut all: Vec<&GapLine> = result.parts.iter().flat_map(|p| &p.coverage.gaps).collect();
    if all.is_empty() {
        return;
    }
    all.sort_by(|a, b| {
        b.span.ns().cmp(&a.span.ns()).then_with(|| (a.span, &a.node, &a.source).cmp(&(b.span, &b.node, &b.source)))
    });
    let caption =
        format!("Gaps of {}, the longest first; its time is unknown there unless a failure was seen", result.id);
    let mut table = sources::gap_table(&caption, "No gap.");
    for gap in all.iter().take(GAPS) {
        table.push(sources::gap_row(gap));
    }
    if all.len() > GAPS {
        let more = w::count(w::len(all.len() - GAPS));
        let words =
            format!("{more} more: those of sources stand in appendix F, rules not running among the deviations");
        table.push(Row::total([words]));
    }
    out.push(Block::Table(table));
}

/// 100 % of the findings of the control against what it asks for, and those that were late, by rule.
fn dealt_with(g: &Ground<'_>, result: &ControlResult<'_>, out: &mut Section) {
    let counts = result.parts.iter().map(|p| &p.counts);
    let (mut open, mut looked, mut decided) = (0, 0, 0);
    for c in counts {
        let not_hidden = c.all - c.suppressed;
        open += not_hidden;
        looked += not_hidden - c.unseen;
        decided += not_hidden - c.undecided;
    }
    if open == 0 {
        return;
    }
    let mut table = Table::new(
        format!("All findings of {} tested, not a sample", result.id),
        [
            Column::text("Test", 4.0).row_head(),
            Column::number("Held", 1.0),
            Column::number("Of", 1.0),
            Column::number("Share", 1.0),
        ],
    );
    let mut add = |test: &str, held: u64, of: u64| {
        let class = if held < of { RowClass::Fail } else { RowClass::Plain };
        let share = w::percent_down(u128::from(held), u128::from(of));
        table.push(Row { class, ..row![test, w::count(held), w::count(of), share] });
    };
    add("somebody looked at it", looked, open);
    add("somebody decided what it was", decided, open);
    let late: Vec<_> = result.parts.iter().flat_map(|p| &p.late).collect();
    let of: u64 = late.iter().map(|(_, l)| l.of).sum();
    if of > 0 {
        add("target for the first look not exceeded", of - late.iter().map(|(_, l)| l.look).sum::<u64>(), of);
        add("target for the decision not exceeded", of - late.iter().map(|(_, l)| l.decision).sum::<u64>(), of);
    }
    for (key, l) in late.iter().filter(|(_, l)| l.look + l.decision > 0) {
        let mut cells = g.rule_link(key);
        cells = cells.plain(format!(
            ": {} looked at late or not, {} decided late or not, {} of them still open",
            w::count(l.look),
            w::count(l.decision),
            w::count(l.open)
        ));
        table.push(Row { class: RowClass::Muted, ..row![cells, "", w::count(l.of), ""] });
    }
    out.push(Block::Table(table));
    late_ones(g, result, out);
}

/// Late findings one by one, the first of each rule.
fn late_ones(g: &Ground<'_>, result: &ControlResult<'_>, out: &mut Section) {
    let mut table = Table::new(
        format!("Findings of {} that were not dealt with in time, the first of each rule", result.id),
        [
            Column::number("Record", 0.8).row_head(),
            Column::text("Rule", 2.6),
            Column::text("Happened", 2.0),
            Column::text("Look", 2.4),
            Column::text("Decision", 2.2),
        ],
    );
    let wait = |w: Option<crate::controls::Wait>| {
        let Some(w) = w else { return "in time, or no limit".to_owned() };
        let state = if w.open { "none after" } else { "after" };
        format!("{state} {}, limit {}", w::duration(u128::from(w.waited)), w::duration(u128::from(w.limit)))
    };
    let (mut shown, mut all) = (0, 0);
    for (key, late) in result.parts.iter().flat_map(|p| &p.late) {
        all += late.late();
        for f in &late.named {
            shown += 1;
            table.push(row![f.seq.to_string(), g.rule_link(key), w::time(f.time), wait(f.look), wait(f.decision)]);
        }
    }
    if all > shown {
        table.push(Row::total([format!("and {} more; each finding stands in the population", w::count(all - shown))]));
    }
    if shown > 0 {
        out.push(Block::Table(table));
    }
}

/// What the control needs and avouch does not show: as the list says, and as the catalogue of checks and populations says.
fn not_covered(result: &ControlResult<'_>, out: &mut Section) {
    let Some(control) = result.control() else { return };
    let mut table = Table::new(
        format!("Not covered for {}: what else shows it", result.id),
        [
            Column::text("What", 1.6).row_head(),
            Column::text("What it looks at", 2.4),
            Column::text("Why not covered", 3.4),
        ],
    );
    let catalogue = Catalogue::built_in();
    let title = |id: &str| {
        let mut all = catalogue.checks.iter().chain(&catalogue.populations);
        all.find(|e| e.id.eq_ignore_ascii_case(id))
    };
    let mut said: BTreeSet<String> = BTreeSet::new();
    for n in &control.not_covered {
        said.insert(n.what.text.to_lowercase());
        let what = title(&n.what.text).map_or("-", |e| e.title.as_str());
        table.push(Row::of(RowClass::Unknown, [n.what.text.as_str(), what, n.why.as_str()]));
    }
    for check in control.evidence.checks.iter().filter(|c| !said.contains(&c.text.to_lowercase())) {
        let (what, why) =
            title(&check.text).map_or(("-", "unknown to this version"), |e| (e.title.as_str(), e.why.as_str()));
        table.push(Row::of(RowClass::Unknown, [check.text.as_str(), what, why]));
    }
    if !table.rows.is_empty() {
        out.push(Block::Table(table));
    }
}

/// A line of the table of controls of a criterion whose section stands elsewhere or here.
pub(super) fn line(g: &Ground<'_>, result: &ControlResult<'_>) -> Row {
    let outcome = g.outcome(result);
    let shares = Shares::of([result]);
    let class = match outcome {
        Outcome::NoDeviation => RowClass::Plain,
        Outcome::Deviations => RowClass::Fail,
        Outcome::PartlyUnknown | Outcome::NoEvidence | Outcome::NotCovered => RowClass::Unknown,
    };
    let statement = result.control().map(|c| c.statement.trim()).unwrap_or_default();
    let time = if shares.all() == 0 { "-".to_owned() } else { shares.words() };
    let first = serves(result).first().map(|c| c.id.clone()).unwrap_or_default();
    let cells =
        row![Text::new().link(control_id(result.id), result.id), statement, w::or_dash(&first), outcome.words(), time,];
    Row { class, ..cells }
}

/// Populations that controls name, linked where they were written.
pub(super) fn population_link(g: &Ground<'_>, id: &str) -> Text {
    match g.population(id) {
        Some(p) => Text::new().link(population_id(p.spec.id), id),
        None => Text::from(format!("{id} (not covered)")),
    }
}
