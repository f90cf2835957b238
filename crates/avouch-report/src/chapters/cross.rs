//! Across criteria: the trend against the period before, and other catalogues.

use std::collections::BTreeMap;

use avouch_controls::{Control, Criterion, Crosswalk, Framework};
use avouch_document::{Block, Cell, Column, NoteKind, Row, Section, Table};

use crate::chapters::ground::{Ground, Shares, Watch, control_id, links, serves};
use crate::chapters::row;
use crate::chapters::summary::outcome_counts;
use crate::chapters::words as w;
use crate::controls::ControlResult;

/// This period against the one before.
pub(super) fn trend(g: &Ground<'_>) -> Section {
    let mut out = Section::new("trend", "Trend");
    let Some(before) = g.results.before else {
        let text = "Nothing is known of the period before, of the same length. A trend cannot be told.";
        out.push(Block::note(NoteKind::Missing, "No period before", text));
        return out;
    };
    let now = Watch::of([&g.coverage]);
    let ppm = before
        .watched_ppm
        .map_or("nothing was to be watched".to_owned(), |ppm| w::percent_down(u128::from(ppm), 1_000_000));
    let watched = if now.expected == 0 {
        "nothing was to be watched".to_owned()
    } else {
        w::percent_down(now.observed, now.expected)
    };
    let mut table = Table::new(
        "This period against the one of the same length just before it",
        [Column::text("Measure", 3.0).row_head(), Column::number("Before", 1.4), Column::number("This period", 1.4)],
    );
    table.push(row!["Time watched, of the time to be watched", ppm, watched]);
    let (a, b) = (&before.counts, &g.counts);
    for (name, then, this) in [
        ("Findings", a.all, b.all),
        ("of them hidden by acceptances", a.suppressed, b.suppressed),
        ("true", a.true_, b.true_),
        ("benign", a.benign, b.benign),
        ("test", a.test, b.test),
        ("undecided", a.undecided, b.undecided),
        ("Findings that nobody looked at", a.unseen, b.unseen),
    ] {
        table.push(row![name, w::count(then), w::count(this)]);
    }
    for (name, percent) in [("Time to the first look, median", 50), ("Time to the first look, 95th percentile", 95)] {
        let of = |c: &crate::stats::Counts| w::optional_duration(c.first_look.percentile(percent));
        table.push(row![name, of(a), of(b)]);
    }
    out.push(Block::Table(table));
    out.push(Block::paragraph(
        "Fewer findings are an improvement only if as much was watched, by the same rules. Changes of rules stand in the chapter on tuning.",
    ));
    out
}

/// Results through other catalogues.
pub(super) fn crosswalk(g: &Ground<'_>) -> Section {
    let walk = Crosswalk::built_in();
    let mut out = Section::new("crosswalk", "Crosswalk to other catalogues");
    out.push(Block::paragraph(format!(
        "The relation of a criterion to a part of another catalogue is \"{}\": some of what the one asks for is asked for by the other. Meeting one \
         never proves the other. A control stands with a part where it names that part itself, then with the relation that its list \
         gives, or where it serves a criterion that is related to it. Results are those of the controls in this report and no opinion \
         on the other catalogue.",
        relation(walk)
    )));
    for framework in Framework::ALL {
        out.sections.push(catalogue(g, walk, framework));
    }
    out
}

fn relation(walk: &Crosswalk) -> &'static str {
    walk.relation.map_or("intersect", avouch_controls::Relation::name)
}

/// Ids of a catalogue that a control names itself; only two catalogues can be named.
fn ids(control: &Control, framework: Framework) -> &[String] {
    match framework {
        Framework::Nist80053 => &control.nist_800_53,
        Framework::PciDss => &control.pci_dss,
        Framework::Iso27001 | Framework::CisControls | Framework::NistCsf => &[],
    }
}

fn named(control: &ControlResult<'_>, framework: Framework, id: &str) -> bool {
    control.parts.iter().any(|p| ids(p.stretch.control, framework).iter().any(|own| own == id))
}

/// Parts of a catalogue that are related to some criterion, and those that a control names, each with its criteria.
fn parts<'a>(g: &Ground<'a>, walk: &'a Crosswalk, framework: Framework) -> Vec<(&'a str, Vec<&'static Criterion>)> {
    let mut view: Vec<(&str, Vec<&'static Criterion>)> = walk.view(framework);
    for part in g.results.controls.iter().flat_map(|c| &c.parts) {
        for id in ids(part.stretch.control, framework) {
            if !view.iter().any(|(known, _)| known == id) {
                view.push((id, Vec::new()));
            }
        }
    }
    view
}

fn catalogue(g: &Ground<'_>, walk: &Crosswalk, framework: Framework) -> Section {
    let can_name = matches!(framework, Framework::Nist80053 | Framework::PciDss);
    let mut columns = vec![Column::text("Id", 0.9).row_head(), Column::text("Related criteria", 1.2)];
    if can_name {
        columns.push(Column::text("Controls that name it (relation)", 2.2));
    }
    columns.extend([
        Column::text(format!("Controls by relation ({})", relation(walk)), 3.4),
        Column::text("Results: controls by outcome", 2.4),
        Column::text("Time of these controls", 2.7),
        Column::number("Deviations open / closed", 1.1),
    ]);
    let mut table = Table::new(format!("{} through the controls of this report", framework.title()), columns)
        .or_empty("No control of the list is related to any part of it.");
    let mut without = 0;
    for (id, criteria) in parts(g, walk, framework) {
        let own: Vec<&ControlResult<'_>> = g.results.controls.iter().filter(|c| named(c, framework, id)).collect();
        let related = |c: &&ControlResult<'_>| {
            !own.iter().any(|o| o.id == c.id) && serves(c).iter().any(|s| criteria.contains(s))
        };
        let by: Vec<&ControlResult<'_>> = g.results.controls.iter().filter(related).collect();
        let all: Vec<&ControlResult<'_>> = own.iter().chain(&by).copied().collect();
        if all.is_empty() {
            without += 1;
            continue;
        }
        let mut cells: Vec<Cell> = vec![id.into(), w::join(criteria.iter().map(|c| c.id.as_str())).into()];
        if can_name {
            let words = own.iter().map(|c| {
                let relation = c.control().map_or("", |c| c.relation.name());
                (control_id(c.id), format!("{} ({relation})", c.id))
            });
            cells.push(links(words).into());
        }
        let shares = Shares::of(all.iter().copied());
        let outcomes: Vec<_> = all.iter().map(|c| g.outcome(c)).collect();
        let deviations: BTreeMap<&str, bool> =
            all.iter().flat_map(|c| g.deviations_of(c)).map(|d| (d.id.as_str(), d.closed)).collect();
        let closed = deviations.values().filter(|closed| **closed).count();
        cells.extend([
            Cell::from(links(by.iter().map(|c| (control_id(c.id), c.id.to_owned())))),
            outcome_counts(&outcomes).into(),
            if shares.all() == 0 { "not covered by watching".to_owned() } else { shares.words() }.into(),
            if shares.pass + shares.fail == 0 && deviations.is_empty() {
                "no evidence".to_owned()
            } else {
                format!("{} / {closed}", deviations.len() - closed)
            }
            .into(),
        ]);
        table.push(Row { cells, ..Row::default() });
    }
    let mut out =
        Section::new(format!("crosswalk-{}", framework.name()).as_str(), framework.title()).with(Block::Table(table));
    if without > 0 {
        out.push(Block::paragraph(format!(
            "{} of it related to some criterion and to no control of the list: not covered.",
            w::counted(without, "further part is", "further parts are")
        )));
    }
    out
}
