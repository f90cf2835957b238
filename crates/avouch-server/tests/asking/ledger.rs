//! One record of the ledger with its place in it: checked by whoever asks, without the server.

use avouch_auth::Role;
use avouch_bundle::Exhibit;
use avouch_finding::{Severity, Time};
use avouch_ledger::{Digest, PublicKey, Trust, Verdict};
use avouch_server::centre::Recorded;
use serde_json::json;

use crate::common::{TestServer, finding};
use crate::user;

fn seq_of(recorded: &[Recorded]) -> u64 {
    let Some(Recorded::At(seq)) = recorded.first() else { panic!("not recorded: {recorded:?}") };
    *seq
}

#[test]
fn a_record_comes_with_the_head_that_covers_it_and_holds_without_the_server() {
    let server = TestServer::start();
    let ada = server.admin();
    let seq = seq_of(&server.record((0..5).map(|n| finding(n, Severity::Low)).collect()));
    let path = format!("/ledger/records/{seq}");
    let row = ada.get(&format!("/findings/{}", finding(0, Severity::Low).id)).fine();
    assert_eq!(row["row"]["record"]["seq"], seq, "the finding names its record");

    let fresh = ada.get(&path).fine();
    assert_eq!((&fresh["kind"], &fresh["seq"], &fresh["source"]), (&json!("finding"), &json!(seq), &json!("node-1")));
    let line = fresh["exhibit"]["record"].as_str().unwrap();
    assert_eq!(fresh["hash"], Digest::of(line.as_bytes()).to_string());
    let before = ada.get(&format!("/ledger/records/{}", seq - 1)).fine();
    assert_eq!(fresh["prev"], before["hash"], "records are linked");

    // A server that ends signs a head over everything.
    let server = TestServer::over(server.end());
    let ada = server.nobody().log_in("ada", crate::common::PASSWORD);
    let answer = ada.get(&path);
    let text = answer.body.clone();
    let record = answer.fine();
    let head = &record["head"];
    assert!(head["first_seq"].as_u64().unwrap() <= seq && seq <= head["last_seq"].as_u64().unwrap(), "{head}");
    assert_eq!(record["command"], format!("avouch verify record-{seq}.json --key avouch.pub"));

    let exhibit = Exhibit::parse(text.as_bytes()).unwrap();
    let key = PublicKey::from_pem(exhibit.key.as_deref().unwrap()).unwrap();
    assert_eq!(head["key"], key.id());
    let trust = Trust { keys: vec![key], ..Trust::default() };
    assert_eq!(exhibit.check(&trust).verdict, Verdict::Intact);
    let mut changed = exhibit;
    changed.record = changed.record.replacen("Rule 0", "Rule 9", 1);
    assert_eq!(changed.check(&trust).verdict, Verdict::Failed);
}

#[test]
fn what_is_not_there_or_not_open_to_the_caller_is_refused() {
    let server = TestServer::start();
    let ada = server.admin();
    let of = finding(0, Severity::Low);
    let seq = seq_of(&server.record(vec![of.clone()]));
    for (number, status) in [("0", 400), ("-1", 400), ("x", 400), ("99999999", 404), ("18446744073709551616", 400)] {
        assert_eq!(ada.get(&format!("/ledger/records/{number}")).status, status, "{number}");
    }
    let path = format!("/ledger/records/{seq}");
    let day = |n: u64| Time(of.time.0 / 86_400_000_000_000 * 86_400_000_000_000 + n * 86_400_000_000_000);
    let within = user(&server, "ines", Role::Auditor, Some((day(0), day(1))));
    let after = user(&server, "otto", Role::Auditor, Some((day(1), day(2))));
    within.get(&path).fine();
    assert_eq!(after.get(&path).status, 404, "it is not of the auditor's period, and not told to be there");

    // Records of people and settings are not for a program that looks at findings only.
    let made = ada.post("/tokens", &json!({"name": "triage", "scopes": ["triage"]})).json();
    let program = server.nobody().with_token(made["token"].as_str().unwrap());
    program.get(&path).fine();
    assert_eq!(program.get("/ledger/records/1").status, 403);
    ada.get("/ledger/records/1").fine();
}
