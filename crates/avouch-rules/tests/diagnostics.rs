//! Every problem as the user sees it: `corpora/diagnostics/<slug>.yaml` and the text beside it. A line `# file: name` starts
//! another file of the same load. `INSTA_UPDATE=always` writes the texts anew; review the difference.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use avouch_diagnostics::{SourceMap, render_text};
use avouch_rules::{CODES, LoadOptions, load};

const OPTIONS: LoadOptions<'_> = LoadOptions {
    known_sources: &["syscall", "k8s_audit"],
    plugins: Some(&[("json", "0.7.0"), ("k8saudit", "0.11.0")]),
    engine_version: (0, 63, 0),
};

/// Codes that need more than a small file.
const ELSEWHERE: [&str; 3] = ["R0018", "R0019", "R0023"];

fn cases() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora/diagnostics");
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    all.retain(|p| p.extension().is_some_and(|e| e == "yaml"));
    all.sort();
    all
}

#[test]
fn messages_are_as_recorded() {
    let update = std::env::var("INSTA_UPDATE").as_deref() == Ok("always");
    let mut seen: BTreeSet<&str> = ELSEWHERE.into();
    let mut different = Vec::new();
    for path in cases() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut map = SourceMap::default();
        let mut ids = Vec::new();
        let mut name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut part = String::new();
        for line in text.split_inclusive('\n') {
            if let Some(next) = line.strip_prefix("# file: ") {
                ids.push(map.add(std::mem::take(&mut name), std::mem::take(&mut part)));
                name = next.trim().to_owned();
            } else {
                part.push_str(line);
            }
        }
        ids.push(map.add(name, part));
        let loaded = load(&map, &ids, &OPTIONS);
        seen.extend(loaded.diagnostics.iter().map(|d| d.code));
        let shown = render_text(&map, &loaded.diagnostics, false);
        let expected = path.with_extension("out");
        if update {
            std::fs::write(&expected, shown).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != shown {
            different.push(format!("{}:\n{shown}", path.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    let missing: Vec<&str> = CODES.iter().map(|c| c.id).filter(|id| !seen.contains(id)).collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}

#[test]
fn the_examples_of_the_reference_are_real() {
    for code in CODES.iter().filter(|c| !c.example.is_empty()) {
        let full = if code.example.starts_with("- ") || code.id == "R0002" {
            code.example.to_owned()
        } else {
            // A part of a rule.
            let mut rule = "- rule: a\n  desc: d\n  output: o\n".to_owned();
            for key in ["condition: evt.type = open\n", "priority: INFO\n"] {
                if !code.example.starts_with(key.split(':').next().unwrap()) {
                    rule.push_str(&format!("  {key}"));
                }
            }
            for line in code.example.lines() {
                rule.push_str(&format!("  {line}\n"));
            }
            rule
        };
        let mut map = SourceMap::default();
        let file = map.add("example.yaml", full.as_str());
        // Parts that change a rule need one.
        let base =
            map.add("base.yaml", "- rule: a\n  desc: d\n  output: o\n  condition: evt.type = open\n  priority: INFO\n");
        let options = LoadOptions { known_sources: &["syscall", "k8s_audit"], plugins: Some(&[]), ..OPTIONS };
        let found = |files: &[_]| load(&map, files, &options).diagnostics.iter().any(|d| d.code == code.id);
        assert!(found(&[file]) || found(&[base, file]), "{} {}:\n{full}", code.id, code.name);
    }
}

#[test]
fn a_flood_of_problems_is_cut() {
    let mut map = SourceMap::default();
    let file = map.add("a", "- {a: b}\n".repeat(6_000));
    let loaded = load(&map, &[file], &OPTIONS);
    assert_eq!(loaded.diagnostics.len(), 5_001);
    assert_eq!(loaded.diagnostics.last().unwrap().title, "1000 more problems are not shown");
}

#[test]
fn macros_that_grow_without_end_are_refused() {
    let mut text = String::from("- macro: m0\n  condition: (a.b = 1 or a.b = 2)\n");
    for i in 1..40 {
        text.push_str(&format!("- macro: m{i}\n  condition: m{} and m{}\n", i - 1, i - 1));
    }
    for i in 0..300 {
        text.push_str(&format!(
            "- macro: n{i}\n  condition: not {}\n",
            if i == 0 { "m0".to_owned() } else { format!("n{}", i - 1) }
        ));
    }
    // A chain that is resolved from its far end.
    for i in 0..3_000 {
        text.push_str(&format!("- macro: c{i}\n  condition: a.b = 1\n"));
    }
    for i in 0..2_999 {
        text.push_str(&format!("- macro: c{i}\n  condition: c{}\n", i + 1));
    }
    text.push_str("- rule: r\n  desc: d\n  output: o\n  condition: m39\n  priority: INFO\n");
    let mut map = SourceMap::default();
    let file = map.add("a", text);
    let loaded = load(&map, &[file], &OPTIONS);
    assert!(loaded.rules.is_empty());
    assert!(loaded.diagnostics.iter().filter(|d| d.code == "R0023").count() >= 2);
    assert!(loaded.macros.iter().any(|m| m.name == "m15" && m.condition.is_some()));
}

/// A rule file with everything in it.
const WHOLE: &str = "\
- required_engine_version: 0.31.0
- required_plugin_versions: [{name: json, version: 0.7.0}]
- list: shells
  items: [bash, zsh, 'a b']
- list: more
  items: [shells, fish]
- macro: spawned
  condition: >
    evt.type in (execve, execveat)
    and (not proc.name in (more) or tolower(proc.pname) = \"x\\ty\")
- rule: Shell
  desc: d
  condition: spawned and proc.name contains anyof (shells)
  output: '%proc.name'
  priority: NOTICE
  tags: [a, b]
  exceptions:
    - name: one
      fields: [proc.name, fd.name]
      comps: [=, in]
      values: [[cat, (shells)], [dog, [x, y z]]]
    - name: two
      fields: proc.pname
      values: [a, b c]
- rule: Shell
  condition: or evt.num = 0
  exceptions: [{name: two, values: [d]}]
  override: {condition: append, exceptions: append}
- &anchor {macro: m, condition: a.b exists}
- *anchor
";

proptest::proptest! {
    #[test]
    fn damaged_files_are_read_or_refused(
        cuts in proptest::collection::vec((0..WHOLE.len(), 0..12usize, "[\\[\\](){}:,'\"=&*!|>#\\\\ \na-c]{0,3}"), 0..6),
    ) {
        let mut text = WHOLE.to_owned();
        for (at, len, new) in cuts {
            let at = at.min(text.len());
            let end = (at + len).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, &new);
            }
        }
        let mut map = SourceMap::default();
        let first = map.add("whole.yaml", WHOLE);
        let second = map.add("damaged.yaml", text.as_str());
        for files in [&[second][..], &[first, second]] {
            let loaded = load(&map, files, &OPTIONS);
            let shown = render_text(&map, &loaded.diagnostics, false);
            proptest::prop_assert!(loaded.is_ok() || shown.contains("error["));
            // Every place lies in its file.
            for label in loaded.diagnostics.iter().flat_map(|d| &d.labels) {
                let source = map.get(label.span.file).unwrap();
                proptest::prop_assert!(label.span.start <= label.span.end);
                proptest::prop_assert!(label.span.end as usize <= source.text.len());
            }
        }
        if let Ok(once) = avouch_rules::format_rules(&text) {
            proptest::prop_assert_eq!(avouch_rules::format_rules(&once).unwrap(), once);
        }
    }
}

#[test]
fn the_whole_example_is_sound() {
    let mut map = SourceMap::default();
    let file = map.add("whole.yaml", WHOLE);
    let loaded = load(&map, &[file], &OPTIONS);
    assert!(loaded.is_ok(), "{}", render_text(&map, &loaded.diagnostics, false));
    insta::assert_snapshot!(avouch_rules::print_condition(&loaded.rules[0].condition, true), @r#"((((evt.type in (execve, execveat) and (not proc.name in (bash, zsh, "a b", fish) or tolower(proc.pname) = "x\ty")) and proc.name contains anyof (bash, zsh, "a b")) or evt.num = 0) and not ((proc.name = cat and fd.name in (bash, zsh, "a b")) or (proc.name = dog and fd.name in (x, "y z"))) and not proc.pname in (a, "b c", d))"#);
}
