//! Requests that the document of the API allows, and some that it does not, made up by Schemathesis: no answer is an error of the
//! server, and each is one that the document knows.
//!
//! `deploy/test-setup.sh` brings the program. Without it the test says that it skips; in CI that is a failure.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use avouch_finding::Severity;
use avouch_server::RequestRate;
use common::{TestServer, finding};
use serde_json::json;

/// The program: where `AVOUCH_SCHEMATHESIS` says, or where the set-up script puts it.
fn program() -> Option<PathBuf> {
    let set_up = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/schemathesis/bin/schemathesis");
    let named = std::env::var_os("AVOUCH_SCHEMATHESIS").map(PathBuf::from);
    named.into_iter().chain([set_up]).find(|path| path.exists())
}

#[test]
fn answers_are_what_the_document_says_they_are() {
    let Some(program) = program() else {
        assert!(std::env::var_os("CI").is_none(), "Schemathesis is not there: run deploy/test-setup.sh");
        println!("skipped: Schemathesis is not there; deploy/test-setup.sh installs it");
        return;
    };
    let server =
        TestServer::with(tempfile::tempdir().unwrap(), |o| o.requests = RequestRate { per_second: 0, burst: 0 });
    let ada = server.admin();
    server.record((0..20).map(|n| finding(n, Severity::High)).collect());
    let token = ada.post("/tokens", &json!({"name": "contract", "scopes": ["admin", "ingest"]})).json();
    let token = token["token"].as_str().unwrap();
    let url = server.running().url();
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .current_dir(dir.path())
        .arg("run")
        .arg(format!("{url}/api/openapi.json"))
        .args(["--url", &format!("{url}/api/v1")])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        ])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "20", "--seed", "20261126"])
        .args(["--request-timeout", "30", "--workers", "1", "--continue-on-failure", "--suppress-health-check", "all"])
        // Left out: what has no end; what leads to somebody else; lines, which the program cannot make up; what would revoke the
        // token that the test itself uses.
        .args(["--exclude-path-regex", "^/(stream$|oidc/|ingest/facts$|tokens/)", "--no-color"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("passed"), "{text}");
    // Else all that was seen is how a token is refused.
    server.nobody().with_token(token).get("/findings?limit=1").fine();
}
