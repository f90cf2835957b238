use insta::assert_snapshot;

use super::*;
use crate::{Code, Diagnostic, FileId, Severity, SourceMap, Span};

fn span(map: &SourceMap, file: FileId, text: &str) -> Span {
    let at = map.get(file).unwrap().text.find(text).unwrap();
    Span { file, start: u32::try_from(at).unwrap(), end: u32::try_from(at + text.len()).unwrap() }
}

fn sample() -> (SourceMap, Vec<Diagnostic>) {
    let mut map = SourceMap::default();
    let macros =
        map.add("rules/macros.yaml", "- macro: container\n  condition: >\n    héllo\n      and proc.nmae exists)\n");
    let site =
        map.add("rules/my site.yaml", "- rule: Shell\n  a: 1\n  b: 2\n  c: 3\n  condition: spawned and container\n");
    let d = Diagnostic::error("R0102", "unknown field `proc.nmae` for source `syscall`")
        .at(span(&map, macros, "proc.nmae"), "no such field")
        .context(span(&map, site, "container"), "in this macro, used by rule `Shell`")
        .context(span(&map, site, "Shell"), "this rule")
        .help("a field with a similar name exists: `proc.name`")
        .falco("LOAD_ERR_COMPILE_CONDITION");
    (map, vec![d, Diagnostic::warning("R0201", "macro `x` is not used").lint("unused-macro")])
}

#[test]
fn text_shows_every_file_and_folds_between() {
    let (map, d) = sample();
    assert_snapshot!(render_text(&map, &d, false));
}

#[test]
fn concise_is_one_line_each() {
    let (map, d) = sample();
    assert_snapshot!(render_concise(&map, &d), @r"
    rules/macros.yaml:4:11: error[R0102]: unknown field `proc.nmae` for source `syscall` (LOAD_ERR_COMPILE_CONDITION)
    warning[R0201]: macro `x` is not used (unused-macro)
    ");
}

#[test]
fn json_counts_columns_in_characters() {
    let (map, d) = sample();
    let value: serde_json::Value = serde_json::from_str(&render_json(&map, &d)).unwrap();
    assert_eq!(value["errors"], 1);
    assert_eq!(value["diagnostics"][0]["labels"][0]["line"], 4);
    assert_eq!(value["diagnostics"][0]["labels"][0]["column"], 11);
    assert_eq!(value["diagnostics"][1]["lint"], "unused-macro");
}

#[test]
fn sarif_has_rules_and_escaped_paths() {
    static CODE: Code = Code {
        id: "R0102",
        name: "unknown-field",
        severity: Severity::Error,
        lint: false,
        falco: None,
        meaning: "No such field.",
        example: "",
        fix: "Use another.",
    };
    let (map, d) = sample();
    assert_snapshot!(render_sarif(&map, &d, &[&CODE]));
}

#[test]
fn spans_outside_of_the_text_do_no_harm() {
    let mut map = SourceMap::default();
    let file = map.add("a", "é");
    for (start, end) in [(0, 0), (1, 1), (2, 2), (9, 99), (1, 0), (0, 1)] {
        let d = [Diagnostic::error("R0", "t").at(Span { file, start, end }, "here")];
        assert!(render_text(&map, &d, true).contains('t'));
        assert!(render_json(&map, &d).contains("\"a\""));
        assert!(render_concise(&map, &d).contains("R0"));
    }
    let other = [Diagnostic::error("R0", "t").at(Span { file: FileId(7), start: 0, end: 1 }, "here")];
    assert!(render_text(&map, &other, false).contains("R0"));
    assert!(render_sarif(&map, &other, &[]).contains("R0"));
}
