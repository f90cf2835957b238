//! The API's document is part of the contract: a change shows in review. `AVOUCH_RENEW=1` writes it anew.

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
