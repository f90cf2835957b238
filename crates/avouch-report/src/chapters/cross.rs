//! Across criteria: the trend against the period before, and other catalogues.

use avouch_controls::{Crosswalk, Framework};
use avouch_document::{Block, Column, NoteKind, Section, Table, Text};

use crate::chapters::ground::{Ground, Watch, control_id, links, serves};
use crate::chapters::row;
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

/// Results through NIST SP 800-53 and PCI DSS.
pub(super) fn crosswalk(g: &Ground<'_>) -> Section {
    let walk = Crosswalk::built_in();
    let relation = walk.relation.map_or("intersect", avouch_controls::Relation::name);
    let mut out = Section::new("crosswalk", "Crosswalk to other catalogues");
    out.push(Block::paragraph(format!(
        "The relation of a criterion to a part of another catalogue is \"{relation}\": some of the one is some of the other. Meeting one never \
         proves the other. A control is named where it names the id itself, or where it serves a criterion that is related to it."
    )));
    for framework in [Framework::Nist80053, Framework::PciDss] {
        out.sections.push(catalogue(g, walk, framework));
    }
    let others = [Framework::Iso27001, Framework::CisControls, Framework::NistCsf].map(Framework::title);
    out.push(Block::paragraph(format!("Not covered in this report, though relations are known: {}.", w::join(others))));
    out
}

fn named(control: &ControlResult<'_>, framework: Framework, id: &str) -> bool {
    control.parts.iter().any(|p| {
        let ids = match framework {
            Framework::Nist80053 => &p.stretch.control.nist_800_53,
            Framework::PciDss => &p.stretch.control.pci_dss,
            Framework::Iso27001 | Framework::CisControls | Framework::NistCsf => return false,
        };
        ids.iter().any(|own| own == id)
    })
}

fn catalogue(g: &Ground<'_>, walk: &Crosswalk, framework: Framework) -> Section {
    let mut table = Table::new(
        format!("{} through the controls of this report", framework.title()),
        [
            Column::text("Id", 1.0).row_head(),
            Column::text("Related criteria", 2.2),
            Column::text("Controls that name it", 2.4),
            Column::text("Controls by relation", 3.4),
            Column::text("Outcomes", 2.4),
        ],
    )
    .or_empty("No control of the list is related to any part of it.");
    let mut without = 0;
    let mut view: Vec<(String, Vec<&avouch_controls::Criterion>)> =
        walk.view(framework).into_iter().map(|(id, criteria)| (id.to_owned(), criteria)).collect();
    let known: Vec<String> = view.iter().map(|(id, _)| id.clone()).collect();
    for part in g.results.controls.iter().flat_map(|c| &c.parts) {
        let ids = match framework {
            Framework::Nist80053 => &part.stretch.control.nist_800_53,
            _ => &part.stretch.control.pci_dss,
        };
        for id in ids {
            if !known.contains(id) && !view.iter().any(|(k, _)| k == id) {
                view.push((id.clone(), Vec::new()));
            }
        }
    }
    for (id, criteria) in view {
        let own: Vec<&ControlResult<'_>> = g.results.controls.iter().filter(|c| named(c, framework, &id)).collect();
        let related = |c: &&ControlResult<'_>| {
            !own.iter().any(|o| o.id == c.id) && serves(c).iter().any(|s| criteria.contains(s))
        };
        let by: Vec<&ControlResult<'_>> = g.results.controls.iter().filter(related).collect();
        if own.is_empty() && by.is_empty() {
            without += 1;
            continue;
        }
        let text =
            |of: &[&ControlResult<'_>]| -> Text { links(of.iter().map(|c| (control_id(c.id), c.id.to_owned()))) };
        let mut outcomes: Vec<&str> = own.iter().chain(&by).map(|c| g.outcome(c).words()).collect();
        outcomes.sort_unstable();
        outcomes.dedup();
        table
            .push(row![id, w::join(criteria.iter().map(|c| c.id.as_str())), text(&own), text(&by), w::join(outcomes),]);
    }
    let mut out =
        Section::new(format!("crosswalk-{}", framework.name()).as_str(), framework.title()).with(Block::Table(table));
    out.push(Block::paragraph(format!(
        "{} of it are related to some criterion and to no control of the list: not covered.",
        w::counted(without, "further part", "further parts")
    )));
    out
}
