//! Findings: as a replay gives them, once, and with acceptances.

use std::path::Path;

use avouch_finding::Severity;

use super::*;
use crate::Acceptances;
use crate::facts::{InputIdentity, Origin, ReplayFacts};
use crate::judge::{Detection, Sink};
use crate::replay::{Replay, ReplayOptions};

/// A replay with acceptances, as `avouch replay --acceptances` keeps it.
struct Reference {
    facts: ReplayFacts,
    acceptances: Acceptances,
    found: Vec<Fact>,
}

impl Sink for Reference {
    fn detection(&mut self, detection: &Detection<'_>) {
        let accepted = self.acceptances.covering(detection, 0).filter(|a| a.in_force).map(|a| a.id);
        self.found.push(self.facts.detection(detection, accepted));
    }
}

/// What both must agree on: all but the run and the number of the event, which stands in the id.
fn comparable(facts: &[Fact]) -> Vec<Finding> {
    let plain = |f: &&Finding| Finding { run: String::new(), event: 0, id: String::new(), ..(*f).clone() };
    findings(facts).iter().map(plain).collect()
}

fn varied() -> Vec<String> {
    let mut out = Vec::new();
    for (n, (user, verb, uri, reference)) in [
        (
            "eve",
            "get",
            "/api/v1/namespaces/kube-system/secrets/x",
            r#"{"resource":"secrets","namespace":"kube-system","name":"x"}"#,
        ),
        (
            "eve",
            "create",
            "/api/v1/namespaces/a/pods/p/exec?command=sh",
            r#"{"resource":"pods","namespace":"a","name":"p","subresource":"exec"}"#,
        ),
        ("system:anonymous", "get", "/healthz/etcd", "{}"),
        ("system:anonymous", "list", "/api/v1/secrets", r#"{"resource":"secrets"}"#),
        (
            "admin",
            "create",
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            r#"{"resource":"clusterrolebindings","name":"b"}"#,
        ),
        (
            "admin",
            "delete",
            "/api/v1/namespaces/a/configmaps/c",
            r#"{"resource":"configmaps","namespace":"a","name":"c"}"#,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let time = at(n as u64);
        out.push(format!(
            r#"{{"auditID":"{n}","stage":"ResponseComplete","requestURI":"{uri}","verb":"{verb}","user":{{"username":"{user}","groups":["system:authenticated"]}},"sourceIPs":["10.0.0.9"],"objectRef":{reference},"requestObject":{{"kind":"ClusterRoleBinding","roleRef":{{"kind":"ClusterRole","name":"cluster-admin"}},"data":{{"aws_access_key_id":"x"}}}},"responseStatus":{{"code":200}},"stageTimestamp":"{time}","annotations":{{"authorization.k8s.io/decision":"allow"}}}}"#
        ));
    }
    out
}

/// With the rules that ship, and an acceptance.
#[test]
fn findings_are_those_of_a_replay() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let rules = Arc::new(RuleSet::load(&[root], &RuleSetOptions::default()).unwrap());
    let body = list(&varied());

    let mut first = AuditJudge::new(Arc::clone(&rules), AuditOptions::default());
    let before = take(&mut first, &prod(), "b", body.as_bytes(), at(9));
    let rule = findings(&before.facts)[0].rule.clone();
    let accept = format!(
        "acceptances:\n  - {{id: ACC-1, rule: '{rule}', reason: r, requester: a, approver: b, from: 2026-01-01, expires: 2026-12-31, condition: ka.user.name exists}}\n"
    );

    let mut live = AuditJudge::new(Arc::clone(&rules), AuditOptions::default());
    assert_eq!(live.set_rules(Arc::clone(&rules), acceptances(&accept)), []);
    let taken = take(&mut live, &prod(), "b", body.as_bytes(), at(9));

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.json");
    std::fs::write(&path, &body).unwrap();
    let origin = Origin { node: "prod-api".into(), cluster: "prod".into(), run: String::new() };
    let mut reference = Reference {
        facts: ReplayFacts::new(&rules, origin, InputIdentity::default()),
        acceptances: Acceptances::new(acceptances(&accept), &rules).0,
        found: Vec::new(),
    };
    let mut replay = Replay::new(&rules, ReplayOptions::default());
    replay.run(&mut crate::Input::open(&path).unwrap(), &mut reference).unwrap();

    assert_eq!(comparable(&taken.facts), comparable(&reference.found));
    let covered = findings(&taken.facts).iter().filter(|f| f.suppressed.is_some()).count();
    assert!(covered > 0 && covered < taken.facts.len(), "{covered} of {}", taken.facts.len());
    assert_eq!(taken.records, 6);
}

#[test]
fn a_batch_that_is_sent_again_is_judged_once_it_was_not_settled() {
    let mut judge = judge();
    let body = list(&[event("1", "eve", "get", at(0)), event("2", "eve", "list", at(1))]);
    let delivery = Delivery { name: "webhook", bytes: body.as_bytes(), received: at(2), ..Delivery::default() };
    // The facts could not be written: the server says so, and the batch comes again.
    let lost = judge.take(&prod(), &delivery);
    let kept = judge.take(&prod(), &delivery);
    assert_eq!((lost.facts.len(), kept.facts.len()), (2, 2));
    let ids = |t: &Taken| findings(&t.facts).iter().map(|f| f.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&lost), ids(&kept), "the same record is the same finding, whoever judges it");
    judge.settle(&kept);
    let again = take(&mut judge, &prod(), "webhook", body.as_bytes(), at(3));
    assert_eq!((again.facts.len(), again.records, again.duplicates), (0, 0, 2));
    let facts = judge.observe(at(10));
    let observed = observations(&facts);
    assert_eq!((observed[0].events, observed[0].detections), (2, 2), "what was not settled does not count");
    // Another process gives the same ids.
    let other = self::judge().take(&prod(), &delivery);
    assert_eq!(ids(&other), ids(&kept));
}

/// Whoever calls the API server may name the audit id of his request.
#[test]
fn an_audit_id_that_was_used_before_hides_nothing() {
    let mut judge = judge();
    let first = list(&[event("same", "system:node:a", "watch", at(0))]);
    let second = list(&[event("same", "eve", "get", at(0))]);
    assert_eq!(take(&mut judge, &prod(), "w", first.as_bytes(), at(1)).facts.len(), 0);
    assert_eq!(take(&mut judge, &prod(), "w", second.as_bytes(), at(1)).facts.len(), 1);
}

#[test]
fn the_window_is_bounded() {
    let mut judge = judge_with(AuditLimits { remembered: 2, ..AuditLimits::default() });
    let body = |n: u64| list(&[event(&n.to_string(), "eve", "get", at(n))]);
    for n in 0..3 {
        take(&mut judge, &prod(), "w", body(n).as_bytes(), at(5));
    }
    assert_eq!(take(&mut judge, &prod(), "w", body(2).as_bytes(), at(5)).duplicates, 1);
    assert_eq!(take(&mut judge, &prod(), "w", body(0).as_bytes(), at(5)).records, 1, "too long ago");
}

#[test]
fn a_broken_record_loses_only_itself_and_is_counted() {
    let mut judge = judge();
    let broken = r#"{"auditID":"2","stage":"ResponseComplete","stageTimestamp":"yesterday"}"#.to_owned();
    let body = list(&[event("1", "eve", "get", at(0)), broken, event("3", "eve", "get", at(1))]);
    let taken = take(&mut judge, &prod(), "webhook", body.as_bytes(), at(2));
    assert_eq!((taken.records, taken.refused, taken.facts.len()), (2, 1, 2));
    assert!(taken.problems[0].starts_with("webhook: record 2"), "{:?}", taken.problems);
    let facts = judge.observe(at(10));
    let lost = &observations(&facts)[0].lost;
    assert_eq!((lost.events, lost.by_cause["records that are no event"]), (1, 1));
}

#[test]
fn rules_change_while_it_runs() {
    let mut judge = judge();
    let before = judge.rules().to_owned();
    let body = |n: u64| list(&[event(&n.to_string(), "eve", "delete", at(n))]);
    assert_eq!(take(&mut judge, &prod(), "w", body(0).as_bytes(), at(1)).facts.len(), 0);
    let changed = SECRETS.replace("(get, list)", "(get, list, delete)");
    judge.set_rules(rules(&changed), AcceptanceSet::default());
    let taken = take(&mut judge, &prod(), "w", body(1).as_bytes(), at(2));
    let finding = findings(&taken.facts)[0];
    assert_eq!((finding.severity, finding.criteria.as_slice()), (Severity::Medium, &["CC6.1".to_owned()][..]));
    assert_ne!(before, judge.rules());
    assert_eq!(finding.rules, judge.rules());
    let Fact::Rules(loaded) = judge.rules_loaded("server", at(2)) else { panic!() };
    assert_eq!((loaded.digest.as_str(), loaded.rules.len(), loaded.run.as_str()), (judge.rules(), 2, "run1"));
}

#[test]
fn records_of_an_organisation_go_to_their_accounts() {
    let mut judge = judge();
    let calls =
        [call("1", "111122223333", at(0)), call("2", "444455556666", at(1)), call("3", "not an account", at(2))];
    let body = gzip(format!(r#"{{"Records":[{}]}}"#, calls.join(",")).as_bytes());
    let taken = take(&mut judge, &trail(), "x.json.gz", &body, at(300));
    let nodes: Vec<&str> = findings(&taken.facts).iter().map(|f| f.node.as_str()).collect();
    assert_eq!(nodes, ["111122223333", "444455556666", "unknown account"]);
    let status = judge.status(at(301));
    assert_eq!(status.iter().map(|s| s.events).collect::<Vec<_>>(), [1, 1, 1]);
    // The same call of two accounts is two records.
    assert!(findings(&taken.facts)[0].id != findings(&taken.facts)[1].id);
}

#[test]
fn accounts_are_bounded() {
    let mut judge = judge_with(AuditLimits { sources: 2, ..AuditLimits::default() });
    for n in 0..5 {
        let body = format!(r#"{{"Records":[{}]}}"#, call("1", &format!("11112222333{n}"), at(n)));
        take(&mut judge, &trail(), "x", body.as_bytes(), at(10));
    }
    let status = judge.status(at(11));
    assert_eq!(status.len(), 3, "two, and those that are not told apart");
    assert_eq!(status.iter().map(|s| s.events).sum::<u64>(), 5);
}
