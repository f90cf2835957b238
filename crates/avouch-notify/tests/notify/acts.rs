//! What people do about findings, passed on to where they were told.

use std::sync::Arc;

use avouch_finding::{Decision, Delivered, Finding, Severity};
use avouch_notify::{Config, Deed, Input, Notifier, Outgoing, Reason, Router, Step};

use crate::router::at;
use crate::sink::{Request, Sink, ok};
use crate::world::{Takes as _, Tell as _, World, act, finding, start};

const BENIGN: Deed = Deed::Decided(Decision::Benign);

fn shell(number: u64) -> Finding {
    finding(number, "shell", Severity::High)
}

fn router(routes: &str) -> Router {
    let channels = "channels:
  - {name: chat, to: {stdout: {}}}
  - {name: duty, to: {stdout: {}}, pass_on: [acknowledge, close], at_most: {messages: 1, per: 1h}}
  - {name: closes, to: {stdout: {}}, pass_on: [close]}
";
    let config = Config::parse("test", &format!("{channels}routes:\n{routes}"));
    Router::new(Arc::new(config.unwrap_or_else(|e| panic!("{e}"))))
}

fn told(step: &Step) -> Vec<(&str, Reason, u64)> {
    let acts = step.send.iter().filter(|o| o.message.act.is_some());
    acts.map(|o: &Outgoing| (o.channel.as_str(), o.message.reason, o.message.count)).collect()
}

#[test]
fn the_first_act_acknowledges_and_the_last_decision_closes_past_all_limits() {
    let mut router = router("  - {name: r, channels: [chat, duty, closes], group_wait: 0s}");
    router.takes(at(0), &[shell(1), shell(2)]);
    let first = router.due(at(0));
    assert_eq!((first.send.len(), told(&first)), (3, vec![]));
    router.acted(at(10), act(&shell(1).id, Deed::Acknowledged));
    assert!(router.next_due().is_some_and(|at| at <= crate::router::at(10)), "it does not wait");
    let step = router.due(at(10));
    assert_eq!(told(&step), [("duty", Reason::Acknowledged, 2)]);
    assert_eq!(step.send[0].message.group, first.send[1].message.group, "the same incident");
    assert_eq!(step.send[0].message.act.as_ref().unwrap().by, "ada");
    for (finding, deed) in
        [(&shell(2), Deed::Acknowledged), (&shell(1), BENIGN), (&shell(9), BENIGN), (&shell(1), BENIGN)]
    {
        router.acted(at(20), act(&finding.id, deed));
        assert_eq!(told(&router.due(at(20))), [], "nothing that they would not know");
    }
    router.acted(at(30), act(&shell(2).id, BENIGN));
    assert_eq!(told(&router.due(at(30))), [("closes", Reason::Closed, 2), ("duty", Reason::Closed, 2)]);
    router.acted(at(40), act(&shell(2).id, BENIGN));
    assert_eq!(told(&router.due(at(40))), [], "it is closed");
}

#[test]
fn a_decision_alone_acknowledges_and_what_comes_later_wants_acts_of_its_own() {
    let mut router = router("  - {name: r, channels: [duty, closes], group_wait: 0s, group_interval: 0s}");
    router.takes(at(0), &[shell(1), shell(2)]);
    router.due(at(0));
    router.acted(at(1), act(&shell(1).id, BENIGN));
    assert_eq!(told(&router.due(at(1))), [("duty", Reason::Acknowledged, 2)]);
    router.takes(at(2 * 3600), &[shell(3)]);
    router.due(at(2 * 3600));
    router.acted(at(7201), act(&shell(2).id, BENIGN));
    assert_eq!(told(&router.due(at(7201))), [("duty", Reason::Acknowledged, 3)], "the third is open");
    router.acted(at(7202), act(&shell(3).id, BENIGN));
    assert_eq!(told(&router.due(at(7202))), [("closes", Reason::Closed, 3), ("duty", Reason::Closed, 3)]);
}

#[test]
fn whoever_was_told_by_an_escalation_is_told_of_acts_too_long_after_the_group_was_forgotten() {
    let mut router =
        router("  - {name: r, channels: [chat], group_wait: 0s, escalate: [{after: 5m, channels: [duty]}]}");
    router.takes(at(0), &[shell(1)]);
    router.due(at(0));
    router.acted(at(1), act(&shell(1).id, Deed::Acknowledged));
    assert_eq!(told(&router.due(at(1))), [], "duty knows of nothing");
    router.takes(at(400), &[shell(2)]);
    router.due(at(400));
    router.due(at(700));
    router.due(at(100_000));
    router.acted(at(200_000), act(&shell(2).id, BENIGN));
    assert_eq!(told(&router.due(at(200_000))), [("duty", Reason::Closed, 1)]);
}

#[test]
fn what_has_more_findings_than_are_followed_is_acknowledged_and_not_closed() {
    let mut router = router("  - {name: r, channels: [duty], group_wait: 0s}");
    let all: Vec<Finding> = (0..300).map(shell).collect();
    router.takes(at(0), &all);
    router.due(at(0));
    all.iter().for_each(|f| router.acted(at(1), act(&f.id, BENIGN)));
    assert_eq!(told(&router.due(at(1))), [("duty", Reason::Acknowledged, 300)]);
}

#[test]
fn incidents_outlive_a_restart() {
    let mut one = router("  - {name: r, channels: [duty], group_wait: 0s}");
    one.takes(at(0), &[shell(1), shell(2)]);
    one.due(at(0));
    one.acted(at(1), act(&shell(1).id, BENIGN));
    let step = one.due(at(1));
    let rows = one.changes(at(2)).into_iter().filter_map(|c| Some((c.name, c.value?)));
    let saved = avouch_notify::Saved::read(rows);
    assert!(saved.unreadable().is_empty());
    let found = crate::world::noted(&[shell(1), shell(2)]).into_iter().map(|f| (f.seq, Arc::new(f))).collect();
    let mut two = Router::new(Arc::clone(one.config())).restore(saved, &found, at(3));
    assert_eq!(told(&two.resume(at(3))), [("duty", Reason::Acknowledged, 2)], "of which no receipt is known");
    step.send.iter().for_each(|o| two.settled(&o.message.id, &o.channel));
    two.acted(at(4), act(&shell(2).id, BENIGN));
    assert_eq!(told(&two.due(at(4))), [("duty", Reason::Closed, 2)]);
}

#[test]
fn what_means_cannot_tell_is_refused_with_its_place() {
    for (to, acts, fine) in [
        ("falcosidekick: {url: http://localhost:2801}", "[close]", false),
        ("syslog: {host: localhost}", "[acknowledge]", false),
        ("alertmanager: {url: http://localhost:9093}", "[acknowledge]", false),
        ("alertmanager: {url: http://localhost:9093}", "[close]", true),
        ("syslog: {host: localhost}", "[]", true),
    ] {
        let parsed =
            Config::parse("notify.yaml", &format!("channels:\n  - {{name: a, to: {{{to}}}, pass_on: {acts}}}\n"));
        assert_eq!(parsed.is_ok(), fine, "{to} {acts}");
        if let Err(error) = parsed {
            assert!(error.to_string().contains("F0107"), "{error}");
        }
    }
}

/// One finding told, acknowledged, and decided: the requests of a receiver.
fn story(to: &str, more: &str, requests: usize) -> Vec<Request> {
    let sink = Sink::start(|_, _| ok());
    let world = World::new(&[("KEY", "the key")]);
    let to = to.replace("URL", &sink.url);
    let yaml = format!(
        "channels:\n  - {{name: duty, to: {{{to}}}{more}}}\nroutes:\n  - {{name: all, channels: [duty], group_wait: 0s}}\n"
    );
    let (notifier, receipts) = start(&yaml, &world);
    notifier.findings(&[shell(1)]);
    sink.wait_for(1);
    let did = |notifier: &Notifier, deed| notifier.take(vec![Input::Act(act(&shell(1).id, deed))], 0);
    did(&notifier, Deed::Acknowledged);
    did(&notifier, BENIGN);
    let all = receipts.wait_for(requests);
    assert!(all.iter().all(|r| r.state == Delivered::Delivered), "{all:#?}");
    let reasons: Vec<&str> = all.iter().map(|r| r.reason.as_str()).collect();
    let wanted: &[&str] = if requests == 3 { &["", "acknowledged", "closed"] } else { &["", "closed"] };
    assert_eq!(reasons, wanted);
    sink.requests()
}

#[test]
fn pagerduty_is_told_with_the_key_of_the_incident() {
    let events = story("pagerduty: {routing_key: 'env:KEY', base: 'URL'}", "", 3);
    let bodies: Vec<_> = events.iter().map(Request::json).collect();
    let actions: Vec<_> = bodies.iter().map(|b| b["event_action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["trigger", "acknowledge", "resolve"]);
    assert!(bodies.iter().all(|b| b["dedup_key"] == bodies[0]["dedup_key"] && b["routing_key"] == "the key"));
    assert!(events.iter().all(|e| e.path == "/v2/enqueue"));
}

#[test]
fn opsgenie_is_told_by_the_alias_of_the_alert() {
    let requests = story("opsgenie: {api_key: 'env:KEY', base: 'URL'}", "", 3);
    let alias = requests[0].json()["alias"].as_str().unwrap().to_owned();
    let paths: Vec<&str> = requests.iter().map(|r| r.path.as_str()).collect();
    let of = |what: &str| format!("/v2/alerts/{alias}/{what}?identifierType=alias");
    assert_eq!(paths, ["/v2/alerts", &of("acknowledge"), &of("close")]);
    assert!(requests.iter().all(|r| r.header("authorization") == "GenieKey the key"));
    let closed = requests[2].json();
    assert_eq!((&closed["user"], &closed["note"]), (&"ada".into(), &"decided (benign) by ada: looked at it".into()));
}

#[test]
fn alertmanager_is_told_that_the_same_alerts_are_over() {
    let requests = story("alertmanager: {url: 'URL'}", "", 2);
    let (fires, ends) = (requests[0].json(), requests[1].json());
    assert_eq!(fires[0]["labels"], ends[0]["labels"], "it would be another alert");
    let time = |body: &serde_json::Value| avouch_finding::Time::parse(body[0]["endsAt"].as_str().unwrap()).unwrap();
    let now = avouch_notify::Outside::now(&avouch_notify::System);
    assert!(time(&fires) > now && time(&ends) <= now, "{ends}");
}

#[test]
fn a_webhook_is_told_when_it_asks_for_it() {
    let requests = story("webhook: {url: 'URL'}", ", pass_on: [close]", 2);
    let body = requests[1].json();
    assert_eq!((&body["reason"], &body["act"]["decision"]), (&"closed".into(), &"benign".into()));
    assert!(body["title"].as_str().unwrap().starts_with("[closed]"), "{body}");
}
