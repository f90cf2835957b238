//! The API's document is part of the contract: a change shows in review. `AVOUCH_RENEW=1` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[test]
fn the_document_is_the_committed_one() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let now = serde_json::to_string_pretty(&avouch_server::api::document()).unwrap() + "\n";
    if std::env::var_os("AVOUCH_RENEW").is_some() {
        std::fs::write(&golden, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&golden).unwrap();
    assert!(committed == now, "the API's document changed; look at it, and renew it with AVOUCH_RENEW=1");
}

/// Two shapes of one name would be one in the document, and one of them described wrongly.
#[test]
fn no_two_shapes_of_the_api_have_one_name() {
    let (mut folders, mut seen) = (vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for part in
                text.split("#[derive(").skip(1).filter(|part| part.split(")]").next().unwrap().contains("ToSchema"))
            {
                let words: Vec<&str> = part.split([' ', '\n', '<', '(', '{', ';']).collect();
                let at = words.iter().position(|w| matches!(*w, "struct" | "enum")).unwrap();
                if let Some(other) = seen.insert(words[at + 1].to_owned(), path.clone()) {
                    panic!("`{}` is in {} and in {}", words[at + 1], other.display(), path.display());
                }
            }
        }
    }
    assert!(seen.len() > 100, "this test no longer finds the shapes");
}

#[test]
fn each_operation_has_a_name_of_its_own() {
    let document = serde_json::to_value(avouch_server::api::document()).unwrap();
    let mut seen = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(seen.insert(id.to_owned()), "{method} {path}: `{id}` is the name of another, too");
        }
    }
}
