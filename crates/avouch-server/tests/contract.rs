//! Requests that the document of the API allows, and some that it does not, made up by Schemathesis: no answer is an error of the
//! server, and each is one that the document knows.
//!
//! `deploy/test-setup.sh` brings the program. Without it the test says that it skips; in CI that is a failure.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use avouch_finding::Severity;
use avouch_server::{ProviderSetup, RequestRate};
use common::{PASSWORD, TestServer, finding};
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
    let folder = tempfile::tempdir().unwrap();
    // A provider that is away: nobody is led to somebody else, and the answers of a login that fails are looked at.
    let file = folder.path().join("oidc.yaml");
    std::fs::write(&file, "issuer: http://127.0.0.1:9\nclient_id: a\nroles: [{value: x, role: admin}]\n").unwrap();
    let provider = ProviderSetup::read(&file, "http://localhost").unwrap();
    let server = TestServer::with(folder, |o| {
        o.requests = RequestRate { per_second: 0, burst: 0 };
        o.provider = Some(provider);
        // The program reads each answer to its end.
        o.stream_life = Duration::from_millis(300);
    });
    let ada = server.admin();
    server.record((0..20).map(|n| finding(n, Severity::High)).collect());
    let token = ada.post("/tokens", &json!({"name": "contract", "scopes": ["admin", "ingest"]})).json();
    let token = token["token"].as_str().unwrap();
    let url = server.running().url();
    let run = |headers: &[String], paths: [&str; 2]| {
        let dir = tempfile::tempdir().unwrap();
        let output = Command::new(&program)
            .current_dir(dir.path())
            .env("SCHEMATHESIS_HOOKS", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract_hooks.py"))
            .arg("run")
            .arg(format!("{url}/api/openapi.json"))
            .args(["--url", &format!("{url}/api/v1")])
            .args(headers.iter().flat_map(|header| ["--header", header.as_str()]))
            .args([
                "--checks",
                "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            ])
            .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "20", "--seed", "20261126"])
            .args(["--request-timeout", "30", "--workers", "1", "--continue-on-failure"])
            .args(["--suppress-health-check", "all", "--no-color"])
            .args(paths)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("passed"), "{text}");
    };
    // Left out: what could end the token by which it asks. It learns ids of tokens and names of people from the lists.
    let left_out = ["--exclude-path-regex", "^/(tokens|users)/"];
    run(&[format!("Authorization: Bearer {token}")], left_out);
    // Else all that was seen is how a token is refused.
    server.nobody().with_token(token).get("/findings?limit=1").fine();
    // These are asked last, by somebody who has a session: they may end whoever asks.
    let person = server.nobody().log_in("ada", PASSWORD);
    let headers = [
        format!("Cookie: {}", person.cookie.clone().unwrap()),
        format!("x-csrf-token: {}", person.csrf.clone().unwrap()),
    ];
    run(&headers, ["--include-path-regex", "^/(tokens|users)/"]);
}
