//! Upstream rule files load without an error, together with what they need.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::path::{Path, PathBuf};

use avouch_conformance::{Tally, testdata};
use avouch_diagnostics::{Severity, SourceMap, render_concise};
use avouch_rules::ast::Expr;
use avouch_rules::{LoadOptions, format_rules, load, print_condition};

/// Files that a pack asks for in its own documentation.
fn needs(path: &Path, dir: &Path) -> Vec<PathBuf> {
    match path.file_name().and_then(|n| n.to_str()) {
        Some("k8s_audit_rules_gke.yaml") => vec![dir.join("plugins/k8saudit/k8s_audit_rules.yaml")],
        _ => Vec::new(),
    }
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            out.push(path);
        }
    }
}

/// Whether every macro has its condition.
fn resolved(expr: &Expr) -> bool {
    match expr {
        Expr::And(all, _) | Expr::Or(all, _) => all.iter().all(resolved),
        Expr::Not(inner, _) => resolved(inner),
        Expr::Macro(m) => m.body.as_deref().is_some_and(resolved),
        Expr::Check(_) => true,
    }
}

/// Rules by their key, to hold the loader's count against.
fn rule_names(text: &str) -> usize {
    text.lines().filter(|l| l.starts_with("- rule:")).count()
}

#[test]
fn every_upstream_file_loads() {
    let Some(data) = testdata() else { return };
    let dir = data.join("rules");
    let mut all = Vec::new();
    files(&dir, &mut all);
    // One file is a link in the upstream repository and stands here as the text of the link.
    all.retain(|p| !std::fs::read_to_string(p).unwrap().trim_end().ends_with("rules.yaml"));
    let mut tally = Tally::new("rules_load");
    for path in &all {
        let mut map = SourceMap::default();
        let mut ids = Vec::new();
        let mut expected = 0;
        for file in needs(path, &dir).iter().chain([path]) {
            let text = std::fs::read_to_string(file).unwrap();
            if file == path {
                expected += rule_names(&text);
            }
            ids.push(map.add(file.strip_prefix(&dir).unwrap().to_string_lossy(), text));
        }
        let loaded = load(&map, &ids, &LoadOptions::default());
        let errors: Vec<_> = loaded.diagnostics.into_iter().filter(|d| d.severity == Severity::Error).collect();
        let own = loaded.rules.iter().filter(|r| Some(&r.name_span.file) == ids.last()).count();
        let difference = if !errors.is_empty() {
            Some(render_concise(&map, &errors))
        } else if own < expected && !path.ends_with("k8s_audit_rules_gke.yaml") {
            Some(format!("{own} rules of {expected}"))
        } else if !loaded.rules.iter().all(|r| resolved(&r.condition)) {
            Some("a macro has no condition".to_owned())
        } else {
            None
        };
        tally.case(&path.strip_prefix(&dir).unwrap().to_string_lossy(), difference);
    }
    tally.finish();
}

#[test]
fn the_three_system_call_packs_load_together_and_fast() {
    let Some(data) = testdata() else { return };
    let mut map = SourceMap::default();
    let packs = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"];
    let ids: Vec<_> =
        packs.iter().map(|p| map.add(*p, std::fs::read_to_string(data.join("rules/main").join(p)).unwrap())).collect();
    let start = std::time::Instant::now();
    let loaded = load(&map, &ids, &LoadOptions::default());
    let took = start.elapsed();
    eprintln!("{} rules in {took:?}", loaded.rules.len());
    let text = render_concise(&map, &loaded.diagnostics);
    assert!(loaded.is_ok(), "{text}");
    assert!(loaded.rules.len() > 80, "{}", loaded.rules.len());
    // Each place is found in the file: the name at its span is the name.
    for rule in &loaded.rules {
        let span = rule.name_span;
        let source = &map.get(span.file).unwrap().text[span.start as usize..span.end as usize];
        assert_eq!(source.trim_matches(['"', '\'']), rule.name);
    }
    assert!(took.as_millis() < 2_000, "{took:?}");
}

#[test]
fn formatting_upstream_files_keeps_their_meaning() {
    let Some(data) = testdata() else { return };
    let dir = data.join("rules");
    let mut all = Vec::new();
    files(&dir, &mut all);
    let meaning = |text: &str| {
        let mut map = SourceMap::default();
        let file = map.add("a", text);
        let loaded = load(&map, &[file], &LoadOptions::default());
        let rules = loaded.rules.iter().map(|r| {
            let condition = print_condition(&r.condition, true);
            format!("{:?}", (&r.name, &r.desc, condition, &r.output, r.priority, &r.tags, r.enabled, &r.source))
        });
        let lists = loaded
            .lists
            .iter()
            .map(|l| format!("{:?}", (&l.name, l.items.iter().map(|i| &i.text).collect::<Vec<_>>())));
        rules.chain(lists).collect::<Vec<_>>()
    };
    for path in &all {
        let text = std::fs::read_to_string(path).unwrap();
        let once = format_rules(&text).unwrap();
        assert_eq!(format_rules(&once).unwrap(), once, "{}", path.display());
        assert_eq!(meaning(&text), meaning(&once), "{}", path.display());
        assert_eq!(text.matches('#').count(), once.matches('#').count(), "{}", path.display());
    }
}
