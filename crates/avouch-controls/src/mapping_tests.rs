use avouch_diagnostics::SourceMap;
use proptest::prelude::*;

use super::*;

fn ids(list: &[&'static Criterion]) -> Vec<&'static str> {
    list.iter().map(|c| c.id.as_str()).collect()
}

/// Loads a file and prints its problems, one a line.
fn problems(text: &str) -> String {
    let mut sources = SourceMap::default();
    let file = sources.add("m.yaml", text);
    let mut out = String::new();
    for p in Mapping::default().load(file, text) {
        let span = p.labels[0].span;
        let (line, column) = sources.line_column(span).unwrap();
        let at = &text[span.start as usize..span.end as usize];
        let help = if p.help.is_empty() { String::new() } else { format!(" ({})", p.help.join("; ")) };
        out += &format!("{line}:{column} {:?} {} {}: `{at}`{help}\n", p.severity, p.code, p.title);
    }
    out
}

#[test]
fn the_default_mapping_is_right_and_covers_the_packs() {
    let mut mapping = Mapping::default();
    let found = mapping.load(FileId(0), include_str!("../../../controls/mappings/upstream-rules.yaml"));
    assert_eq!(found, []);
    assert_eq!(mapping.rules().count(), 242);
    for rule in mapping.rules() {
        let criteria = mapping.criteria(rule, &[]);
        assert_eq!(criteria.primary.len(), 1, "{rule}");
        assert!(criteria.reason.is_some(), "{rule}");
    }
}

#[test]
fn names_are_found_in_any_case() {
    let criteria = Mapping::built_in().criteria("TERMINAL shell in container", &[]);
    assert_eq!((ids(&criteria.primary), ids(&criteria.secondary)), (vec!["CC6.1"], vec!["CC7.2", "CC8.1"]));
    assert_eq!(criteria.attack, ["T1609", "T1059.004"]);
    assert!(Mapping::built_in().criteria("no such rule", &[]).is_unmapped());
}

#[test]
fn tags_add_to_files_and_stand_alone() {
    let tags: Vec<String> =
        ["SOC2_CC6.1", "tsc_CC7.1", "NIST_800-53_AC-2", "T1059", "mitre_execution", "SOC2_CC0.0", "shell"]
            .map(str::to_owned)
            .into();
    let mut mapping = Mapping::default();
    let alone = mapping.criteria("r", &tags);
    assert_eq!((ids(&alone.primary), ids(&alone.secondary)), (vec!["CC6.1"], vec!["CC7.1"]));
    assert_eq!(
        (alone.nist_800_53, alone.attack, alone.tactics),
        (vec!["AC-2".to_owned()], vec!["T1059".to_owned()], vec!["execution".to_owned()])
    );
    assert_eq!(alone.unknown_tags, ["SOC2_CC0.0"]);
    assert_eq!(mapping.load(FileId(0), "rules:\n  R: {soc2: {primary: CC6.1, secondary: [CC6.8]}}"), []);
    let both = mapping.criteria("r", &tags);
    assert_eq!((ids(&both.primary), ids(&both.secondary)), (vec!["CC6.1"], vec!["CC6.8", "CC7.1"]));
}

#[test]
fn the_first_tag_of_a_criterion_is_the_primary_one() {
    let read = |tags: &[&str]| {
        let tags: Vec<String> = tags.iter().map(|t| (*t).to_owned()).collect();
        Mapping::default().criteria("r", &tags)
    };
    let c =
        read(&["host", "SOC2_CC6.1.pof03", "SOC2_CC7.1", "SOC2_CC6.1", "SOC2_CC7.1", "SOC2_cc6.1.POF03", "tsc_CC8.1"]);
    assert_eq!((ids(&c.primary), ids(&c.secondary)), (vec!["CC7.1"], vec!["CC6.1", "CC8.1"]));
    assert_eq!(c.points.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["CC6.1.pof03"]);
    let point_alone = read(&["SOC2_CC6.1.pof03", "SOC2_CC6.1.pof99"]);
    assert!(point_alone.is_unmapped(), "a point of focus is no tag of a criterion");
    assert_eq!((point_alone.points.len(), point_alone.unknown_tags), (1, vec!["SOC2_CC6.1.pof99".to_owned()]));
}

#[test]
fn a_later_file_replaces_whole_entries() {
    let mut mapping = Mapping::built_in();
    assert_eq!(
        mapping.load(FileId(1), "rules:\n  terminal shell in CONTAINER: {soc2: CC8.1}\n  Own rule: {soc2: [A1.1]}"),
        []
    );
    let criteria = mapping.criteria("Terminal shell in container", &[]);
    assert_eq!((ids(&criteria.primary), criteria.attack.len()), (vec!["CC8.1"], 0));
    assert_eq!(mapping.rules().count(), 243);
}

#[test]
fn every_problem_is_reported_with_its_place() {
    insta::assert_snapshot!(problems(r"# a comment
rule: {}
rules:
  Known:
    soc2: {primary: CC6.11, secondry: [CC7.2], secondary: [CC7.2, cc7.2, {}]}
    nist_800_53: [AC6, AC-6, AC-6]
    pci_dss: [11.5.1, 'x']
    attack: T10
    reason: [a]
    soc: CC6.1
  known: {soc2: CC6.1}
  Other: text
  ? [a]
  : b
"), @r"
    2:1 Error C0102 unknown key `rule`: `rule` (a key with a similar name exists: `rules`)
    13:5 Error C0101 a key must be a text: `[a]`
    5:21 Error C0104 unknown criterion `CC6.11`: `CC6.11` (a criterion with a similar id exists: `CC6.1`)
    5:29 Error C0102 unknown key `secondry`: `secondry` (a key with a similar name exists: `secondary`)
    5:74 Error C0101 an id of `secondary` must be a text: `{}`
    5:67 Warning C0103 `cc7.2` is named twice: `cc7.2`
    6:19 Error C0105 `AC6` is no id of `nist_800_53`: `AC6` (ids look like `AC-6` or `AC-6(9)`)
    6:30 Warning C0103 `AC-6` is named twice: `AC-6`
    7:23 Error C0105 `x` is no id of `pci_dss`: `'x'` (ids look like `10.2.1.2`)
    8:13 Error C0105 `T10` is no id of `attack`: `T10` (ids look like `T1059` or `T1059.004`)
    9:13 Error C0101 `reason` must be a text: `[a]`
    10:5 Error C0102 unknown key `soc`: `soc` (a key with a similar name exists: `soc2`)
    11:3 Error C0103 rule `known` is mapped twice: `known`
    12:10 Error C0101 the entry of `Other` must be a mapping: `text`
    ");
    assert_eq!(problems("rules: [a"), "1:8 Error C0100 file is not YAML: unclosed bracket '[': ``\n");
    assert_eq!(problems(""), "");
    assert_eq!(problems("# nothing\n"), "");
    assert!(problems("- a").contains("C0101 a mapping file must be a mapping"));
    assert!(problems(&"[".repeat(1000)).contains("C0100"));
    assert!(problems("rules: {a: &x {}, b: *x}").contains("aliases are not read"));
}

proptest! {
    #[test]
    fn any_text_loads_or_is_refused(text in r#"(rules|soc2|a|CC6\.1|[:,{}\[\]"'&*?!|>%@# \n-]){0,40}"#) {
        problems(&text);
    }
}
