//! Test cases beside rules: literate Markdown, or YAML.
//!
//! In Markdown a case is a section: a heading, prose, one fenced block of events and one of expectations.
//!
//! ````markdown
//! ## A shell reads the password file
//!
//! ```json
//! {"type": "openat", "params": {"fd": 3, "name": "/etc/shadow", "flags": "O_RDONLY"}, "proc": {"name": "sh"}}
//! ```
//!
//! ```expect
//! Read sensitive file untrusted: 1
//! ```
//! ````
//!
//! ` ```json k8s_audit ` and ` ```json aws_cloudtrail ` hold records of those sources, one a line or in an array;
//! ` ```capture ` names a recording relative to the file. A rule that the expectations do not name may do as it likes.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// One test case.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Heading, or the case's name in YAML.
    pub name: String,
    /// Line of the heading, from 1.
    pub line: usize,
    /// What happens.
    pub input: CaseInput,
    /// Rule name and how often it must fire, when every matching rule fires.
    pub expect: BTreeMap<String, usize>,
}

/// What happens in a case.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseInput {
    /// Scripted system calls, see [`crate::script`].
    Syscalls(Vec<Json>),
    /// Records of an audit source, by its name.
    Records(String, Vec<Json>),
    /// A recording, relative to the case's file.
    Capture(String),
}

/// Why a case file cannot be read.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("line {line}: {problem}")]
pub struct CaseError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

fn problem(line: usize, problem: impl Into<String>) -> CaseError {
    CaseError { line, problem: problem.into() }
}

/// Reads the cases of a Markdown file. A file without fenced blocks has none.
///
/// # Errors
/// The first block that is not well formed, by line.
pub fn parse_markdown(text: &str) -> Result<Vec<Case>, CaseError> {
    let mut cases = Vec::new();
    let mut heading = (String::new(), 1);
    let mut input: Option<CaseInput> = None;
    let mut lines = text.lines().enumerate().map(|(i, l)| (i + 1, l));
    while let Some((line, content)) = lines.next() {
        if let Some(title) = content.strip_prefix('#') {
            if input.take().is_some() {
                return Err(problem(heading.1, "the section has events but no ```expect block"));
            }
            heading = (title.trim_start_matches('#').trim().to_owned(), line);
            continue;
        }
        let Some(info) = content.strip_prefix("```").map(str::trim) else { continue };
        let mut body = Vec::new();
        loop {
            match lines.next() {
                None => return Err(problem(line, "the fenced block is not closed")),
                Some((_, l)) if l.starts_with("```") => break,
                Some(l) => body.push(l),
            }
        }
        let mut words = info.split_whitespace();
        match (words.next(), words.next()) {
            (Some("json"), source) => {
                if input.is_some() {
                    return Err(problem(line, "a second block of events in one section; give it its own heading"));
                }
                let events = json_block(&body)?;
                input = Some(match source {
                    None | Some("syscall") => CaseInput::Syscalls(events),
                    Some(source) => CaseInput::Records(source.to_owned(), events),
                });
            }
            (Some("capture"), _) => {
                let path = body.iter().map(|(_, l)| l.trim()).find(|l| !l.is_empty());
                let path = path.ok_or_else(|| problem(line, "the block must name a recording"))?;
                input = Some(CaseInput::Capture(path.to_owned()));
            }
            (Some("expect"), _) => {
                let input = input.take().ok_or_else(|| problem(line, "expectations without events before them"))?;
                let (name, line) = heading.clone();
                cases.push(Case { name, line, input, expect: expectations(&body, line)? });
            }
            _ => {}
        }
    }
    if input.is_some() {
        return Err(problem(heading.1, "the section has events but no ```expect block"));
    }
    Ok(cases)
}

/// Objects, one a line or spread over lines, or one array of them.
fn json_block(body: &[(usize, &str)]) -> Result<Vec<Json>, CaseError> {
    let first = body.first().map_or(1, |(n, _)| *n);
    let text: String = body.iter().flat_map(|(_, l)| [*l, "\n"]).collect();
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_str(&text).into_iter::<Json>() {
        let value = value.map_err(|e| problem(first + e.line().saturating_sub(1), format!("not JSON: {e}")))?;
        match value {
            Json::Array(items) => events.extend(items),
            item => events.push(item),
        }
    }
    Ok(events)
}

/// `Rule name: count`, one a line.
fn expectations(body: &[(usize, &str)], fence: usize) -> Result<BTreeMap<String, usize>, CaseError> {
    let mut expect = BTreeMap::new();
    for (line, text) in body.iter().filter(|(_, l)| !l.trim().is_empty()) {
        let shape = || problem(*line, "expected `rule name: count`");
        let (rule, count) = text.rsplit_once(':').ok_or_else(shape)?;
        let count = count.trim().parse().map_err(|_| shape())?;
        expect.insert(rule.trim().to_owned(), count);
    }
    if expect.is_empty() {
        return Err(problem(fence, "the case expects nothing; write `rule name: 0` for a near miss"));
    }
    Ok(expect)
}

/// A case in YAML.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct YamlCase {
    case: String,
    #[serde(default = "syscall")]
    source: String,
    #[serde(default)]
    events: Vec<Json>,
    capture: Option<String>,
    expect: BTreeMap<String, usize>,
}

fn syscall() -> String {
    "syscall".to_owned()
}

/// Reads the cases of a YAML file: a list of `case` (name), `source`, `events` or `capture`, and `expect` (rule: count).
///
/// # Errors
/// What is not well formed, by line.
pub fn parse_yaml(text: &str) -> Result<Vec<Case>, CaseError> {
    let parsed: Result<Vec<YamlCase>, _> = serde_saphyr::from_str(text);
    let cases = parsed.map_err(|e| {
        let line = e.location().map_or(1, |l| usize::try_from(l.line()).unwrap_or(1));
        problem(line, format!("not test cases in YAML: {}", e.to_string().lines().next().unwrap_or_default()))
    })?;
    let starts = text.lines().enumerate().filter(|(_, l)| l.starts_with("- ")).map(|(i, _)| i + 1);
    cases.into_iter().zip(starts.chain(std::iter::repeat(1))).map(|(case, line)| yaml_case(case, line)).collect()
}

fn yaml_case(case: YamlCase, line: usize) -> Result<Case, CaseError> {
    if case.expect.is_empty() {
        return Err(problem(line, "the case expects nothing; write `rule name: 0` for a near miss"));
    }
    let input = match (case.capture, case.events.is_empty()) {
        (Some(path), true) => CaseInput::Capture(path),
        (Some(_), false) => return Err(problem(line, "a case has `events` or a `capture`, not both")),
        (None, _) if case.source == syscall() => CaseInput::Syscalls(case.events),
        (None, _) => CaseInput::Records(case.source, case.events),
    };
    Ok(Case { name: case.case, line, input, expect: case.expect })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_a_case() {
        let text = "# Rule\nprose\n## fires\n```json\n{\"type\": \"a\"}\n{\"type\": \"b\"}\n```\n```expect\nMy: rule: 2\n```\n\
                    ## audit\n```json k8s_audit\n[{}, {}]\n```\n```expect\nX: 0\n```\n## film\n```capture\n../a.scap\n```\n```expect\nX: 1\n```\n";
        let cases = parse_markdown(text).unwrap();
        assert_eq!(
            cases.iter().map(|c| (c.name.as_str(), c.line)).collect::<Vec<_>>(),
            [("fires", 3), ("audit", 11), ("film", 18)]
        );
        assert_eq!(cases[0].expect.get("My: rule"), Some(&2));
        assert!(matches!(&cases[0].input, CaseInput::Syscalls(e) if e.len() == 2));
        assert!(matches!(&cases[1].input, CaseInput::Records(s, e) if s == "k8s_audit" && e.len() == 2));
        assert_eq!(cases[2].input, CaseInput::Capture("../a.scap".to_owned()));
    }

    #[test]
    fn yaml_says_the_same() {
        let text = "# cases\n- case: fires\n  events:\n    - {type: chdir, params: {path: /x}}\n  expect: {A: 1}\n\
                    - case: film\n  capture: a.scap\n  expect: {A: 0, B: 2}\n";
        let cases = parse_yaml(text).unwrap();
        assert_eq!(cases.iter().map(|c| (c.name.as_str(), c.line)).collect::<Vec<_>>(), [("fires", 2), ("film", 6)]);
        assert!(matches!(&cases[0].input, CaseInput::Syscalls(e) if e[0]["type"] == "chdir"));
        assert_eq!(cases[1].expect.get("B"), Some(&2));
        assert!(parse_yaml("- case: a\n  expect: {}\n").is_err());
        assert!(parse_yaml("- case: a\n  expct: {A: 1}\n").is_err());
    }

    #[test]
    fn mistakes_have_lines() {
        let bad = |text| parse_markdown(text).unwrap_err();
        assert_eq!(bad("## a\n```json\n{}\n").line, 2);
        assert_eq!(bad("## a\n```json\n{}\n{]\n```\n").line, 4);
        assert_eq!(bad("## a\n```json\n{}\n```\n## b\n").line, 1);
        assert_eq!(bad("## a\n```json\n{}\n```\n```expect\nno count\n```\n").line, 6);
        assert_eq!(bad("```expect\nX: 1\n```\n").problem, "expectations without events before them");
    }
}
