use avouch_diagnostics::{FileId, SourceMap};

use crate::catalogue::Catalogue;
use crate::diff::{Change, diff};
use crate::history::ControlHistory;
use crate::list::ControlList;
use crate::mapping::Mapping;
use crate::select::{RuleFacts, lint_selectors};
use crate::times::{Period, Time, days};
use crate::words::{Level, Nature};

fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn period(from: &str, to: &str) -> Period {
    Period { from: time(from), to: time(to) }
}

/// Problems of a text, one a line, with what is marked.
fn shown(text: &str, problems: &[avouch_diagnostics::Diagnostic]) -> String {
    let mut sources = SourceMap::default();
    let _file = sources.add("l.yaml", text);
    let mut out = String::new();
    for p in problems {
        let span = p.labels[0].span;
        let (line, column) = sources.line_column(span).unwrap();
        let at = &text[span.start as usize..span.end as usize];
        let help = if p.help.is_empty() { String::new() } else { format!(" ({})", p.help.join("; ")) };
        out += &format!("{line}:{column} {} {}: `{at}`{help}\n", p.code, p.title);
    }
    out
}

fn problems(text: &str) -> String {
    shown(text, &ControlList::parse(FileId(0), text).1)
}

/// A list with a control A, whose owner is given, and, in some versions, B.
fn version(number: u32, valid: &str, owner: &str, with_b: bool) -> ControlList {
    let control = |id: &str, owner: &str| {
        format!(
            "  - {{id: {id}, title: T, statement: S, owner: {owner}, frequency: daily, type: detective, nature: manual, satisfies: [CC6.1]}}\n"
        )
    };
    let b = if with_b { control("B", "bob") } else { String::new() };
    let text = format!(
        "list: {{id: l, version: {number}, title: L, entity: E, approved: {{by: Ann, on: 2025-12-01}}, valid: {{{valid}}}}}\ncontrols:\n{}{b}",
        control("A", owner)
    );
    let (list, problems) = ControlList::parse(FileId(number), &text);
    assert_eq!(problems, [], "{text}");
    list.unwrap()
}

#[test]
fn a_change_inside_the_period_splits_the_statement() {
    let v1 = version(1, "from: 2026-01-01", "ann", true);
    let v2 = version(2, "from: 2026-03-01", "ann", false);
    let v3 = version(3, "from: 2026-05-01", "eve", true);
    let asked = period("2026-02-01", "2026-07-01");
    let (history, problems) = ControlHistory::new(&[&v3, &v1, &v2], asked);
    assert_eq!((problems, history.holes.clone()), (vec![], vec![]));
    let versions: Vec<(Period, u32)> = history.versions.iter().map(|s| (s.period, s.list.version)).collect();
    assert_eq!(
        versions,
        [
            (period("2026-02-01", "2026-03-01"), 1),
            (period("2026-03-01", "2026-05-01"), 2),
            (period("2026-05-01", "2026-07-01"), 3),
        ]
    );
    // A said the same in versions 1 and 2, and has another owner from version 3 on.
    let a: Vec<(Period, &str, &[u32])> =
        history.control("a").iter().map(|s| (s.period, s.control.owner.as_str(), s.versions.as_slice())).collect();
    assert_eq!(
        a,
        [
            (period("2026-02-01", "2026-05-01"), "ann", [1, 2].as_slice()),
            (period("2026-05-01", "2026-07-01"), "eve", [3].as_slice()),
        ]
    );
    // B was not in the list between.
    let b: Vec<Period> = history.control("B").iter().map(|s| s.period).collect();
    assert_eq!(b, [period("2026-02-01", "2026-03-01"), period("2026-05-01", "2026-07-01")]);
    assert!(history.at("B", time("2026-04-01")).is_none());
    assert_eq!(history.at("A", time("2026-05-01")).map(|s| s.control.owner.as_str()), Some("eve"), "half-open");
    assert_eq!(history.controls().map(|(id, _)| id).collect::<Vec<_>>(), ["A", "B"]);
}

#[test]
fn holes_overlaps_and_wrong_order_are_said() {
    let codes = |lists: &[&ControlList], asked| {
        let (history, problems) = ControlHistory::new(lists, asked);
        (problems.iter().map(|p| p.code).collect::<Vec<_>>(), history.holes)
    };
    let year = period("2026-01-01", "2027-01-01");
    let early = version(1, "from: 2026-01-01, to: 2026-03-01", "ann", false);
    let late = version(2, "from: 2026-04-01", "ann", false);
    assert_eq!(codes(&[&early, &late], year), (vec!["C0206"], vec![period("2026-03-01", "2026-04-01")]));
    let long = version(3, "from: 2026-01-01, to: 2026-06-01", "ann", false);
    assert_eq!(codes(&[&late, &long], year), (vec!["C0207", "C0205"], vec![]));
    let (history, _) = ControlHistory::new(&[&late, &long], year);
    assert_eq!(history.versions[0].period.to, time("2026-04-01"), "from its beginning the later one counts");
    let same = version(1, "from: 2026-08-01", "ann", false);
    assert_eq!(codes(&[&early, &late, &same], year).0, ["C0204", "C0206"]);
    // Nothing is valid before the first version.
    let (_, holes) = codes(&[&late], year);
    assert_eq!(holes, [period("2026-01-01", "2026-04-01")]);
    assert_eq!(codes(&[], year), (vec![], vec![year]), "no list at all is one hole");
    assert_eq!(codes(&[&late], period("2025-01-01", "2025-02-01")).1, [period("2025-01-01", "2025-02-01")]);
}

#[test]
fn an_undated_draft_counts_alone_and_never_beside_others() {
    let text = "list: {id: l, version: 9, title: L, entity: E}\ncontrols:\n  - {id: A, title: T, statement: S, owner: o, frequency: daily, type: detective, nature: manual, satisfies: [CC6.1]}\n";
    let (draft, problems) = ControlList::parse(FileId(0), text);
    assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), ["C0201", "C0203"]);
    let draft = draft.unwrap();
    let year = period("2026-01-01", "2027-01-01");
    let (history, _) = ControlHistory::new(&[&draft], year);
    assert_eq!((history.control("A")[0].period, history.control("A")[0].drafts.as_slice()), (year, [9].as_slice()));
    let dated = version(1, "from: 2026-01-01", "ann", true);
    let (history, _) = ControlHistory::new(&[&draft, &dated], year);
    assert_eq!(history.versions.iter().map(|s| s.list.version).collect::<Vec<_>>(), [1]);
    assert!(history.control("A")[0].drafts.is_empty());
}

#[test]
fn differences_are_told_by_control_and_field() {
    let before = version(1, "from: 2026-01-01", "ann", false);
    let after = version(2, "from: 2026-03-01", "eve", true);
    let field = |control: Option<&str>, field, before: &str, after: &str| Change::Field {
        control: control.map(str::to_owned),
        field,
        before: before.to_owned(),
        after: after.to_owned(),
    };
    assert_eq!(
        diff(&before, &after),
        [
            field(None, "version", "1", "2"),
            field(None, "valid", "from 2026-01-01", "from 2026-03-01"),
            field(Some("A"), "owner", "ann", "eve"),
            Change::Added { control: "B".to_owned(), title: "T".to_owned() },
        ]
    );
    assert_eq!(diff(&after, &before).last(), Some(&Change::Removed { control: "B".to_owned(), title: "T".to_owned() }));
    assert_eq!(diff(&after, &after), []);
}

#[test]
fn every_problem_of_a_list_is_reported_with_its_place() {
    insta::assert_snapshot!(problems(
        r"list:
  id: l
  version: one
  title: L
  entity: E
  approved: {by: Ann, on: 2026-02-01}
  valid: {from: 2026-01-01, to: 2025-01-01}
controls:
  - id: A
    title: T
    statement: S
    owner: o
    frequency: dayly
    type: detective
    nature: automated
    satisfies: [CC6.11, CC6.1.pof99, nist:AC6, pci:x]
  - id: 1
    titel: T
    evidence: {rules: [a]}
"
    ), @r"
    3:12 C0111 `version` is no whole number: `one`: `one`
    13:16 C0107 `frequency` cannot be `dayly`: `dayly` (one of: continuous, per-event, hourly, daily, weekly, monthly, quarterly, half-yearly, yearly; did you mean `daily`?)
    17:9 C0105 `1` is no id: `1` (such an id looks like `K8S-AC-01`)
    18:5 C0102 unknown key `titel`: `titel` (a key with a similar name exists: `title`)
    19:23 C0101 `rules` must be a mapping: `[a]`
    17:5 C0106 an item of `controls` has no `title`, `statement`, `owner`, `frequency`, `type`, `nature`, `satisfies`: `id` (`title`: What it is called; `statement`: What the organisation does, as the auditor will read it; `owner`: The role or person who answers for it; `frequency`: How often it is performed; `type`: What it is for; `nature`: Who performs it; `satisfies`: Criteria, points of focus, nist: and pci: ids it serves; first the criterion it serves first)
    7:33 C0109 the end 2025-01-01 is not after the start 2026-01-01: `2025-01-01`
    16:17 C0104 unknown criterion `CC6.11`: `CC6.11` (a criterion with a similar id exists: `CC6.1`)
    16:25 C0104 unknown criterion `CC6.1.pof99`: `CC6.1.pof99` (a criterion with a similar id exists: `CC6.1.pof09`)
    16:38 C0105 `nist:AC6` has not the shape of an id: `nist:AC6` (write it like `nist:AC-6`)
    16:48 C0105 `pci:x` has not the shape of an id: `pci:x` (write it like `pci:7.2.5`)
    9:9 C0211 automated control `A` names no evidence: `A`
    ");
}

#[test]
fn what_a_control_says_is_read() {
    let text = "list: {id: l, version: 1, title: L, entity: E, approved: {by: [Ann, Bob], on: 2026-01-01}, valid: {from: 2026-01-01}}\n\
                controls:\n  - id: A\n    title: T\n    statement: >\n      One\n      two.\n    owner: o\n    frequency: Per-Event\n    type: detective\n    \
                nature: it-dependent\n    satisfies: [cc6.1, CC6.1.pof03, nist:AC-6(9), pci:7.2.5]\n    evidence: {rules: {names: x, all: true}, sources: syscall}\n    \
                targets: {acknowledge: {warning: 1d, critical: 30m}}\n";
    let (list, problems) = ControlList::parse(FileId(0), text);
    assert_eq!(problems, []);
    let list = list.unwrap();
    assert_eq!(list.approved.as_ref().map(|a| a.by.clone()), Some(vec!["Ann".to_owned(), "Bob".to_owned()]));
    let c = &list.controls[0];
    assert_eq!((c.statement.as_str(), c.nature), ("One two.", Nature::ItDependent));
    assert_eq!((c.criteria[0].id.as_str(), c.points[0].id.as_str()), ("CC6.1", "CC6.1.pof03"));
    assert_eq!(
        (c.nist_800_53.as_slice(), c.pci_dss.as_slice()),
        (["AC-6(9)".to_owned()].as_slice(), ["7.2.5".to_owned()].as_slice())
    );
    assert_eq!(c.targets.acknowledge, [(Level::Critical, days(1) / 48), (Level::Warning, days(1))]);
    assert!(c.evidence.rules.all && c.evidence.sources[0].text == "syscall");
}

#[test]
fn selectors_are_held_against_the_loaded_rules() {
    let text = "list: {id: l, version: 1, title: L, entity: E, approved: {by: Ann, on: 2026-01-01}, valid: {from: 2026-01-01}}\n\
                controls:\n  - {id: A, title: T, statement: S, owner: o, frequency: daily, type: detective, nature: automated, satisfies: [CC6.1],\n     \
                evidence: {rules: {names: [shell, Off, Shel], tags: [net, none], criteria: [CC6.1, CC6.8, CC6.2.pof01]}, sources: [k8s_audit],\n     \
                checks: [IMAGE_SCANNED, IMAGE_SIGNED, IMAGE_SCAN], populations: [detections, changes]},\n     not_covered: {what: image_signed, why: w}}\n";
    let (list, problems) = ControlList::parse(FileId(0), text);
    assert_eq!(problems, []);
    let list = list.unwrap();
    let of = [
        ("Shell", "syscall", vec!["SOC2_CC6.1"], true),
        ("Off", "syscall", vec!["SOC2_CC6.8"], false),
        ("Net", "k8s_audit", vec!["NET", "SOC2_CC7.1", "SOC2_CC6.1"], true),
        ("Other", "syscall", vec!["SOC2_CC7.1"], true),
    ]
    .map(|(n, s, tags, runs)| (n, s, tags.into_iter().map(str::to_owned).collect::<Vec<String>>(), runs));
    let criteria: Vec<_> = of.iter().map(|(n, _, t, _)| Mapping::default().criteria(n, t)).collect();
    let rules: Vec<RuleFacts<'_>> = of
        .iter()
        .zip(&criteria)
        .map(|((name, source, tags, runs), criteria)| RuleFacts { name, source, tags, runs: *runs, criteria })
        .collect();
    let selected: Vec<&str> = list.controls[0].evidence.rules.select(&rules).iter().map(|r| r.name).collect();
    assert_eq!(selected, ["Shell", "Off", "Net"], "a criterion that is only touched does not select");
    let catalogue = Catalogue::built_in();
    insta::assert_snapshot!(shown(text, &lint_selectors(&list, Some(&rules), catalogue)), @r"
    4:40 C0214 rule `Off` is loaded and does not run: `Off`
    4:45 C0212 no loaded rule is named `Shel`: `Shel` (a rule with a similar name is loaded: `Shell`)
    4:64 C0213 no loaded rule that runs has the tag `none`: `none`
    4:89 C0213 no loaded rule that runs serves `CC6.8`: `CC6.8`
    4:96 C0213 no loaded rule that runs serves `CC6.2.pof01`: `CC6.2.pof01`
    3:10 C0215 rule `Shell` judges `syscall`, which control `A` does not require: `A`
    5:15 C0217 check `IMAGE_SCANNED` is not served by avouch yet: images are not scanned yet: `IMAGE_SCANNED` (say so under `not_covered`)
    5:44 C0216 no check is named `IMAGE_SCAN`: `IMAGE_SCAN` (one with a similar id exists: `IMAGE_SCANNED`)
    5:83 C0217 population `changes` is not served by avouch yet: repositories and tickets are not read: `changes` (say so under `not_covered`)
    ");
    let without: Vec<&str> = lint_selectors(&list, None, catalogue).iter().map(|p| p.code).collect();
    assert_eq!(without, ["C0217", "C0216", "C0217"]);
}

#[test]
fn the_starting_set_is_right_and_says_what_is_missing() {
    let text = include_str!("../../../controls/lists/kubernetes-starter/v1.yaml");
    let (list, problems) = ControlList::parse(FileId(0), text);
    assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), ["C0201", "C0203"], "{}", shown(text, &problems));
    let list = list.unwrap();
    assert_eq!(shown(text, &lint_selectors(&list, None, Catalogue::built_in())), "");
    assert_eq!(list.refused, 0);
    for id in ["6.1", "6.2", "6.3", "6.6", "6.7", "6.8", "7.1", "7.2", "7.3", "7.4", "7.5", "8.1"] {
        let first = |c: &&crate::Control| c.criteria[0].id == format!("CC{id}");
        assert!(list.controls.iter().filter(first).count() >= 2, "CC{id}");
    }
}
