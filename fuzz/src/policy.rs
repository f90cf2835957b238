//! Policies of responses: written by the user, and by whoever else can write there.

use avouch_respond::{ENTRIES, PATH_BYTES, PORT_RANGES, Policy};

/// Any text is a policy within its bounds, or an error that says where.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Policy::parse("response.yaml", text) {
        Ok(policy) => {
            let prevention = &policy.prevention;
            assert!(prevention.destinations.len() <= ENTRIES);
            assert!(prevention.paths.iter().all(|p| p.starts_with('/') && p.len() <= PATH_BYTES), "{prevention:?}");
            assert!(prevention.destinations.iter().all(|d| d.ports.len() <= PORT_RANGES));
            assert_eq!(Policy::parse("response.yaml", text).ok(), Some(policy), "a text says the same twice");
        }
        Err(error) => assert!(error.to_string().contains("response.yaml")),
    }
}
