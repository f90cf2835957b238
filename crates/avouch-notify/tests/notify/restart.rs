//! A router that ends at any moment, and another that goes on from what was kept of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use avouch_finding::{Delivered, Finding, Severity, Suppressed, Time};
use avouch_notify::{Change, Config, Message, Noted, Outgoing, Reason, Router, Saved, Step};
use proptest::prelude::*;

use crate::router::{Act, acts, any_config, at};
use crate::world::{Takes as _, finding};

/// What outlives a router: rows, and findings of the ledger.
#[derive(Default)]
struct Disk {
    rows: BTreeMap<String, String>,
    ledger: BTreeMap<u64, Arc<Noted>>,
}

impl Disk {
    fn keep(&mut self, router: &mut Router, now: Time) {
        for Change { name, value } in router.changes(now) {
            match value {
                Some(value) => drop(self.rows.insert(name, value)),
                None => drop(self.rows.remove(&name)),
            }
        }
    }

    fn record(&mut self, findings: &[Finding]) {
        for finding in findings {
            let seq = finding.event;
            self.ledger.insert(seq, Arc::new(Noted { seq, finding: finding.clone() }));
        }
    }

    fn restore(&self, config: &Arc<Config>, now: Time) -> Router {
        let saved = Saved::read(self.rows.clone());
        assert!(saved.unreadable().is_empty(), "{:?}", saved.unreadable());
        let wanted = saved.findings();
        let found = wanted.iter().filter_map(|seq| Some((*seq, self.ledger.get(seq)?.clone()))).collect();
        Router::new(Arc::clone(config)).sums_up_after(HOUR).restore(saved, &found, now)
    }
}

const HOUR: Duration = Duration::from_hours(1);

fn config(routes: &str) -> Arc<Config> {
    let channels = "channels: [{name: a, to: {stdout: {}}}, {name: b, to: {stdout: {}}}]";
    Arc::new(Config::parse("test", &format!("{channels}\nroutes:\n{routes}")).unwrap_or_else(|e| panic!("{e}")))
}

fn shell(number: u64) -> Finding {
    finding(number, "shell", Severity::High)
}

fn settle(router: &mut Router, step: &Step) {
    step.send.iter().for_each(|o| router.settled(&o.message.id, &o.channel));
}

/// Ids hold a count of this router's messages.
fn without_ids(step: Step) -> Step {
    let send =
        |o: Outgoing| Outgoing { message: Arc::new(Message { id: String::new(), ..Message::clone(&o.message) }), ..o };
    let receipts = step.receipts.into_iter().map(|r| avouch_finding::Delivery { message: String::new(), ..r });
    Step { send: step.send.into_iter().map(send).collect(), receipts: receipts.collect() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn one_that_ends_after_each_act_tells_what_one_that_lives_tells(yaml in any_config(), acts in acts()) {
        let config = Arc::new(Config::parse("test", &yaml).unwrap_or_else(|e| panic!("{e}")));
        // Nothing is late here: waits of these acts are longer than an hour.
        let mut lives = Router::new(Arc::clone(&config));
        let mut disk = Disk::default();
        disk.keep(&mut Router::new(Arc::clone(&config)), at(0));
        let (mut now, mut ids) = (0u64, Vec::<String>::new());
        for (number, act) in acts.iter().enumerate() {
            // It lived until this moment.
            if let Act::Wait(seconds) = act {
                now += seconds;
            }
            let saved = Saved::read(disk.rows.clone());
            let found = disk.ledger.clone();
            let mut dies = Router::new(Arc::clone(&config)).restore(saved, &found, at(now));
            prop_assert_eq!(dies.resume(at(now)), Step::default());
            match act {
                Act::Wait(_) => {}
                Act::Acknowledge(which) => {
                    if let Some(id) = ids.get(*which) {
                        lives.acknowledged(id);
                        dies.acknowledged(id);
                    }
                }
                Act::Find { rule, severity, accepted } => {
                    let mut f = finding(number as u64, &format!("rule {rule}"), Severity::ALL[*severity]);
                    f.suppressed = accepted.then(|| Suppressed { acceptance: "A".to_owned() });
                    ids.push(f.id.clone());
                    disk.record(std::slice::from_ref(&f));
                    lives.takes(at(now), std::slice::from_ref(&f));
                    dies.takes(at(now), &[f]);
                }
            }
            let (one, other) = (lives.due(at(now)), dies.due(at(now)));
            settle(&mut dies, &other);
            disk.keep(&mut dies, at(now));
            prop_assert_eq!(lives.next_due(), dies.next_due());
            prop_assert_eq!(without_ids(one), without_ids(other));
        }
    }
}

#[test]
fn a_message_is_given_again_until_a_receipt_says_how_it_ended() {
    let config = config("  - {name: r, channels: [a, b], group_wait: 0s}");
    let (mut disk, mut router) = (Disk::default(), Router::new(Arc::clone(&config)));
    disk.record(&[shell(1), shell(2)]);
    router.takes(at(0), &[shell(1), shell(2)]);
    router.reached(2);
    let told = router.due(at(0));
    disk.keep(&mut router, at(0));

    // It was killed before any receipt, then after that of one channel.
    let mut next = disk.restore(&config, at(5));
    assert_eq!(next.position(), 2);
    assert_eq!(next.resume(at(5)), told, "the same messages, with the same ids");
    disk.keep(&mut next, at(5));
    let mut next = disk.restore(&config, at(6));
    next.settled(&told.send[0].message.id, "a");
    assert_eq!(next.resume(at(6)).send, told.send[1..]);
    next.settled(&told.send[1].message.id, "b");
    disk.keep(&mut next, at(6));
    let mut next = disk.restore(&config, at(7));
    assert_eq!(next.resume(at(7)), Step::default());
    next.due(at(1000));
    disk.keep(&mut next, at(1000));
    assert_eq!(disk.rows.keys().map(String::as_str).collect::<Vec<_>>(), ["config", "limit a", "limit b", "position"]);
}

#[test]
fn a_finding_that_the_ledger_no_longer_has_stays_counted() {
    let config = config("  - {name: r, channels: [a], group_wait: 1m}");
    let (mut disk, mut router) = (Disk::default(), Router::new(Arc::clone(&config)));
    disk.record(&[shell(1)]);
    router.takes(at(0), &[shell(1), shell(2)]);
    disk.keep(&mut router, at(0));
    let mut next = disk.restore(&config, at(1));
    next.resume(at(1));
    let step = next.due(at(60));
    assert_eq!((step.send[0].message.count, step.send[0].message.findings.len()), (2, 1));
}

#[test]
fn what_a_removed_route_had_waiting_is_told_at_the_next_start() {
    let (mut disk, mut router) =
        (Disk::default(), Router::new(config("  - {name: old, channels: [b], group_wait: 1h}")));
    disk.record(&[shell(1)]);
    router.takes(at(0), &[shell(1)]);
    disk.keep(&mut router, at(0));
    let new = config("  - {name: new, channels: [a], group_wait: 0s}");
    let mut next = disk.restore(&new, at(60));
    next.takes(at(60), &[shell(2)]);
    let step = next.resume(at(60));
    assert_eq!(step.send.iter().map(|o| (o.channel.as_str(), o.message.count)).collect::<Vec<_>>(), [("b", 1)]);
    assert_eq!(next.due(at(60)).send[0].channel, "a", "what comes is routed by the new file");
}

#[test]
fn what_is_old_when_it_comes_is_one_message_a_route_at_a_time() {
    let config = config("  - {name: r, channels: [a], group_by: [finding], group_wait: 0s, group_interval: 0s}");
    let mut router = Router::new(config).sums_up_after(HOUR);
    // Findings are of second 0.
    let hours = at(2 * 3600);
    router.takes(hours, &(0..500).map(shell).collect::<Vec<_>>());
    let fresh = Finding { time: hours, ..shell(1000) };
    router.takes(hours, &[fresh]);
    let step = router.due(hours);
    assert_eq!(step.send.iter().map(|o| (o.message.reason, o.message.count)).collect::<Vec<_>>(), [(Reason::New, 1)]);
    let step = router.due(Time(hours.0 + 30_000_000_000));
    assert_eq!(
        step.send.iter().map(|o| (o.message.reason, o.message.count)).collect::<Vec<_>>(),
        [(Reason::Late, 500)]
    );
    assert!(step.send[0].message.labels.is_empty(), "they have nothing in common");
    router.takes(Time(hours.0 + 31_000_000_000), &[shell(2000)]);
    assert_eq!(router.due(Time(hours.0 + 300_000_000_000)), Step::default());
    assert_eq!(router.due(Time(hours.0 + 330_000_000_000)).send[0].message.count, 1);
    assert_eq!((router.taken().late, router.taken().routed), (501, 502));
}

#[test]
fn after_a_long_outage_what_waited_is_told_in_sum_and_clocks_go_on() {
    let route = "  - {name: r, channels: [a], group_by: [finding], group_wait: 10s, repeat: 2h, escalate: [{after: 90m, channels: [b]}]}";
    let config = config(route);
    let (mut disk, mut router) = (Disk::default(), Router::new(Arc::clone(&config)).sums_up_after(HOUR));
    let all: Vec<Finding> = (0..30).map(shell).collect();
    disk.record(&all);
    router.takes(at(0), &all[..10]);
    let told = router.due(at(10));
    assert_eq!(told.send.len(), 10);
    // Of the last message there is no receipt, and twenty more wait.
    told.send[..9].iter().for_each(|o| router.settled(&o.message.id, "a"));
    router.takes(at(15), &all[10..]);
    disk.keep(&mut router, at(15));

    // A short outage changes nothing.
    let mut short = disk.restore(&config, at(600));
    assert_eq!(short.resume(at(600)).send.len(), 1);
    assert_eq!(short.due(at(600)).send.len(), 20);

    let day = 86_400;
    let mut long = disk.restore(&config, at(day));
    let step = long.resume(at(day));
    assert_eq!((step.send.len(), step.receipts.len(), step.receipts[0].state), (0, 1, Delivered::HeldBack));
    assert_eq!(step.receipts[0].message, told.send[9].message.id);
    let (mut sums, mut now) = (Vec::new(), day);
    while let Some(next) = long.next_due().filter(|next| *next < at(day + 3600)) {
        now = now.max((next.0 - at(0).0) / 1_000_000_000);
        let sent = long.due(at(now)).send.into_iter();
        sums.extend(sent.map(|o| (o.message.reason, o.message.count, o.message.held_back)));
    }
    assert_eq!(sums, [(Reason::Late, 20, 1)], "and what was under way is counted");
    // What was told ten seconds after the begin is escalated 90 minutes after that, without the outage, which began at 15 s.
    let due = long.due(at(day + 90 * 60 - 5));
    assert_eq!(due.send.iter().filter(|o| o.message.reason == Reason::Escalation).count(), 10);
}
