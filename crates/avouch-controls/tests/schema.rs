//! The JSON Schemas that are shipped are those that the checks are made from.

use std::path::Path;

use avouch_controls::FileKind;

/// Set to write the files instead of comparing them.
const RENEW: &str = "AVOUCH_RENEW";

#[test]
fn the_shipped_schemas_are_those_of_the_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../controls/schema");
    let mut names = Vec::new();
    for (name, text) in FileKind::schemas() {
        let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(parsed["type"], "object", "{name}");
        let path = folder.join(&name);
        if std::env::var_os(RENEW).is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let shipped = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            shipped == text,
            "controls/schema/{name} is old; renew it: {RENEW}=1 cargo test -p avouch-controls --test schema"
        );
        names.push(name);
    }
    let mut found: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    names.sort();
    assert_eq!(found, names, "a schema of no kind of file");
}
