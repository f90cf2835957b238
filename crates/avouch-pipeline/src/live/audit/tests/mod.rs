//! Audit records against rules, as batches, files and hostile bytes.

mod archive;
mod digests;
mod hostile;
mod judging;
mod watching;

use std::sync::{Arc, LazyLock};

use avouch_audit::Format;
use avouch_controls::AcceptanceSet;
use avouch_diagnostics::FileId;
use avouch_finding::{Fact, Finding, Gap, Observation, Time};

use super::*;
use crate::ruleset::{RuleSet, RuleSetOptions};

const SECOND: u64 = 1_000_000_000;

/// 2026-11-26T10:00:00Z.
fn begin() -> Time {
    Time::parse("2026-11-26T10:00:00Z").unwrap()
}

fn at(seconds: u64) -> Time {
    Time(begin().0 + seconds * SECOND)
}

const SECRETS: &str = "
- rule: Secret read
  desc: somebody read a secret
  condition: ka.verb in (get, list) and ka.target.resource = secrets
  output: secret read (user=%ka.user.name)
  priority: WARNING
  source: k8s_audit
  tags: [SOC2_CC6.1]
- rule: User made
  desc: an account got another user
  condition: ct.name = CreateUser
  output: user made (region=%ct.region)
  priority: CRITICAL
  source: aws_cloudtrail
";

fn rules(text: &str) -> Arc<RuleSet> {
    let rules = RuleSet::from_texts(vec![("r.yaml".into(), text.into())], Vec::new(), &RuleSetOptions::default());
    assert!(!rules.has_errors(), "{:?}", rules.diagnostics);
    Arc::new(rules)
}

fn judge() -> AuditJudge {
    judge_with(AuditLimits::default())
}

/// Compiled once for all cases.
static COMPILED: LazyLock<Arc<RuleSet>> = LazyLock::new(|| rules(SECRETS));

fn judge_with(limits: AuditLimits) -> AuditJudge {
    AuditJudge::new(
        Arc::clone(&COMPILED),
        AuditOptions { run: "run1".into(), limits, keep: true, ..AuditOptions::default() },
    )
}

fn acceptances(text: &str) -> AcceptanceSet {
    let (all, problems) = avouch_controls::parse_acceptances(FileId(0), text);
    assert!(problems.is_empty(), "{problems:?}");
    AcceptanceSet::new(all)
}

fn prod() -> AuditSource {
    AuditSource { node: "prod-api".into(), cluster: "prod".into(), format: Format::K8sAudit }
}

fn trail() -> AuditSource {
    AuditSource { node: String::new(), cluster: String::new(), format: Format::CloudTrail }
}

/// One audit event that happened at `time`.
fn event(id: &str, user: &str, verb: &str, time: Time) -> String {
    format!(
        r#"{{"level":"Metadata","auditID":"{id}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/a/secrets/s","verb":"{verb}","user":{{"username":"{user}"}},"objectRef":{{"resource":"secrets","namespace":"a","name":"s"}},"responseStatus":{{"code":200}},"stageTimestamp":"{time}"}}"#
    )
}

fn list(events: &[String]) -> String {
    format!(r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{{}},"items":[{}]}}"#, events.join(","))
}

/// One call that makes a user of `account`.
fn call(id: &str, account: &str, time: Time) -> String {
    let time = format!("{}Z", &time.to_string()[..19]);
    format!(
        r#"{{"eventVersion":"1.08","userIdentity":{{"type":"Root","accountId":"{account}"}},"eventTime":"{time}","eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventType":"AwsApiCall","eventID":"{id}","recipientAccountId":"{account}"}}"#
    )
}

fn take(judge: &mut AuditJudge, source: &AuditSource, name: &str, bytes: &[u8], received: Time) -> Taken {
    let taken = judge.take(source, &Delivery { name, bytes, received, ..Delivery::default() });
    judge.settle(&taken);
    taken
}

fn findings(facts: &[Fact]) -> Vec<&Finding> {
    facts.iter().filter_map(|f| if let Fact::Finding(finding) = f { Some(&**finding) } else { None }).collect()
}

fn observations(facts: &[Fact]) -> Vec<&Observation> {
    facts.iter().filter_map(|f| if let Fact::Observation(o) = f { Some(&**o) } else { None }).collect()
}

fn gaps(facts: &[Fact]) -> Vec<&Gap> {
    facts.iter().filter_map(|f| if let Fact::Gap(gap) = f { Some(&**gap) } else { None }).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn it_may_live_on_another_thread() {
    fn sent<T: Send>() {}
    sent::<AuditJudge>();
    sent::<Archive>();
    sent::<Taken>();
}
