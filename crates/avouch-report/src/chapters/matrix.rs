//! Chapter 5: from criterion to control to what shows it.

use avouch_controls::{Scope, all_criteria, all_points};
use avouch_coverage::RuleKey;
use avouch_document::{Block, Column, NoteKind, Row, RowClass, Section, Table, Text};

use crate::chapters::ground::{Ground, control_id, criterion_id, links, population_id};
use crate::chapters::row;
use crate::chapters::words as w;
use crate::controls::{ControlResult, Outcome};

pub(super) fn chapter(g: &Ground<'_>) -> Section {
    let mut out = Section::new("matrix", "Control matrix");
    if g.results.controls.is_empty() {
        let text = "No control list was in use in the period. Without the entity's own controls nothing can be tested against a criterion.";
        out.push(Block::note(NoteKind::Missing, "No controls", text));
    }
    out.push(Block::Table(table(g)));
    out.with_section(lists(g)).with_section(points(g)).with_section(outside(g))
}

fn table(g: &Ground<'_>) -> Table {
    let mut table = Table::new(
        "Criteria, controls and what is evidence for them. A control stands under each criterion it serves",
        [
            Column::text("Control", 1.7).row_head(),
            Column::text("Points of focus", 1.6),
            Column::text("Owner", 1.4),
            Column::text("Kind, frequency", 1.8),
            Column::text("Rules and checks", 1.6),
            Column::text("Populations", 1.8),
            Column::text("Outcome", 1.4),
        ],
    )
    .or_empty("No control list was in use.");
    for criterion in g.chapters() {
        let controls = g.controls_of(criterion);
        let mut head =
            Text::new().link(criterion_id(&criterion.id), criterion.id.as_str()).plain(format!(" {}", criterion.title));
        if controls.is_empty() {
            head = head.plain(" (no control: not covered)");
        }
        table.push(Row::group(head));
        for control in controls {
            table.push(row(g, control, &criterion.id));
        }
    }
    let rest = g.at_home_in(None);
    if !rest.is_empty() {
        table.push(Row::group("Controls that serve no criterion of SOC 2"));
        rest.into_iter().for_each(|control| table.push(row(g, control, "")));
    }
    table
}

fn row(g: &Ground<'_>, result: &ControlResult<'_>, criterion: &str) -> Row {
    let outcome = g.outcome(result);
    let link = Text::new().link(control_id(result.id), result.id);
    let Some(control) = result.control() else { return row![link, "", "", "", "", "", outcome.words()] };
    let points = control.points.iter().filter(|p| p.criterion.id == criterion).map(|p| short_point(&p.id));
    let evidence = &control.evidence;
    let rules: std::collections::BTreeSet<&RuleKey> = result.parts.iter().flat_map(|p| &p.rules).collect();
    let checks = match evidence.checks.len() {
        0 => String::new(),
        n => format!(", {} (not covered)", w::counted(w::len(n), "check", "checks")),
    };
    let populations = evidence.populations.iter().map(|p| (&p.text, g.population(&p.text)));
    let mut names = Text::new();
    for (n, (id, written)) in populations.enumerate() {
        if n > 0 {
            names = names.plain(", ");
        }
        names = match written {
            Some(p) => names.link(population_id(p.spec.id), id.as_str()),
            None => names.plain(format!("{id} (not covered)")),
        };
    }
    let cells = row![
        link.plain(format!(" {}", control.title)),
        w::join(points),
        control.owner.as_str(),
        format!("{}, {}, {}", control.kind.name(), control.nature.name(), control.frequency.name()),
        format!("{}{checks}", w::counted(w::len(rules.len()), "rule", "rules")),
        if names.is_empty() { Text::from("-") } else { names },
        outcome.words(),
    ];
    let class = match outcome {
        Outcome::NoDeviation => RowClass::Plain,
        Outcome::Deviations => RowClass::Fail,
        Outcome::PartlyUnknown | Outcome::NoEvidence | Outcome::NotCovered => RowClass::Unknown,
    };
    Row { class, ..cells }
}

/// `pof03` of `CC6.1.pof03`: the criterion stands above.
fn short_point(id: &str) -> String {
    id.rsplit_once('.').map_or(id, |(_, point)| point).to_owned()
}

fn lists(g: &Ground<'_>) -> Section {
    let mut versions = Table::new(
        "Versions of the control list that were valid in the period",
        [
            Column::text("List", 2.0).row_head(),
            Column::number("Version", 0.8),
            Column::text("Valid in the period", 3.4),
            Column::text("Approved by", 2.2),
            Column::text("Approved on", 1.4),
            Column::number("Controls", 0.9),
        ],
    )
    .or_empty("No version of a control list was valid in the period.");
    let approvals = |v: &avouch_controls::VersionStretch<'_>| match &v.list.approved {
        Some(a) => (w::join(&a.by), a.on.to_string()),
        None => ("nobody: a draft".to_owned(), "-".to_owned()),
    };
    for v in &g.results.history.versions {
        let (by, on) = approvals(v);
        let row = row![
            v.list.id.as_str(),
            v.list.version.to_string(),
            format!("{} to {}", v.period.from, v.period.to),
            by,
            on,
            v.list.controls.len().to_string(),
        ];
        let class = if v.list.is_draft() { RowClass::Fail } else { RowClass::Plain };
        versions.push(Row { class, ..row });
    }
    for hole in &g.results.history.holes {
        let when = format!("{} to {}", hole.from, hole.to);
        versions.push(Row { class: RowClass::Unknown, ..row!["no valid version", "-", when, "-", "-", "0"] });
    }
    let mut files = Table::new(
        "Files of control lists, as they were read",
        [
            Column::text("File", 1.8).row_head(),
            Column::number("Version", 0.8),
            Column::text("SHA-256", 4.0),
            Column::text("Problems found in it", 3.0),
        ],
    )
    .or_empty("No control list was read.");
    for list in g.results.lists {
        let problems = if list.problems.is_empty() { "none".to_owned() } else { list.problems.join("; ") };
        files.push(row![list.file.as_str(), list.version.to_string(), Text::of_code(list.digest.as_str()), problems]);
    }
    Section::new("control-lists", "Control lists and their approval")
        .with(Block::Table(versions))
        .with(Block::Table(files))
        .with(Block::paragraph(
            "Where a control says something else from one version to the next, its statement is split: each part is judged by what was in force \
             then. A version that says the same does not split it.",
        ))
}

fn scope_words(scope: Scope) -> &'static str {
    match scope {
        Scope::Full => "full: watching containers, clusters and accounts can show it",
        Scope::Partial => "partial: it can show a part",
        Scope::Context => "context: it gives facts that help to judge",
        Scope::None => "none: outside of what such a tool sees",
    }
}

fn points(g: &Ground<'_>) -> Section {
    let mut sums = Table::new(
        "Points of focus of CC6 to CC8 by how far avouch can give evidence",
        [
            Column::text("Applicability", 4.0).row_head(),
            Column::number("Points", 1.0),
            Column::number("Named by a control", 1.4),
            Column::number("With a rule that ran", 1.4),
            Column::number("Neither", 1.0),
        ],
    );
    let named = |id: &str| {
        let of = |c: &&ControlResult<'_>| c.parts.iter().any(|p| p.stretch.control.points.iter().any(|q| q.id == id));
        g.results.controls.iter().filter(of).map(|c| c.id).collect::<Vec<_>>()
    };
    let ran =
        |id: &str| w::len(g.results.rules.iter().filter(|r| r.rule.points_of_focus.iter().any(|p| p == id)).count());
    for scope in [Scope::Full, Scope::Partial, Scope::Context, Scope::None] {
        let of: Vec<_> = all_points().iter().filter(|p| p.scope == scope).collect();
        let count = |test: &dyn Fn(&str) -> bool| w::len(of.iter().filter(|p| test(&p.id)).count()).to_string();
        sums.push(row![
            scope_words(scope),
            of.len().to_string(),
            count(&|id| !named(id).is_empty()),
            count(&|id| ran(id) > 0),
            count(&|id| named(id).is_empty() && ran(id) == 0),
        ]);
    }
    let mut table = Table::new(
        "Points of focus, in our own words, with the controls that name them and the rules that ran for them",
        [
            Column::text("Point", 1.4).row_head(),
            Column::text("It asks to", 4.2),
            Column::text("Applicability", 1.2),
            Column::text("Controls", 2.0),
            Column::number("Rules", 0.7),
        ],
    );
    let mut family = "";
    for point in all_points() {
        if family != point.criterion.id {
            family = &point.criterion.id;
            table.push(Row::group(format!("{family} {}", point.criterion.title)));
        }
        let controls = named(&point.id);
        let rules = ran(&point.id);
        let class = if controls.is_empty() && rules == 0 { RowClass::Unknown } else { RowClass::Plain };
        let names = if controls.is_empty() {
            Text::from("no control")
        } else {
            links(controls.into_iter().map(|id| (control_id(id), id.to_owned())))
        };
        let cells = row![point.id.as_str(), point.title.as_str(), point.scope.name(), names, rules.to_string()];
        table.push(Row { class, ..cells });
    }
    Section::new("points-of-focus", "Points of focus")
        .with(Block::paragraph(
            "A point of focus is an aid for judging a criterion; none has to be met one by one. A rule or a control beside a point means that \
             something bears on it, not that it is met.",
        ))
        .with(Block::Table(sums))
        .with(Block::Table(table))
}

fn outside(g: &Ground<'_>) -> Section {
    let chapters = g.chapters();
    let mut table = Table::new(
        "Criteria without a chapter in this report",
        [Column::text("Category", 1.5).row_head(), Column::text("Criteria", 5.0), Column::text("State", 1.2)],
    );
    let mut categories: Vec<&str> = Vec::new();
    for c in all_criteria() {
        if !categories.contains(&c.category.as_str()) {
            categories.push(&c.category);
        }
    }
    for category in categories {
        let of = all_criteria().iter().filter(|c| c.category == category && !chapters.contains(c));
        let ids: Vec<&str> = of.map(|c| c.id.as_str()).collect();
        if !ids.is_empty() {
            table.push(Row::of(RowClass::Unknown, [category.to_owned(), w::join(ids), "not covered".to_owned()]));
        }
    }
    Section::new("criteria-outside", "Criteria outside of this report").with(Block::Table(table)).with(Block::paragraph(
        "No control of the list serves them. Where they belong to the engagement, their evidence comes from elsewhere.",
    ))
}
