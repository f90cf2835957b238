//! Messages to HTTP servers that fail, are slow and come back; the life of a notifier.

use std::time::{Duration, Instant};

use avouch_finding::{Delivered, Severity, Time};
use avouch_notify::{Config, Outside as _, Secret, verify_signature};

use crate::sink::{Gate, Reply, Sink, ok, say};
use crate::world::{Tell as _, World, finding, start};

/// A webhook to each of these, and a route to all.
fn config(channels: &[(&str, &str)], more: &str, route: &str) -> String {
    let names: Vec<&str> = channels.iter().map(|(name, _)| *name).collect();
    let channel =
        |(name, url): &(&str, &str)| format!("  - {{name: {name}, to: {{webhook: {{url: '{url}/x'}}}}, {more}}}\n");
    let channels: String = channels.iter().map(channel).collect();
    format!(
        "channels:\n{channels}routes:\n  - {{name: all, channels: [{}], group_wait: 0s, {route}}}\n",
        names.join(", ")
    )
}

const FAST: &str = "retry: {attempts: 6, first: 10ms, longest: 20ms}";

#[test]
fn a_receiver_that_fails_and_comes_back_gets_the_message_once_it_can() {
    let sink = Sink::start(|_, number| match number {
        0 => say(500),
        1 => Reply::HangUp,
        2 => Reply::Say(429, "retry-after: 0\r\n", "slow down".to_owned()),
        3 => say(503),
        _ => ok(),
    });
    let world = World::new(&[("KEY", "the key")]);
    let yaml = config(&[("hook", &sink.url)], FAST, "").replace("/x'}", "/x', secret: 'env:KEY'}");
    let (notifier, receipts) = start(&yaml, &world);
    notifier.findings(&[finding(1, "r", Severity::High), finding(2, "r", Severity::High)]);
    let receipt = receipts.wait_for(1).remove(0);
    assert_eq!((receipt.state, receipt.attempts, receipt.count), (Delivered::Delivered, 5, 2));
    assert_eq!((receipt.channel.as_str(), receipt.means.as_str(), receipt.route.as_str()), ("hook", "webhook", "all"));
    assert_eq!(
        receipt.findings,
        [finding(1, "r", Severity::High).id, finding(2, "r", Severity::High).id]
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
    assert_eq!(receipt.answer, "200: ok");
    let requests = sink.requests();
    let id = requests[0].header("x-avouch-id");
    assert!(!id.is_empty() && requests.iter().all(|r| r.header("x-avouch-id") == id && r.body == requests[0].body));
    for request in &requests {
        let signature = request.header("x-avouch-signature");
        assert!(verify_signature(&Secret::new("the key"), signature, &request.body, world.now(), 60), "{signature}");
        let later = Time(world.now().0 + 3_600_000_000_000);
        assert!(!verify_signature(&Secret::new("the key"), signature, &request.body, later, 300), "a replay");
    }
    let body = requests[0].json();
    assert_eq!((&body["count"], &body["findings"][0]["rule"]), (&2.into(), &"r".into()));
    let status = notifier.status();
    let channel = &status.channels[0];
    assert_eq!((channel.sent, channel.failed, channel.queue), (1, 0, 0));
    assert!(channel.last_error.as_ref().is_some_and(|(_, why)| why.contains("503")));
}

#[test]
fn the_wait_that_a_receiver_asks_for_is_kept() {
    let sink = Sink::start(|_, n| if n == 0 { Reply::Say(429, "retry-after: 1\r\n", String::new()) } else { ok() });
    let (notifier, receipts) = start(&config(&[("hook", &sink.url)], FAST, ""), &World::new(&[]));
    notifier.findings(&[finding(1, "r", Severity::High)]);
    sink.wait_for(1);
    let asked = Instant::now();
    let receipt = receipts.wait_for(1).remove(0);
    assert_eq!((receipt.state, receipt.attempts), (Delivered::Delivered, 2));
    // Without the wait it would be 10 ms; the first request was seen a little after it came.
    assert!(asked.elapsed() >= Duration::from_millis(700), "{:?}", asked.elapsed());
}

#[test]
fn what_would_fail_again_is_not_tried_again() {
    for status in [400, 401, 404, 413, 302] {
        let sink = Sink::start(move |_, _| say(status));
        let (notifier, receipts) = start(&config(&[("hook", &sink.url)], FAST, ""), &World::new(&[]));
        notifier.findings(&[finding(1, "r", Severity::High)]);
        let receipt = receipts.wait_for(1).remove(0);
        assert_eq!((receipt.state, receipt.attempts), (Delivered::Failed, 1), "{status}");
        assert!(receipt.answer.ends_with(&format!("answered {status}")), "{}", receipt.answer);
        assert_eq!(notifier.status().channels[0].failed, 1);
    }
}

#[test]
fn silence_and_absence_end_after_all_attempts() {
    let silent = Sink::start(|_, _| Reply::Silence);
    let (nobody, url) = {
        let port = crate::receiver::free_port();
        (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{port}"))
    };
    for (url, wanted) in [(&silent.url, "did not answer in time"), (&url, "")] {
        let more = "retry: {attempts: 2, first: 10ms}, timeout: 300ms";
        let (notifier, receipts) = start(&config(&[("hook", url)], more, ""), &World::new(&[]));
        notifier.findings(&[finding(1, "r", Severity::High)]);
        let receipt = receipts.wait_for(1).remove(0);
        assert_eq!((receipt.state, receipt.attempts), (Delivered::Failed, 2));
        assert!(receipt.answer.contains(wanted), "{}", receipt.answer);
        assert!(wanted.is_empty() || !receipt.answer.contains(&nobody));
    }
}

#[test]
fn a_slow_channel_blocks_no_other() {
    let gate = Gate::default();
    let held = gate.clone();
    let slow = Sink::start(move |_, _| {
        held.pass();
        ok()
    });
    let fast = Sink::start(|_, _| ok());
    let yaml = config(&[("slow", &slow.url), ("fast", &fast.url)], "timeout: 60s", "group_by: [finding]");
    let (notifier, receipts) = start(&yaml, &World::new(&[]));
    notifier.findings(&(0..20).map(|n| finding(n, "r", Severity::High)).collect::<Vec<_>>());
    let first = receipts.wait_for(20);
    assert!(first.iter().all(|r| r.channel == "fast" && r.state == Delivered::Delivered));
    let waits: Vec<u64> = notifier.status().channels.iter().map(|c| c.queue).collect();
    assert_eq!(waits, [0, 20], "fast, slow");
    gate.open();
    let all = receipts.wait_for(40);
    assert_eq!(all.iter().filter(|r| r.channel == "slow" && r.state == Delivered::Delivered).count(), 20);
}

#[test]
fn a_full_queue_holds_back_and_says_so() {
    let gate = Gate::default();
    let held = gate.clone();
    let sink = Sink::start(move |_, _| {
        held.pass();
        ok()
    });
    let yaml = config(&[("hook", &sink.url)], "queue: 2, timeout: 60s", "group_by: [finding]");
    let (notifier, receipts) = start(&yaml, &World::new(&[]));
    notifier.findings(&[finding(0, "r", Severity::High)]);
    // The first is under way, so that exactly two more have room.
    sink.wait_for(1);
    notifier.findings(&(1..10).map(|n| finding(n, "r", Severity::High)).collect::<Vec<_>>());
    let full = receipts.wait_for(7);
    assert!(full.iter().all(|r| r.state == Delivered::HeldBack && r.answer == "the queue of the channel is full"));
    assert_eq!(notifier.status().channels[0].held_back, 7);
    gate.open();
    let all = receipts.wait_for(10);
    let delivered: u64 = all.iter().filter(|r| r.state == Delivered::Delivered).map(|r| r.count).sum();
    assert_eq!(delivered, 3);
}

#[test]
fn a_stop_tells_what_waits_and_accounts_for_what_it_cannot_tell() {
    let sink = Sink::start(|_, _| ok());
    let yaml = config(&[("hook", &sink.url)], "", "").replace("group_wait: 0s", "group_wait: 1h");
    let (notifier, receipts) = start(&yaml, &World::new(&[]));
    notifier.findings(&[finding(1, "r", Severity::High)]);
    notifier.stop(Duration::from_secs(30));
    let all = receipts.all();
    assert_eq!((all.len(), all[0].state, sink.requests().len()), (1, Delivered::Delivered, 1));

    // A receiver that is down: the wait for the next attempt ends, and what waits behind has a receipt, too. With time left
    // each message has one more attempt, and no more than that.
    let more = "retry: {attempts: 50, first: 1h, longest: 1h}";
    for (grace, requests, last) in
        [(Duration::ZERO, 1, "is sent when avouch runs again"), (Duration::from_secs(50), 4, "answered 503")]
    {
        let down = Sink::start(|_, _| say(503));
        let (notifier, receipts) =
            start(&config(&[("hook", &down.url)], more, "group_by: [finding]"), &World::new(&[]));
        notifier.findings(&(0..3).map(|n| finding(n, "r", Severity::High)).collect::<Vec<_>>());
        // The first attempt is over when its error shows.
        let since = Instant::now();
        while notifier.status().channels[0].last_error.is_none() {
            assert!(since.elapsed() < crate::world::PATIENCE);
            std::thread::sleep(Duration::from_millis(5));
        }
        notifier.stop(grace);
        let all = receipts.all();
        assert_eq!((all.len(), all.iter().map(|r| r.count).sum::<u64>()), (3, 3));
        assert!(all.iter().all(|r| r.state == Delivered::HeldBack && r.answer.contains(last)), "{all:#?}");
        assert_eq!(down.requests().len(), requests);
    }
}

#[test]
fn another_configuration_takes_over_and_loses_nothing() {
    let gate = Gate::default();
    let held = gate.clone();
    let old = Sink::start(move |_, _| {
        held.pass();
        ok()
    });
    let new = Sink::start(|_, _| ok());
    let yaml = |url: &str| config(&[("hook", url)], "timeout: 60s", "group_by: [finding]");
    let (notifier, receipts) = start(&yaml(&old.url), &World::new(&[]));
    notifier.findings(&[finding(1, "r", Severity::High), finding(2, "r", Severity::High)]);
    old.wait_for(1);
    notifier.reload(Config::parse("b", &yaml(&new.url)).unwrap()).unwrap();
    notifier.findings(&[finding(3, "r", Severity::High)]);
    new.wait_for(1);
    gate.open();
    let all = receipts.wait_for(3);
    assert!(all.iter().all(|r| r.state == Delivered::Delivered));
    assert_eq!((old.requests().len(), new.requests().len()), (2, 1));
    assert_eq!(notifier.status().channels[0].sent, 3, "numbers go on");
}

#[test]
fn a_secret_that_is_not_there_breaks_its_channel_alone() {
    let sink = Sink::start(|_, _| ok());
    let world = World::new(&[]);
    let yaml = format!(
        "channels: [{{name: chat, to: {{slack: {{url: 'env:CHAT'}}}}}}, {{name: hook, to: {{webhook: {{url: '{}'}}}}}}]
routes: [{{name: all, channels: [chat, hook], group_wait: 0s}}]",
        sink.url
    );
    let (notifier, receipts) = start(&yaml, &world);
    assert_eq!(notifier.status().channels[0].broken.as_deref(), Some("secret `env:CHAT` is not set"));
    notifier.findings(&[finding(1, "r", Severity::High)]);
    let all = receipts.wait_for(2);
    let of = |name: &str| all.iter().find(|r| r.channel == name).unwrap();
    assert_eq!((of("chat").state, of("hook").state), (Delivered::Failed, Delivered::Delivered));
    assert_eq!(of("chat").answer, "secret `env:CHAT` is not set");
    world.set("CHAT", &format!("{}/services/T/B/x", sink.url));
    notifier.reload(Config::parse("again", &yaml).unwrap()).unwrap();
    assert_eq!(notifier.status().channels[0].broken, None);
    assert_eq!(notifier.test("chat").unwrap().state, Delivered::Delivered);
}

#[test]
fn a_test_is_marked_sent_at_once_and_has_a_receipt() {
    let sink = Sink::start(|_, n| if n == 0 { ok() } else { say(403) });
    let (notifier, receipts) = start(&config(&[("hook", &sink.url)], "", ""), &World::new(&[]));
    let receipt = notifier.test("hook").unwrap();
    assert_eq!((receipt.state, receipt.reason.as_str(), receipt.attempts), (Delivered::Delivered, "test", 1));
    let body = sink.requests()[0].json();
    assert_eq!((&body["test"], &body["reason"]), (&true.into(), &"test".into()));
    assert!(body["title"].as_str().unwrap().starts_with("[TEST]"));
    assert_eq!(notifier.test("hook").unwrap().state, Delivered::Failed);
    assert_eq!(receipts.all().len(), 2);
    assert!(notifier.test("none").is_err());
}

#[test]
fn findings_are_posted_to_falcosidekick_one_by_one_and_none_twice() {
    // The second is refused once: the attempt after it goes on with the second.
    let sink = Sink::start(|_, n| if n == 1 { say(500) } else { ok() });
    let yaml = config(&[("kick", &sink.url)], FAST, "").replace("webhook: {url: '", "falcosidekick: {url: '");
    let (notifier, receipts) = start(&yaml, &World::new(&[]));
    notifier.findings(&(0..3).map(|n| finding(n, "r", Severity::High)).collect::<Vec<_>>());
    let receipt = receipts.wait_for(1).remove(0);
    assert_eq!((receipt.state, receipt.attempts), (Delivered::Delivered, 2));
    let ids: Vec<String> = sink.requests().iter().map(|r| r.json()["uuid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(ids[1], ids[2]);
    assert_eq!([&ids[0], &ids[1], &ids[3]].map(String::as_str).to_vec(), receipt.findings);
    assert_eq!(sink.requests()[0].path, "/x/");
}

#[test]
fn a_file_gets_a_line_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("findings.jsonl");
    let yaml = format!(
        "console: https://c.example\nchannels: [{{name: log, to: {{file: {{path: {}}}}}}}]\nroutes: [{{name: all, channels: [log], group_wait: 0s}}]",
        path.display()
    );
    let (notifier, receipts) = start(&yaml, &World::new(&[]));
    notifier.findings(&[finding(1, "a\nb", Severity::High)]);
    receipts.wait_for(1);
    notifier.findings(&[finding(2, "c", Severity::High), finding(3, "c", Severity::High)]);
    receipts.wait_for(2);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["finding"]["rule"], "a\nb");
    assert_eq!((&lines[1]["notification"]["count"], &lines[1]["notification"]["route"]), (&2.into(), &"all".into()));
    assert!(lines[2]["finding"]["link"].as_str().unwrap().starts_with("https://c.example/findings/"));
}
