//! What is told to be watched, and what not.

use std::collections::{BTreeMap, BTreeSet};

use avouch_coverage::{Question, RuleKey, Span, Stretch, Watched, cover, expectations};
use avouch_finding::Watching;

use super::*;

fn beat(judge: &mut AuditJudge, second: u64) {
    let body = list(&[event(&format!("beat{second}"), "system:kube-scheduler", "update", at(second))]);
    take(judge, &prod(), "webhook", body.as_bytes(), at(second));
}

/// Ten seconds after ten seconds, as the server does.
fn watch(judge: &mut AuditJudge, from: u64, to: u64, heard: impl Fn(u64) -> bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    for second in (from..to).step_by(10) {
        if heard(second + 5) {
            beat(judge, second + 5);
        }
        facts.extend(judge.observe(at(second + 10)));
    }
    facts
}

fn states(facts: &[Fact]) -> Vec<(Watching, String)> {
    let state = |o: &&Observation| (o.sources["k8s_audit"].state, o.sources["k8s_audit"].reason.clone());
    let mut all: Vec<_> = observations(facts).iter().map(state).collect();
    all.dedup();
    all
}

/// Seconds of an hour in which the question was watched wholly, and not at all.
fn covered(judge: &AuditJudge, facts: &[Fact]) -> (u64, u64) {
    let period = Span::new(at(0), at(3_600));
    let stretches: Vec<Stretch> = observations(facts).into_iter().map(Stretch::from).collect();
    let Fact::Rules(loaded) = judge.rules_loaded("n", at(0)) else { panic!() };
    let rule_sets = BTreeMap::from([(loaded.digest.clone(), avouch_coverage::RuleSet::from(&*loaded))]);
    let expected = expectations(period, &stretches, &[]);
    let gaps: Vec<Gap> = gaps(facts).into_iter().cloned().collect();
    let watched = Watched { period, expected, stretches: &stretches, gaps: &gaps, rule_sets: &rule_sets };
    let rule = RuleKey { source: "k8s_audit".into(), name: "Secret read".into() };
    let totals = cover(&watched, &Question { rules: BTreeSet::from([rule]), sources: BTreeSet::new() }).totals();
    let seconds = |ns: u128| u64::try_from(ns / u128::from(SECOND)).unwrap();
    assert_eq!(seconds(totals.expected), 3_600);
    (seconds(totals.observed), seconds(totals.unobserved))
}

#[test]
fn silence_counts_as_watched_up_to_the_limit_and_no_longer() {
    let mut judge = judge();
    judge.expect(&prod(), at(0));
    // Heard until 10:20, silent until 10:45; the limit is five minutes.
    let facts = watch(&mut judge, 0, 3_600, |s| !(1_200..=2_700).contains(&s));
    assert_eq!(
        states(&facts),
        [
            (Watching::Delivers, String::new()),
            (Watching::Down, "no event since 2026-11-26T10:19:55.000000000Z".to_owned()),
            (Watching::Delivers, String::new()),
        ]
    );
    // Down from the observation in which the limit was passed, and then it is known of the whole silence that it was none of watching:
    // 10:19:55 to 10:45:00, where the stretch begins in which something came again.
    assert_eq!(covered(&judge, &facts), (3_600 - 1_505, 1_505));
    let told = gaps(&facts);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].from, told[0].source.as_str(), told[0].partial), (at(1_195), "k8s_audit", false));
}

#[test]
fn a_source_that_never_came_was_not_watched() {
    let mut judge = judge();
    judge.expect(&prod(), at(0));
    let facts = watch(&mut judge, 0, 3_600, |_| false);
    assert_eq!(
        states(&facts),
        [(Watching::Down, "no event ever came; waiting since 2026-11-26T10:00:00.000000000Z".to_owned())]
    );
    assert_eq!(covered(&judge, &facts), (0, 3_600));
    assert_eq!(judge.status(at(3_600))[0].state, AuditState::Never);
}

#[test]
fn a_fault_is_told_until_it_is_over() {
    let mut judge = judge();
    judge.expect(&prod(), at(0));
    let mut facts = watch(&mut judge, 0, 60, |_| true);
    judge.fault(&prod(), Some("the bucket cannot be listed"), at(60));
    facts.extend(watch(&mut judge, 60, 120, |_| true));
    assert_eq!(judge.status(at(120))[0].state, AuditState::Failing);
    judge.fault(&prod(), None, at(120));
    facts.extend(watch(&mut judge, 120, 180, |_| true));
    assert_eq!(
        states(&facts),
        [
            (Watching::Delivers, String::new()),
            (Watching::Down, "the bucket cannot be listed".to_owned()),
            (Watching::Delivers, String::new())
        ]
    );
}

#[test]
fn stretches_follow_one_another_without_a_hole() {
    let mut judge = judge();
    judge.expect(&prod(), at(0));
    beat(&mut judge, 1);
    let first = judge.observe(at(10));
    assert_eq!(judge.observe(at(10)).len(), 0, "no time passed");
    assert_eq!(judge.observe(at(7)).len(), 0, "the clock was set back");
    beat(&mut judge, 12);
    let second = judge.observe(at(25));
    let (a, b) = (observations(&first)[0], observations(&second)[0]);
    assert_eq!((a.from, a.to, b.from, b.to), (at(0), at(10), at(10), at(25)));
    assert_eq!((a.events, b.events), (1, 1));
    assert_eq!((a.node.as_str(), a.cluster.as_str(), a.run.as_str()), ("prod-api", "prod", "run1"));
    assert_eq!(a.rules, judge.rules());
}

#[test]
fn lateness_is_told_beyond_its_limit() {
    let mut judge = judge();
    let body = list(&[event("1", "eve", "get", at(0)), event("2", "eve", "get", at(590))]);
    take(&mut judge, &prod(), "w", body.as_bytes(), at(600));
    let status = judge.status(at(600)).remove(0);
    assert_eq!((status.state, status.late_ns, status.newest), (AuditState::Late, 600 * SECOND, Some(at(590))));
    let facts = judge.observe(at(601));
    assert_eq!(observations(&facts)[0].gaps, ["records come late: all within 10 min, 99 of 100 within 10 min"]);
    // Only the stretch in which they came says so, the status until others come.
    let facts = judge.observe(at(610));
    assert_eq!(observations(&facts)[0].gaps, Vec::<String>::new());
    assert_eq!(judge.status(at(610))[0].state, AuditState::Late);
    beat(&mut judge, 615);
    assert_eq!(judge.status(at(616))[0].state, AuditState::Delivers);
}

#[test]
fn a_silence_that_nobody_noticed_in_time_is_told_when_it_ends() {
    let mut judge = judge();
    judge.expect(&prod(), at(0));
    beat(&mut judge, 1);
    let mut facts = judge.observe(at(10));
    // Nobody looked for ten minutes: the machine slept.
    beat(&mut judge, 601);
    facts.extend(judge.observe(at(610)));
    let told = gaps(&facts);
    assert_eq!((told.len(), told[0].from, told[0].to, told[0].partial), (1, at(1), at(601), false));
}

#[test]
fn minutes_of_records_that_come_late_count_as_watched_in_part() {
    let mut judge = judge();
    judge.expect(&prod(), at(0));
    let mut facts = watch(&mut judge, 0, 1_200, |_| true);
    // A batch waited for ten minutes at the API server: records of 10:10:00 to 10:11:30, and some of now.
    let late: Vec<String> =
        [600, 650, 690, 1_199].iter().map(|s| event(&format!("late{s}"), "eve", "get", at(*s))).collect();
    take(&mut judge, &prod(), "webhook", list(&late).as_bytes(), at(1_201));
    facts.extend(watch(&mut judge, 1_200, 3_600, |_| true));
    let told = gaps(&facts);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].from, told[0].to, told[0].partial), (at(600), at(720), true));
    assert_eq!(told[0].reason, "records came more than 120 s after they were made");
    assert_eq!(covered(&judge, &facts), (3_600 - 120, 0));
}

#[test]
fn a_source_that_is_late_all_the_time_is_told_once_a_minute() {
    let mut judge = judge();
    judge.expect(&prod(), at(0));
    let mut facts = Vec::new();
    for second in (600..1_200).step_by(10) {
        let body = list(&[event(&format!("{second}"), "eve", "get", at(second - 300))]);
        take(&mut judge, &prod(), "w", body.as_bytes(), at(second + 1));
        facts.extend(judge.observe(at(second + 10)));
    }
    facts.extend(judge.finish(at(1_215)));
    let told = gaps(&facts);
    assert!((10..=12).contains(&told.len()), "{}", told.len());
    assert_eq!((told[0].from, told.last().unwrap().to), (at(300), at(900)));
}

#[test]
fn what_was_turned_away_and_what_was_cut_is_counted() {
    let mut judge = judge();
    judge.turned_away(&prod(), "batches over the limit of bytes", 0, at(1));
    judge.turned_away(&prod(), "batches over the limit of bytes", 400, at(2));
    let cut = event("1", "eve", "get", at(2))
        .replace("{\"level\"", r#"{"annotations":{"audit.k8s.io/truncated":"true"},"level""#);
    take(&mut judge, &prod(), "w", list(&[cut]).as_bytes(), at(3));
    let facts = judge.observe(at(10));
    let lost = &observations(&facts)[0].lost;
    assert_eq!(lost.events, 401);
    assert_eq!(lost.by_cause["batches over the limit of bytes"], 401);
    assert_eq!(lost.by_cause["parts of events cut by the API server"], 1);
}

#[test]
fn a_trail_whose_accounts_are_not_known_shows_in_the_status_alone() {
    let mut judge = judge();
    judge.expect(&trail(), at(0));
    assert_eq!(judge.status(at(1)).iter().map(|s| s.state).collect::<Vec<_>>(), [AuditState::Never]);
    judge.fault(&trail(), Some("AccessDenied"), at(1));
    judge.turned_away(&trail(), "files over the limit of bytes", 0, at(1));
    let status = judge.status(at(2)).remove(0);
    assert_eq!((status.state, status.reason.as_str(), status.lost), (AuditState::Failing, "AccessDenied", 1));
    assert_eq!(judge.finish(at(100)), []);
    // One that is named is missed from the start; what befalls the trail befalls it.
    let named = AuditSource { node: "111122223333".into(), ..trail() };
    judge.expect(&named, at(100));
    judge.fault(&trail(), Some("AccessDenied"), at(101));
    let facts = judge.finish(at(110));
    assert_eq!(observations(&facts)[0].sources["aws_cloudtrail"].reason, "AccessDenied");
    assert_eq!(judge.status(at(110)).len(), 1);
}

#[test]
fn accounts_are_told_of_once_a_minute_and_at_the_end() {
    let mut judge = judge();
    let named = AuditSource { node: "111122223333".into(), ..trail() };
    judge.expect(&named, at(0));
    judge.expect(&prod(), at(0));
    let mut told = Vec::new();
    for second in (10..=130).step_by(10) {
        let facts = judge.observe(at(second));
        told.extend(observations(&facts).iter().map(|o| (o.node.clone(), o.from, o.to)));
    }
    let facts = judge.finish(at(133));
    told.extend(observations(&facts).iter().map(|o| (o.node.clone(), o.from, o.to)));
    told.retain(|(node, ..)| node != "prod-api");
    let spans: Vec<_> = told.into_iter().map(|(_, from, to)| (from, to)).collect();
    assert_eq!(spans, [(at(0), at(60)), (at(60), at(120)), (at(120), at(133))]);
}
