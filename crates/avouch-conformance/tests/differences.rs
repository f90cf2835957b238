//! The skip file itself: entries are whole, and the lints they name exist.

use avouch_conformance::workspace_root;

#[test]
fn differences_are_whole_and_their_lints_exist() {
    let path = workspace_root().join("crates/avouch-conformance/differences.toml");
    let file: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let lints: Vec<&str> = avouch_pipeline::codes().iter().filter(|c| c.lint).map(|c| c.name).collect();
    let text = |entry: &toml::Value, key: &str| entry.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    for entry in file["difference"].as_array().unwrap() {
        for key in ["what", "peer", "ours"] {
            assert!(text(entry, key).len() > 5, "{key} of {entry}");
        }
        let lint = text(entry, "lint");
        assert!(lint.is_empty() || lints.contains(&lint.as_str()), "no lint {lint}; there are {lints:?}");
    }
    for entry in file["skip"].as_array().unwrap() {
        assert!(text(entry, "reason").len() > 20, "{entry}");
    }
}
