//! The live stream: what is for whom, going on after a break, and what was missed.

use std::collections::BTreeSet;

use avouch_auth::Role;
use avouch_finding::{Finding, Severity};
use avouch_server::centre::Recorded;
use serde_json::json;

use crate::common::{TestServer, finding};
use crate::user;
use crate::watcher::{Watcher, ids};

#[test]
fn findings_of_the_filter_and_acts_about_any_arrive_in_order_with_the_numbers_of_their_records() {
    let server = TestServer::start();
    let ada = server.admin();
    let mut watcher = Watcher::open(&server, &ada, "severity=high", None);
    let hello = watcher.news();
    assert_eq!((hello.name.as_str(), &hello.data["resumed"]), ("hello", &json!(false)));
    assert_eq!(hello.id, hello.data["seq"].as_u64());
    let (low, high) = (finding(1, Severity::Low), finding(2, Severity::High));
    let recorded = server.record(vec![low.clone(), high.clone()]);
    let first = watcher.news();
    assert_eq!((first.name.as_str(), &first.data["id"]), ("finding", &json!(high.id)));
    assert_eq!(first.id.map(Recorded::At).as_ref(), Some(&recorded[1]));
    ada.post("/findings/act", &json!({"ids": [low.id], "note": {"text": "seen"}})).fine();
    let act = watcher.news();
    assert_eq!((act.name.as_str(), &act.data["finding"]), ("act", &json!(low.id)));
    assert_eq!((&act.data["kind"], &act.data["by"]), (&json!("note"), &json!("ada")));
}

#[test]
fn a_stream_says_at_once_how_everything_stands() {
    let server = TestServer::start();
    let mut watcher = Watcher::open(&server, &server.admin(), "", None);
    let health = loop {
        let event = watcher.next();
        if event.name == "health" {
            break event;
        }
    };
    assert!(health.data["ready"].is_boolean() && health.data["sources"].is_object(), "{}", health.data);
    assert_eq!(health.id, health.data["seq"].as_u64());
}

#[test]
fn a_stream_that_broke_goes_on_where_it_was_without_holes_or_repeats() {
    let server = TestServer::start();
    let ada = server.admin();
    let findings: Vec<Finding> = (0..30).map(|n| finding(n, Severity::High)).collect();
    let mut watcher = Watcher::open(&server, &ada, "", None);
    server.record(findings[..10].to_vec());
    let seen = watcher.until(&findings[4].id);
    let last = seen.last().unwrap().id;
    drop(watcher);
    ada.post("/findings/act", &json!({"ids": [findings[0].id], "note": {"text": "meanwhile"}})).fine();
    server.record(findings[10..20].to_vec());

    let mut watcher = Watcher::open(&server, &ada, "", last);
    let hello = watcher.news();
    assert_eq!((hello.id, &hello.data["resumed"]), (None, &json!(true)), "a break now must not pass over anything");
    server.record(findings[20..].to_vec());
    let rest = watcher.until(&findings[29].id);
    let expected: Vec<String> = findings[5..].iter().map(|f| f.id.clone()).collect();
    assert_eq!(ids(&rest), expected);
    assert_eq!(rest.iter().filter(|e| e.name == "act").count(), 1);
    assert!(rest.iter().all(|e| e.name != "missed"));
    let order: Vec<u64> = rest.iter().filter_map(|e| e.id).collect();
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn who_was_away_for_too_long_is_told_exactly_how_much_went_by() {
    let server = TestServer::start();
    let ada = server.admin();
    let begun = *server.running().app().centre.position().borrow();
    let all = 10_600;
    let mut told = Vec::new();
    for from in (0..all).step_by(2_000) {
        let findings = (from..(from + 2_000).min(all)).map(|n| finding(n, Severity::Low)).collect();
        told.extend(self::numbers(&server.record(findings)));
    }
    let mut watcher = Watcher::open(&server, &ada, "", Some(begun));
    let (mut shown, mut missed) = (BTreeSet::new(), None);
    while missed.is_none() {
        let event = watcher.news();
        match event.name.as_str() {
            "finding" => assert!(shown.insert(event.id.unwrap())),
            "missed" => missed = Some(event),
            _ => {}
        }
    }
    let missed = missed.unwrap();
    let numbers = ["count", "since", "to"].map(|name| missed.data[name].as_u64().unwrap());
    let [count, since, to] = numbers;
    assert_eq!(count, to - since);
    assert!((10_000..all as usize).contains(&shown.len()), "{}", shown.len());
    // Every finding was shown or is among those of which it is told that they went by.
    let expected: BTreeSet<u64> = told.iter().filter(|seq| **seq <= since || **seq > to).copied().collect();
    assert_eq!(shown, expected);
    // And it goes on live.
    let next = finding(all, Severity::Low);
    server.record(vec![next.clone()]);
    assert_eq!(ids(&watcher.until(&next.id)), [next.id]);
}

#[test]
fn a_watcher_who_is_slow_is_shown_or_told_of_every_record_in_the_end() {
    let server = TestServer::start();
    let ada = server.admin();
    let mut watcher = Watcher::open(&server, &ada, "", None);
    let begun = watcher.news().id.unwrap();
    // More batches than the server keeps for those who are behind, and more bytes than the system takes for him.
    let (batches, each) = (1_300, 4);
    // What the server itself has to tell stands between them: the numbers of findings are those that it gave.
    let mut owed = BTreeSet::new();
    for batch in 0..batches {
        let of = |n| Finding { output: format!("{n} {}", "x".repeat(4_000)), ..finding(n, Severity::Low) };
        owed.extend(numbers(&server.record((batch * each..(batch + 1) * each).map(of).collect())));
    }
    let (mut at, mut shown) = (begun, 0_u64);
    while !owed.is_empty() {
        let event = watcher.news();
        match event.name.as_str() {
            "finding" => {
                at = event.id.unwrap();
                assert!(owed.remove(&at), "a repeat");
                assert!(owed.first().is_none_or(|next| *next > at), "a hole before {at}");
                shown += 1;
            }
            "missed" => {
                let [since, to, count] = ["since", "to", "count"].map(|name| event.data[name].as_u64().unwrap());
                assert!(since >= at && count == to - since, "{}", event.data);
                owed.retain(|seq| *seq <= since || *seq > to);
                at = to;
            }
            other => panic!("{other}"),
        }
    }
    assert!(shown > 0);
}

/// Numbers of records.
fn numbers(recorded: &[Recorded]) -> Vec<u64> {
    let number = |r: &Recorded| if let Recorded::At(seq) = r { *seq } else { panic!("{r:?}") };
    recorded.iter().map(number).collect()
}

#[test]
fn an_auditor_sees_nothing_of_another_time_neither_findings_nor_acts() {
    let server = TestServer::start();
    let ada = server.admin();
    let (inside, outside) = (finding(10, Severity::High), finding(5_000, Severity::High));
    let eve =
        user(&server, "eve", Role::Auditor, Some((finding(0, Severity::Low).time, finding(100, Severity::Low).time)));
    let mut watcher = Watcher::open(&server, &eve, "", None);
    server.record(vec![outside.clone(), inside.clone()]);
    for id in [&outside.id, &inside.id] {
        ada.post("/findings/act", &json!({"ids": [id], "note": {"text": "x"}})).fine();
    }
    let last = finding(11, Severity::High);
    server.record(vec![last.clone()]);
    let events = watcher.until(&last.id);
    assert_eq!(ids(&events), [inside.id.clone(), last.id]);
    let acts: Vec<_> = events.iter().filter(|e| e.name == "act").map(|e| e.data["finding"].clone()).collect();
    assert_eq!(acts, [json!(inside.id)]);
    let mut health = Watcher::open(&server, &eve, "", None);
    let now = loop {
        let event = health.next();
        if event.name == "health" {
            break event.data;
        }
    };
    assert!(now.get("ready").is_none(), "how things stand now is not of the auditor's period: {now}");
}

/// Findings that differ in what filters ask for.
fn various() -> Vec<Finding> {
    let outputs = [
        "A shell was started (user=root command=sh -c id)",
        "File /etc/passwd opened by cat",
        "ETC passwd, but not one after the other: passwd etc",
        "Größe café naïve",
        "",
        "node-1.example.internal:443 contacted",
    ];
    let mut findings = Vec::new();
    for (n, output) in (0_u64..).zip(outputs.iter().cycle().take(24)) {
        let severity = Severity::ALL[usize::try_from(n).unwrap() % 5];
        let mut f = finding(n, severity);
        (*output).clone_into(&mut f.output);
        f.criteria = if n % 4 == 0 { Vec::new() } else { vec![format!("CC6.{}", n % 3)] };
        f.tags = vec!["a".to_owned(), format!("t{}", n % 2)];
        f.lost_events = [None, Some(0), Some(3)][usize::try_from(n).unwrap() % 3];
        f.container_unknown = n % 5 == 0;
        findings.push(f);
    }
    findings
}

#[test]
fn the_stream_names_the_same_findings_as_the_store() {
    let server = TestServer::start();
    let ada = server.admin();
    let queries = [
        "q=shell",
        "q=shel",
        "q=shel+",
        "q=/etc/pass",
        "q=%22passwd+etc%22",
        "q=etc+passwd",
        "q=passwd/etc",
        "q=GR%C3%96SSE",
        "q=gr%C3%B6",
        "q=caf%C3%A9+na",
        "q=caf",
        "q=cafe",
        "q=443",
        "q=example.internal",
        "q=node+1",
        "q=%00shell",
        "q=-",
        "q=command+task",
        "severity=high&severity=low",
        "not.severity=high",
        "criterion=",
        "criterion=CC6.1",
        "not.criterion=CC6.1",
        "not.criterion=",
        "tag=t1&not.tag=t0",
        "tag=a",
        "losses=yes",
        "losses=no",
        "container_unknown=yes",
        "acknowledged=no",
        "decision=none",
        "decision=true",
        "assignee=",
        "assignee=bob",
        "suppressed=no",
        "namespace=shop",
        "process=sh&user=root",
        "rule=Rule+1&severity=high",
        "namespace=",
        "from=2026-11-18T11:06:50Z",
        "to=2026-11-18T11:06:50Z",
    ];
    let mut watchers: Vec<(&str, Watcher)> = Vec::new();
    // A user watches so many times at most.
    let bob = user(&server, "bob", Role::Analyst, None);
    for (n, query) in queries.iter().enumerate() {
        watchers.push((query, Watcher::open(&server, if n % 2 == 0 { &ada } else { &bob }, query, None)));
    }
    server.record(various());
    // An act is for everybody, and comes behind the findings.
    ada.post("/findings/act", &json!({"ids": [various()[0].id], "note": {"text": "end"}})).fine();
    for (query, mut watcher) in watchers {
        assert_eq!(watcher.status, 200, "{query}");
        let mut live = Vec::new();
        loop {
            let event = watcher.news();
            if event.name == "act" {
                break;
            }
            live.push(event);
        }
        let stored = ada.get(&format!("/findings?order=oldest&limit=1000&{query}")).fine();
        let stored: Vec<&str> = stored["rows"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
        assert_eq!(ids(&live), stored, "{query}");
    }
    // The same from the store, for those who come back.
    for query in queries {
        let mut watcher = Watcher::open(&server, &ada, query, Some(0));
        let mut resumed = Vec::new();
        loop {
            let event = watcher.news();
            if event.name == "act" {
                break;
            }
            resumed.push(event);
        }
        let stored = ada.get(&format!("/findings?order=oldest&limit=1000&{query}")).fine();
        let stored: Vec<&str> = stored["rows"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
        assert_eq!(ids(&resumed), stored, "{query}");
    }
}

#[test]
fn one_user_watches_only_so_many_times_and_another_still_can() {
    let server = TestServer::start();
    let ada = server.admin();
    let bob = user(&server, "bob", Role::Analyst, None);
    let mut open = Vec::new();
    loop {
        let watcher = Watcher::open(&server, &ada, "", None);
        match watcher.status {
            200 => open.push(watcher),
            status => {
                assert_eq!(status, 503);
                break;
            }
        }
        assert!(open.len() < 1_000);
    }
    assert_eq!(Watcher::open(&server, &bob, "", None).status, 200);
    // Places come back when streams end.
    open.clear();
    let mut again = Watcher::open(&server, &ada, "", None);
    while again.status != 200 {
        std::thread::yield_now();
        again = Watcher::open(&server, &ada, "", None);
    }
    assert_eq!(again.news().name, "hello");
}
