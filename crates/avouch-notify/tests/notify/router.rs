//! The router, driven by hand: time is what the test says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use avouch_finding::{Delivered, Finding, Severity, Suppressed, Time};
use avouch_notify::{Config, Message, Reason, Router, Step, TEST_TAG};
use proptest::prelude::*;

use crate::world::{Takes as _, finding};

/// 2026-11-26T10:00:00Z, a Thursday.
pub(crate) const T0: u64 = 1_795_687_200;

pub(crate) fn at(seconds: u64) -> Time {
    Time((T0 + seconds) * 1_000_000_000)
}

fn router(routes: &str) -> Router {
    let channels = "channels:\n  - {name: a, to: {stdout: {}}}\n  - {name: b, to: {stdout: {}}}\n  - {name: limited, to: {stdout: {}}, at_most: {messages: 2, per: 1m}}\n";
    let config = Config::parse("test", &format!("console: https://c.example\n{channels}routes:\n{routes}"));
    Router::new(Arc::new(config.unwrap_or_else(|e| panic!("{e}"))))
}

/// Channel, reason, count, held back: what was sent.
fn sent(step: &Step) -> Vec<(&str, Reason, u64, u64)> {
    let one = |o: &'_ avouch_notify::Outgoing| (o.message.reason, o.message.count, o.message.held_back);
    step.send.iter().map(|o| (o.channel.as_str(), one(o).0, one(o).1, one(o).2)).collect()
}

fn shell(number: u64) -> Finding {
    finding(number, "shell", Severity::High)
}

#[test]
fn a_group_waits_for_more_and_is_silent_after_it_was_told() {
    let mut router = router("  - {name: r, channels: [a], group_wait: 30s, group_interval: 5m}");
    router.takes(at(0), &[shell(1), shell(2)]);
    router.takes(at(10), &[shell(3), finding(9, "other", Severity::Low)]);
    assert_eq!(router.next_due(), Some(at(30)));
    assert_eq!(router.due(at(29)), Step::default());
    assert_eq!(sent(&router.due(at(30))), [("a", Reason::New, 3, 0)], "the other group began later");
    assert_eq!(sent(&router.due(at(40))), [("a", Reason::New, 1, 0)]);
    router.takes(at(60), &[shell(4)]);
    assert_eq!(sent(&router.due(at(329))), []);
    let step = router.due(at(330));
    assert_eq!(sent(&step), [("a", Reason::New, 1, 0)]);
    assert_eq!((step.send[0].message.total, step.send[0].message.findings.len()), (4, 1));
    // Long after, the group is forgotten, and begins anew.
    router.due(at(1000));
    assert_eq!(router.next_due(), None);
    router.takes(at(2000), &[shell(5)]);
    assert_eq!(router.next_due(), Some(at(2030)));
}

#[test]
fn routes_go_in_order_and_on_only_where_they_say_so() {
    let mut router = router(
        "  - {name: one, match: {at_least: critical}, channels: [a], continue: true, group_wait: 0s}
  - {name: two, match: {namespace: [sh*], tag: [shell], source: [syscall], criterion: [CC7.?], cluster: [prod], node: ['*']}, channels: [b], group_wait: 0s}
  - {name: three, match: {rule: [none]}, channels: [a], group_wait: 0s}",
    );
    router.takes(at(0), &[finding(1, "x", Severity::Critical)]);
    assert_eq!(sent(&router.due(at(0))), [("a", Reason::New, 1, 0), ("b", Reason::New, 1, 0)]);
    router.takes(at(1), &[finding(2, "y", Severity::Low)]);
    assert_eq!(sent(&router.due(at(1))), [("b", Reason::New, 1, 0)]);
    let elsewhere = Finding { cluster: "dev".to_owned(), ..finding(3, "z", Severity::Low) };
    let accepted = Finding {
        suppressed: Some(Suppressed { acceptance: "ACC-1".to_owned() }),
        ..finding(4, "x", Severity::Critical)
    };
    router.takes(at(2), &[elsewhere, accepted]);
    assert_eq!(router.due(at(2)), Step::default());
    let taken = router.taken();
    assert_eq!((taken.routed, taken.unrouted, taken.suppressed), (2, 1, 1));
}

#[test]
fn a_test_is_told_apart_from_what_is_real() {
    let mut router = router("  - {name: r, channels: [a], group_wait: 0s}");
    let test = Finding { tags: vec![TEST_TAG.to_owned()], ..shell(2) };
    router.takes(at(0), &[shell(1), test]);
    let step = router.due(at(0));
    let tests: Vec<(bool, u64)> = step.send.iter().map(|o| (o.message.test, o.message.count)).collect();
    assert_eq!(tests, [(false, 1), (true, 1)]);
    assert_ne!(step.send[0].message.group, step.send[1].message.group);
}

#[test]
fn nobody_is_told_in_quiet_hours_but_of_what_is_severe() {
    // 10:00 UTC is 12:00 there: quiet until 13:00 there, 11:00 UTC.
    let mut router = router(
        "  - {name: r, channels: [a, b], group_wait: 0s, quiet: [{from: '11:30', to: '13:00', zone: '+02:00', unless: critical}]}",
    );
    router.takes(at(0), &[shell(1)]);
    let step = router.due(at(0));
    assert_eq!((step.send.len(), step.receipts.len()), (0, 2));
    let receipt = &step.receipts[0];
    assert_eq!((receipt.state, receipt.count), (Delivered::HeldBack, 1));
    assert_eq!(receipt.answer, "quiet hours until 2026-11-26T11:00:00.000000000Z");
    router.takes(at(60), &[shell(2), finding(3, "worse", Severity::Critical)]);
    assert_eq!(sent(&router.due(at(60))), [("a", Reason::New, 1, 0), ("b", Reason::New, 1, 0)]);
    assert_eq!(router.due(at(3599)), Step::default());
    assert_eq!(sent(&router.due(at(3600))), [("a", Reason::Quiet, 2, 0), ("b", Reason::Quiet, 2, 0)]);
}

#[test]
fn what_gets_severe_in_quiet_hours_is_told_at_the_next_turn() {
    let mut router = router(
        "  - {name: r, channels: [a], group_wait: 0s, group_by: [node], quiet: [{from: '09:00', to: '11:00', unless: critical}]}",
    );
    router.takes(at(0), &[shell(1)]);
    assert_eq!(router.due(at(0)).receipts.len(), 1);
    router.takes(at(60), &[finding(2, "worse", Severity::Critical)]);
    assert_eq!(sent(&router.due(at(60))), [("a", Reason::Quiet, 2, 0)], "the critical one takes the other along");
}

#[test]
fn others_are_told_when_nobody_acknowledges() {
    let routes = "  - {name: r, channels: [a], group_wait: 0s, group_interval: 1m, escalate: [{after: 15m, channels: [b]}, {after: 1h, channels: [a, b]}]}";
    let mut one = router(routes);
    one.takes(at(0), &[shell(1)]);
    let first = one.due(at(0));
    assert_eq!(sent(&one.due(at(899))), []);
    let step = one.due(at(900));
    assert_eq!(sent(&step), [("b", Reason::Escalation, 1, 0)]);
    assert_eq!(step.send[0].message.group, first.send[0].message.group, "so that it is the same incident");
    assert_eq!(sent(&one.due(at(3600))), [("a", Reason::Escalation, 1, 0), ("b", Reason::Escalation, 1, 0)]);
    assert_eq!(one.due(at(100_000)), Step::default());
    // Acknowledged between the steps.
    let mut two = router(routes);
    two.takes(at(0), &[shell(1), shell(2)]);
    two.due(at(0));
    two.due(at(900));
    two.acknowledged(&shell(2).id);
    assert_eq!(two.due(at(100_000)), Step::default());
    // What comes after the acknowledgement has a clock of its own.
    two.takes(at(200_000), &[shell(3)]);
    two.due(at(200_000));
    assert_eq!(sent(&two.due(at(200_900))), [("b", Reason::Escalation, 1, 0)]);
    // Also while the group still lasts: its steps begin anew.
    let mut three = router(&routes.replace("group_interval: 1m", "group_interval: 1h"));
    three.takes(at(0), &[shell(1)]);
    three.due(at(0));
    three.due(at(900));
    three.acknowledged(&shell(1).id);
    three.takes(at(1000), &[shell(2)]);
    assert_eq!(sent(&three.due(at(3600))), [("a", Reason::New, 1, 0)]);
    assert_eq!(three.due(at(4499)), Step::default());
    assert_eq!(sent(&three.due(at(4500))), [("b", Reason::Escalation, 1, 0)]);
}

#[test]
fn a_group_is_told_again_until_somebody_acknowledges_or_a_week_is_over() {
    let routes = "  - {name: r, channels: [a], group_wait: 0s, repeat: 4h}";
    let mut one = router(routes);
    one.takes(at(0), &[shell(1)]);
    let mut reminders = 0;
    one.due(at(0));
    while let Some(next) = one.next_due() {
        reminders += one.due(next).send.iter().filter(|o| o.message.reason == Reason::Reminder).count();
    }
    assert_eq!(reminders, 7 * 6);
    let mut two = router(routes);
    two.takes(at(0), &[shell(1)]);
    two.due(at(0));
    assert_eq!(sent(&two.due(at(4 * 3600))), [("a", Reason::Reminder, 1, 0)]);
    two.acknowledged(&shell(1).id);
    two.acknowledged("no such finding");
    assert_eq!(two.due(at(900_000)), Step::default());
}

#[test]
fn what_a_limit_holds_back_is_counted_and_told_with_the_next_message() {
    let mut router = router("  - {name: r, channels: [limited, a], group_by: [finding], group_wait: 0s}");
    let all: Vec<Finding> = (0..40).map(shell).collect();
    router.takes(at(0), &all[..39]);
    let step = router.due(at(0));
    let to = |step: &Step, name: &str| step.send.iter().filter(|o| o.channel == name).count();
    assert_eq!((to(&step, "a"), to(&step, "limited"), step.receipts.len()), (39, 2, 37));
    assert!(step.receipts.iter().all(|r| r.state == Delivered::HeldBack && r.findings.len() == 1));
    assert_eq!(step.receipts[0].answer, "limit of 2 messages in 1m");
    router.takes(at(60), &all[39..]);
    let step = router.due(at(60));
    assert_eq!(sent(&step), [("limited", Reason::New, 1, 37), ("a", Reason::New, 1, 0)]);
}

#[test]
fn what_a_limit_holds_back_is_told_even_if_nothing_follows_the_worst_first() {
    let mut router = router("  - {name: r, channels: [limited], group_by: [finding], group_wait: 0s}");
    router.takes(at(0), &(0..500).map(|n| finding(n, "noise", Severity::Low)).collect::<Vec<_>>());
    router.due(at(0));
    router.takes(at(1), &[finding(1000, "worst", Severity::Critical)]);
    assert_eq!(router.due(at(1)).send.len(), 0);
    router.due(at(59));
    let step = router.due(at(60));
    assert_eq!(sent(&step), [("limited", Reason::HeldBack, 499, 499)]);
    let message = &step.send[0].message;
    assert_eq!((message.severity, message.findings[0].rule.as_str()), (Severity::Critical, "worst"));
    assert!(message.findings.len() <= 50);
}

#[test]
fn a_flood_is_bounded_and_counted() {
    let mut router = router("  - {name: r, channels: [a], group_by: [finding], group_wait: 1m}");
    for part in 0..12 {
        router.takes(at(0), &(part * 1000..(part + 1) * 1000).map(shell).collect::<Vec<_>>());
    }
    let step = router.due(at(60));
    assert_eq!(step.send.len(), 10_001, "ten thousand groups, and one for all that is above");
    assert_eq!(step.send.iter().map(|o| o.message.count).sum::<u64>(), 12_000);
}

#[test]
fn a_changed_configuration_keeps_what_waits_for_routes_that_stay() {
    let stays = "  - {name: stays, match: {rule: [shell]}, channels: [a], group_wait: 1m}";
    let goes = "  - {name: goes, channels: [b], group_wait: 1m}";
    let config = |routes: &str| {
        let channels = "channels: [{name: a, to: {stdout: {}}}, {name: b, to: {stdout: {}}}]";
        Arc::new(Config::parse("test", &format!("{channels}\nroutes:\n{routes}")).unwrap_or_else(|e| panic!("{e}")))
    };
    let mut router = Router::new(config(
        &format!("{goes}x\n{stays}\n{goes}")
            .replace("name: goes, channels: [b], group_wait: 1m}x", "name: first, match: {rule: [no]}, channels: [b]}"),
    ));
    router.takes(at(0), &[shell(1), finding(2, "other", Severity::Low)]);
    let step = router.reconfigure(at(10), config(stays));
    assert_eq!(sent(&step), [("b", Reason::New, 1, 0)], "nothing is lost with its route");
    router.takes(at(20), &[shell(3)]);
    assert_eq!(sent(&router.due(at(60))), [("a", Reason::New, 2, 0)]);
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Find { rule: u8, severity: usize, accepted: bool },
    Wait(u64),
    Acknowledge(usize),
}

pub(crate) fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (0u8..4, 0usize..5, prop::bool::weighted(0.2))
            .prop_map(|(rule, severity, accepted)| Act::Find { rule, severity, accepted }),
        3 => (0u64..4000).prop_map(Act::Wait),
        1 => (0usize..50).prop_map(Act::Acknowledge),
    ];
    prop::collection::vec(act, 1..60)
}

/// A configuration with anything on or off.
pub(crate) fn any_config() -> impl Strategy<Value = String> {
    let wait = prop::sample::select(vec!["0s", "30s", "10m"]);
    let interval = prop::sample::select(vec!["0s", "5m", "2h"]);
    let by = prop::sample::select(vec!["[rule]", "[severity]", "[finding]", "[]"]);
    let extras = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (wait, interval, by, extras, 1u16..4).prop_map(|(wait, interval, by, (repeat, quiet, escalate, goes_on), most)| {
        let mut route = format!("group_wait: {wait}, group_interval: {interval}, group_by: {by}, continue: {goes_on}");
        if repeat {
            route += ", repeat: 6h";
        }
        if quiet {
            route += ", quiet: [{from: '10:30', to: '12:00', unless: high}]";
        }
        if escalate {
            route += ", escalate: [{after: 20m, channels: [b]}, {after: 1h, channels: [c]}]";
        }
        format!(
            "channels:
  - {{name: a, to: {{stdout: {{}}}}, at_most: {{messages: {most}, per: 10m}}}}
  - {{name: b, to: {{stdout: {{}}}}}}
  - {{name: c, to: {{stdout: {{}}}}}}
routes:
  - {{name: one, match: {{at_least: medium}}, channels: [a, b], {route}}}
  - {{name: two, match: {{rule: ['rule [01]', 'rule 2', 'rule 0']}}, channels: [b], group_wait: 1m}}
"
        )
    })
}

/// Everything that came out, with when.
#[derive(Default)]
struct Log {
    sent: Vec<(u64, String, Arc<Message>)>,
    held: Vec<(String, u64, String)>,
}

impl Log {
    fn take(&mut self, now: u64, step: Step) {
        for o in step.send {
            assert_eq!(o.message.time, at(now));
            self.sent.push((now, o.channel, o.message));
        }
        for r in step.receipts {
            assert_eq!(r.state, Delivered::HeldBack);
            // Of a reminder, whose findings were told before, a receipt is all there is.
            if r.reason != "reminder" {
                self.held.push((r.channel, r.count, r.answer));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_finding_is_told_once_or_accounted_for(config in any_config(), acts in acts()) {
        let config = Arc::new(Config::parse("test", &config).unwrap_or_else(|e| panic!("{e}")));
        let mut router = Router::new(Arc::clone(&config));
        let (mut now, mut log) = (0u64, Log::default());
        let mut wanted: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        let mut ids: Vec<String> = Vec::new();
        for (number, act) in acts.iter().enumerate() {
            match act {
                Act::Wait(seconds) => now += seconds,
                Act::Acknowledge(which) => {
                    if let Some(id) = ids.get(*which) {
                        router.acknowledged(id);
                    }
                }
                Act::Find { rule, severity, accepted } => {
                    let mut f = finding(number as u64, &format!("rule {rule}"), Severity::ALL[*severity]);
                    f.suppressed = accepted.then(|| Suppressed { acceptance: "A".to_owned() });
                    ids.push(f.id.clone());
                    // What the routes above say, said again.
                    let one = f.severity >= Severity::Medium;
                    let two = (*rule == 0 || *rule == 2) && (!one || config.routes[0].goes_on);
                    for (takes, route, channels) in [(one, "one", &["a", "b"][..]), (two, "two", &["b"][..])] {
                        for channel in channels.iter().filter(|_| takes && !accepted) {
                            wanted.entry((route.to_owned(), (*channel).to_owned())).or_default().insert(f.id.clone());
                        }
                    }
                    router.takes(at(now), &[f]);
                }
            }
            log.take(now, router.due(at(now)));
            prop_assert!(router.next_due().is_none_or(|next| next > at(now)), "it would spin");
        }
        // On until nothing is left to do. Times are whole seconds.
        let mut turns = 0;
        while let Some(next) = router.next_due() {
            now = (next.0 / 1_000_000_000 - T0).max(now);
            log.take(now, router.due(at(now)));
            turns += 1;
            prop_assert!(turns < 5000, "it does not come to an end");
        }
        prop_assert_eq!(router.flush(at(now)), Step::default());

        let mut told: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        let mut told_of_held: BTreeMap<&str, u64> = BTreeMap::new();
        for (when, channel, message) in &log.sent {
            *told_of_held.entry(channel).or_default() += message.held_back;
            if matches!(message.reason, Reason::New | Reason::Quiet) {
                prop_assert_eq!(message.count, message.findings.len() as u64);
                for f in &message.findings {
                    let first = told.entry((message.route.clone(), channel.clone())).or_default().insert(f.id.clone());
                    prop_assert!(first, "told twice");
                }
            }
            if message.route == "one" && !config.routes[0].quiet.is_empty() && message.reason != Reason::HeldBack {
                let quiet = config.routes[0].quiet[0].until(at(*when), message.severity);
                prop_assert!(quiet.is_none(), "told in quiet hours");
            }
        }
        // Only channel `a` has a limit, and only route `one` tells it.
        let mut held: u64 = 0;
        for (channel, count, answer) in &log.held {
            if answer.starts_with("limit") {
                prop_assert_eq!(channel, "a");
                held += count;
            }
        }
        let number = |of: &BTreeMap<(String, String), BTreeSet<String>>, route: &str, channel: &str| {
            of.get(&(route.to_owned(), channel.to_owned())).map_or(0, BTreeSet::len) as u64
        };
        for (route, channel) in [("one", "b"), ("two", "b")] {
            let key = (route.to_owned(), channel.to_owned());
            prop_assert_eq!(told.get(&key), wanted.get(&key));
        }
        prop_assert_eq!(number(&told, "one", "a") + held, number(&wanted, "one", "a"));
        prop_assert_eq!(told_of_held.get("a").copied().unwrap_or(0), held, "what was held back is told of");
        // The limit.
        let rate = config.channels[0].at_most.unwrap();
        let times: Vec<u64> = log.sent.iter().filter(|(_, c, _)| c == "a").map(|(when, ..)| *when).collect();
        for window in times.windows(usize::from(rate.messages) + 1) {
            prop_assert!(window[window.len() - 1] - window[0] >= 600, "{times:?}");
        }
    }
}
