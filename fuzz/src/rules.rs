//! Rule files.

use avouch_diagnostics::{SourceMap, render_concise, render_json, render_sarif, render_text};
use avouch_rules::{CODES, LoadOptions, load, print_condition};

/// A file loads or says why not, in every form; what loads has a canonical text.
pub fn rules(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // Two files, so that appends and overrides across files are reached.
    let (first, second) = text.split_once("\n---- next file\n").unwrap_or((text, ""));
    let mut map = SourceMap::default();
    let files = [map.add("first.yaml", first), map.add("second.yaml", second)];
    let loaded = load(&map, &files, &LoadOptions::default());
    for rule in &loaded.rules {
        assert!(!print_condition(&rule.condition, true).is_empty());
    }
    let found = &loaded.diagnostics;
    let lines = render_concise(&map, found);
    assert_eq!(found.is_empty(), lines.is_empty(), "every problem is told");
    drop((render_text(&map, found, true), render_json(&map, found), render_sarif(&map, found, CODES)));
}
