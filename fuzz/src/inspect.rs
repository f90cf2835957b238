//! What container runtimes say of a container, in the form that docker and podman share.

use avouch_runtime::from_podman_inspect;
use serde_json::Value;

/// Bytes that the state takes of one container's metadata.
const MOST: usize = 1 << 20;

/// Any answer becomes metadata within the bounds of the state, or an error.
pub fn inspect(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(texts) = from_podman_inspect(text) else { return };
    for metadata in texts {
        assert!(metadata.len() < MOST, "{}", metadata.len());
        let read: Value = serde_json::from_str(&metadata).expect("JSON");
        let id = read["container"]["full_id"].as_str().expect("an id");
        assert!(!id.is_empty());
    }
}
