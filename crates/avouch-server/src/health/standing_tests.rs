//! States and reasons, from facts and a clock that is told.

use avouch_finding::{
    DigestCheck, Estate, Fact, Gap, Losses, Observation, RulesLoaded, SignatureState, SourceState, Start, Stop,
};

use super::*;

const T0: u64 = 1_795_000_000;

fn at(seconds: u64) -> Time {
    Time((T0 + seconds) * SECOND)
}

/// A node that was watched for ten seconds up to `to`.
fn seen(node: &str, to: u64, change: impl FnOnce(&mut Observation)) -> Fact {
    let state = SourceState { state: Watching::Delivers, events: 5, ..SourceState::default() };
    let mut observation = Observation {
        from: at(to - 10),
        to: at(to),
        node: node.to_owned(),
        cluster: "prod".to_owned(),
        run: format!("run-{node}"),
        rules: "aaaaaaaaaaaaaaaa".to_owned(),
        sources: BTreeMap::from([("syscall".to_owned(), state)]),
        ..Observation::default()
    };
    change(&mut observation);
    observation.into()
}

fn board(facts: &[(u64, Fact)]) -> Board {
    let mut board = Board::new(at(0));
    facts.iter().for_each(|(now, fact)| board.apply(fact, Some(at(*now))));
    board
}

/// State and reason of the first source.
fn first(board: &Board, now: u64) -> (State, String) {
    let standing = board.standing(at(now));
    let source = standing.sources.first().unwrap();
    (source.state, source.reason.clone())
}

#[test]
fn a_server_that_nobody_sends_to_watches_nothing() {
    let standing = board(&[]).standing(at(5));
    assert!(standing.reasons[0].contains("nothing is watched"), "{:?}", standing.reasons);
}

#[test]
fn what_is_watched_is_ok_and_gives_no_reason() {
    let standing = board(&[(20, seen("n1", 20, |_| ()))]).standing(at(25));
    assert_eq!((standing.sources[0].state, standing.nodes[0].state), (State::Ok, State::Ok));
    assert_eq!(standing.reasons, [""; 0]);
    assert_eq!((standing.sources[0].events, standing.sources[0].lag_s), (5, Some(5.0)));
}

#[test]
fn an_agent_that_is_silent_for_more_than_half_a_minute_is_said() {
    let board = board(&[(20, seen("n1", 20, |_| ()))]);
    assert_eq!(first(&board, 50).0, State::Ok);
    let (state, reason) = first(&board, 67);
    assert_eq!(state, State::Silent);
    assert!(reason.starts_with("nothing was heard of its agent for 47 s, since 2026-"), "{reason}");
    assert_eq!(board.standing(at(67)).reasons.len(), 1);
    // After a day it is history.
    let later = board.standing(at(20 + 86_401));
    assert_eq!((later.forgotten, later.nodes.len()), (1, 0));
}

#[test]
fn a_machine_without_any_event_is_odd_and_a_quiet_audit_source_says_why_itself() {
    let mut facts = vec![(10, seen("n1", 10, |_| ()))];
    for to in (20..=440).step_by(10) {
        let none = |o: &mut Observation| {
            o.sources.insert("syscall".into(), SourceState { state: Watching::Delivers, ..SourceState::default() });
        };
        facts.push((to, seen("n1", to, none)));
    }
    let board_of_machine = board(&facts);
    let (state, reason) = first(&board_of_machine, 440);
    assert_eq!(state, State::Silent);
    assert!(reason.starts_with("no event from syscall for 7 min"), "{reason}");

    for (reason, expected) in
        [("no event since 2026-11-18T08:00:00Z", State::Silent), ("the bucket cannot be listed: 403", State::Failing)]
    {
        let down = |o: &mut Observation| {
            let state = SourceState { state: Watching::Down, reason: reason.into(), ..SourceState::default() };
            o.sources = BTreeMap::from([("k8s_audit".into(), state)]);
            o.run = "server-1".into();
        };
        let board = board(&[(20, seen("prod", 20, down))]);
        assert_eq!(first(&board, 21), (expected, reason.to_owned()));
    }
}

#[test]
fn losses_are_said_for_ten_minutes_and_are_no_silence() {
    let lossy = |o: &mut Observation| {
        o.lost = Losses { events: 7, by_cause: BTreeMap::from([("ring full".into(), 7), ("none".into(), 0)]) };
    };
    let facts = [(10, seen("n1", 10, lossy)), (20, seen("n1", 20, |_| ())), (605, seen("n1", 605, |_| ()))];
    let board = board(&facts);
    let standing = board.standing(at(606));
    assert_eq!(standing.sources[0].state, State::Losing);
    assert_eq!(standing.reasons, ["syscall of n1: 7 events were lost in the last 10 min"]);
    assert_eq!(standing.nodes[0].lost_by_cause, BTreeMap::from([("ring full".to_owned(), 7)]));
    assert_eq!(board.standing(at(611)).sources[0].state, State::Ok);
    assert_eq!(board.standing(at(611)).nodes[0].lost, 7);
}

#[test]
fn what_comes_late_is_late_and_not_silent() {
    let mut board = board(&[(20, seen("n1", 20, |_| ()))]);
    board.heard("n1", "0.2.0", Some(at(30)), at(600));
    board.apply(&seen("n1", 30, |_| ()), Some(at(600)));
    let (state, reason) = first(&board, 601);
    assert_eq!(state, State::Late);
    assert!(reason.starts_with("what it sends is 571 s old"), "{reason}");
    assert!(board.gaps_to_tell(at(601)).is_empty());
}

#[test]
fn an_agent_that_was_stopped_says_why() {
    let stop =
        Stop { time: at(21), node: "n1".into(), run: "run-n1".into(), reason: "SIGTERM".into(), ..Stop::default() };
    let board = board(&[(20, seen("n1", 20, |_| ())), (21, stop.into())]);
    let (state, reason) = first(&board, 22);
    assert_eq!(state, State::Stopped);
    assert!(reason.ends_with("SIGTERM"), "{reason}");
}

#[test]
fn rules_that_differ_clocks_and_refused_rules_are_warnings() {
    let other = |o: &mut Observation| o.rules = "bbbbbbbbbbbbbbbb".into();
    let jump = |o: &mut Observation| o.clock_jump_ns = Some(-3_500_000_000);
    let mut board = board(&[(20, seen("n1", 20, |_| ())), (20, seen("n2", 20, jump)), (20, seen("n3", 20, other))]);
    let refused = RulesLoaded {
        time: at(21),
        node: "n1".into(),
        run: "run-n1".into(),
        digest: "aaaaaaaaaaaaaaaa".into(),
        refused: Some("rule files have errors".into()),
        ..RulesLoaded::default()
    };
    board.apply(&refused.into(), Some(at(21)));
    board.heard("n2", "", Some(at(34)), at(22));
    let standing = board.standing(at(22));
    let warnings: Vec<&[String]> = standing.nodes.iter().map(|n| n.warnings.as_slice()).collect();
    assert_eq!(warnings[0], ["newer rules were not taken: rule files have errors"]);
    assert_eq!(warnings[1].len(), 2);
    assert!(warnings[1][0].contains("12 s ahead") && warnings[1][1].contains("set by -3.500 s"), "{warnings:?}");
    assert_eq!(warnings[2], ["it runs other rules (bbbbbbbbbbbb) than 2 nodes of its cluster (aaaaaaaaaaaa)"]);
    assert!(standing.reasons.is_empty(), "warnings do not say that it is not watched: {:?}", standing.reasons);
}

#[test]
fn a_node_of_the_list_that_never_came_is_missed_and_one_that_left_is_not() {
    let estate = Estate {
        time: at(30),
        cluster: "prod".into(),
        nodes: vec!["n1".into(), "n9".into()],
        origin: "kubernetes".into(),
    };
    let facts = [
        (20, seen("n1", 20, |_| ())),
        (20, seen("gone", 20, |_| ())),
        (30, estate.into()),
        (35, seen("n1", 35, |_| ())),
    ];
    let standing = board(&facts).standing(at(36));
    let states: Vec<(&str, State)> = standing.nodes.iter().map(|n| (n.node.as_str(), n.state)).collect();
    assert_eq!(states, [("n1", State::Ok), ("n9", State::Never)]);
    assert!(standing.reasons[0].starts_with("n9: "), "{:?}", standing.reasons);
}

#[test]
fn an_agent_that_just_began_is_starting_and_then_missed() {
    let start = Start { time: at(5), node: "n1".into(), run: "run-n1".into(), ..Start::default() };
    let board = board(&[(5, start.into())]);
    assert_eq!(board.standing(at(10)).nodes[0].state, State::Starting);
    assert_eq!(board.standing(at(10)).reasons, ["n1: its agent began a moment ago"]);
    assert_eq!(board.standing(at(36)).nodes[0].state, State::Silent);
}

#[test]
fn a_server_that_begins_anew_knows_the_nodes_and_waits_for_them() {
    let mut board = Board::new(at(100));
    let start = Start {
        time: at(5),
        node: "n1".into(),
        cluster: "prod".into(),
        run: "run-n1".into(),
        version: "0.1.0".into(),
        ..Start::default()
    };
    board.apply(&start.into(), None);
    board.apply(&seen("n1", 90, |_| ()), None);
    assert_eq!(first(&board, 110).0, State::Starting);
    assert_eq!(first(&board, 131).0, State::Silent);
    board.apply(&seen("n1", 135, |_| ()), Some(at(135)));
    assert_eq!(first(&board, 136).0, State::Ok);
    assert_eq!(board.standing(at(136)).nodes[0].version, "0.1.0");
}

#[test]
fn losses_are_said_of_the_source_whose_they_are_and_a_lack_once() {
    let of_two = |o: &mut Observation| {
        let quiet = SourceState { state: Watching::Delivers, events: 3, ..SourceState::default() };
        o.sources.insert("other".into(), quiet);
        o.sources.get_mut("syscall").unwrap().lost = 4;
        o.lost = Losses { events: 4, ..Losses::default() };
        o.gaps = vec!["no BTF".into()];
    };
    let start = Start {
        time: at(5),
        node: "n1".into(),
        run: "run-n1".into(),
        missing: vec!["no BTF".into()],
        ..Start::default()
    };
    let board = board(&[(5, start.into()), (20, seen("n1", 20, of_two))]);
    let standing = board.standing(at(25));
    let states: Vec<(&str, State, u64, u64)> =
        standing.sources.iter().map(|s| (s.source.as_str(), s.state, s.drops, s.drops_lately)).collect();
    assert_eq!(states, [("other", State::Ok, 0, 0), ("syscall", State::Losing, 4, 4)]);
    assert_eq!((standing.nodes[0].state, standing.nodes[0].lost), (State::Losing, 4));
    assert_eq!(standing.nodes[0].warnings, ["no BTF"]);
    assert_eq!(standing.reasons, ["syscall of n1: 4 events were lost in the last 10 min"]);
}

#[test]
fn of_a_cluster_that_never_sent_nothing_was_heard_and_nothing_is_late() {
    let none = |o: &mut Observation| {
        let reason = "no event ever came; waiting since then".to_owned();
        let state = SourceState { state: Watching::Down, reason, ..SourceState::default() };
        o.sources = BTreeMap::from([("k8s_audit".into(), state)]);
        o.run = "server-1".into();
    };
    let mut board = board(&[(20, seen("prod", 20, none))]);
    let mut status = AuditStatus {
        node: "prod".into(),
        cluster: "prod".into(),
        source: "k8s_audit",
        state: AuditState::Never,
        reason: "no event ever came".into(),
        heard: None,
        newest: None,
        late_ns: 0,
        events: 0,
        detections: 0,
        lost: 0,
        duplicates: 0,
        digests: DigestCounts::default(),
    };
    board.audit(vec![status.clone()]);
    let standing = board.standing(at(25));
    assert_eq!(
        (standing.nodes[0].heard, standing.sources[0].lag_s, standing.sources[0].state),
        (None, None, State::Never)
    );
    // Files of its digests are missing: it delivers, and not all.
    (status.state, status.heard, status.late_ns) = (AuditState::Missing, Some(at(22)), 90 * SECOND);
    status.digests = DigestCounts { verified: 2, not_verified: 1, failed: 0 };
    board.audit(vec![status]);
    let standing = board.standing(at(25));
    assert_eq!(
        (standing.nodes[0].heard, standing.sources[0].lag_s, standing.sources[0].state),
        (Some(at(22)), Some(90.0), State::Losing)
    );
    assert_eq!(standing.sources[0].digests, Some(Digests { verified: 2, not_verified: 1, failed: 0 }));
}

#[test]
fn a_cluster_and_a_machine_of_one_name_are_two() {
    let audit = |o: &mut Observation| {
        let state = SourceState { state: Watching::Delivers, events: 7, ..SourceState::default() };
        o.sources = BTreeMap::from([("k8s_audit".into(), state)]);
        o.run = "server-1".into();
    };
    let mut board = Board::new(at(0));
    for to in [20, 30] {
        board.apply(&seen("prod", to, |_| ()), Some(at(to)));
        board.apply(&seen("prod", to, audit), Some(at(to)));
    }
    let rows = |board: &Board, now: u64| -> Vec<(bool, State)> {
        board.standing(at(now)).nodes.iter().map(|n| (n.own, n.state)).collect()
    };
    let sources = |board: &Board, now: u64| -> Vec<(String, u64)> {
        board.standing(at(now)).sources.iter().map(|s| (s.source.clone(), s.events)).collect()
    };
    assert_eq!(rows(&board, 31), [(false, State::Ok), (true, State::Ok)]);
    assert_eq!(sources(&board, 31), [("syscall".to_owned(), 10), ("k8s_audit".to_owned(), 14)]);
    // The machine falls silent; its gap is told once, and the cluster goes on.
    for to in [40, 50, 60, 70] {
        board.apply(&seen("prod", to, audit), Some(at(to)));
    }
    assert_eq!(rows(&board, 71)[0].1, State::Silent);
    let gaps = board.gaps_to_tell(at(71));
    assert_eq!(gaps.iter().map(|g| (g.from, g.to)).collect::<Vec<_>>(), [(at(30), at(71))]);
    // A list of machines does not take the cluster for one of them.
    let mut board = Board::new(at(0));
    board.apply(&seen("prod", 20, audit), Some(at(20)));
    let estate =
        Estate { time: at(20), cluster: "prod".into(), nodes: vec!["prod".into()], origin: "kubernetes".into() };
    board.apply(&estate.into(), Some(at(20)));
    assert_eq!(rows(&board, 21), [(true, State::Ok), (false, State::Never)]);
}

/// The trail of an account, as this server judges it.
fn trail(o: &mut Observation) {
    let state = SourceState { state: Watching::Delivers, events: 7, ..SourceState::default() };
    o.sources = BTreeMap::from([("aws_cloudtrail".into(), state)]);
    o.run = "server-1".into();
}

#[test]
fn a_digest_that_failed_and_a_file_that_was_changed_are_reasons_for_a_day() {
    const DAY: u64 = 86_400;
    let check = |signature: SignatureState| DigestCheck {
        time: at(21),
        node: "1111".into(),
        source: "aws_cloudtrail".into(),
        name: "d.json.gz".into(),
        signature,
        reason: "its signature was not made with the key that it names".into(),
        ..DigestCheck::default()
    };
    let facts = |fact: Fact| [(20, seen("1111", 20, trail)), (21, fact), (30, seen("1111", 30, trail))];
    for (state, is_said) in
        [(SignatureState::Failed, true), (SignatureState::NotVerified, false), (SignatureState::Verified, false)]
    {
        let board = board(&facts(check(state).into()));
        let standing = board.standing(at(31));
        assert_eq!(standing.reasons.len(), usize::from(is_said), "{:?}", standing.reasons);
        assert_eq!(standing.sources[0].state == State::Changed, is_said);
        if is_said {
            let reason = &standing.reasons[0];
            assert!(reason.starts_with("aws_cloudtrail of 1111: files may have been changed: digest `d.json.gz`"));
            assert!(reason.contains("not made with the key"), "{reason}");
            assert!(standing.nodes[0].reason.contains("d.json.gz"), "{:?}", standing.nodes[0]);
        }
    }

    let gap = |reason: &str| Gap {
        node: "1111".into(),
        source: "aws_cloudtrail".into(),
        partial: true,
        reason: reason.into(),
        ..Gap::default()
    };
    let changed = "`log.json.gz` is not the file that a digest lists: its SHA-256 differs";
    let mut board = board(&facts(gap(changed).into()));
    assert!(board.standing(at(31)).reasons[0].contains(changed));
    // What is missing may still come: it is said as long as losses are, by whoever judges the source.
    let missing = self::board(&facts(gap("`log.json.gz` is missing; a digest lists it").into()));
    assert_eq!(missing.standing(at(31)).reasons, Vec::<String>::new());
    // It is over after a day, and not before.
    for (to, reasons) in [(20 + DAY, 1), (22 + DAY, 0)] {
        board.apply(&seen("1111", to, trail), Some(at(to)));
        assert_eq!(board.standing(at(to)).reasons.len(), reasons, "{:?}", board.standing(at(to)).reasons);
    }
    // What was lost is said beside it.
    let losing = |o: &mut Observation| {
        trail(o);
        o.sources.get_mut("aws_cloudtrail").unwrap().lost = 4;
        o.lost = Losses { events: 4, ..Losses::default() };
    };
    let both = self::board(&[(21, check(SignatureState::Failed).into()), (30, seen("1111", 30, losing))]);
    let reason = &both.standing(at(31)).reasons[0];
    assert!(reason.contains("4 events were lost") && reason.contains("files may have been changed"), "{reason}");
    // A machine of that name has nothing to do with it.
    let mut machine = Board::new(at(0));
    machine.apply(&seen("1111", 20, |_| ()), Some(at(20)));
    machine.apply(&check(SignatureState::Failed).into(), Some(at(21)));
    assert_eq!(machine.standing(at(22)).reasons, Vec::<String>::new());
}
