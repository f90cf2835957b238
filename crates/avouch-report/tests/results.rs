//! What a period says of controls: unknown is not a pass, a silent sensor is a deviation, sums add up.

#![expect(clippy::unwrap_used, reason = "a test")]

mod plain;

use avouch_controls::{ControlHistory, Period, Time as ControlTime};
use avouch_coverage::{Span, State};
use avouch_finding::{AcceptanceChange, Decision};
use avouch_report::{
    DeviationKind, Judging, Outcome, PeriodFacts, Place, Placed, acceptance_results, control_results, deviations,
    rule_results,
};
use plain::{DAY, HOUR, LIST, at, facts, find, list, stretch};
use serde_json::json;

fn with_results<R>(facts: &PeriodFacts, f: impl FnOnce(&[avouch_report::ControlResult<'_>]) -> R) -> R {
    let list = list(LIST);
    let period = Period { from: ControlTime(facts.period.from.0), to: ControlTime(facts.period.to.0) };
    let (history, _) = ControlHistory::new(&[&list], period);
    f(&control_results(facts, &history, Judging { least_watched: 1_000_000 }))
}

fn outcome(facts: &PeriodFacts) -> Outcome {
    with_results(facts, |results| results[0].outcome())
}

#[test]
fn a_watched_quiet_period_shows_no_deviation_and_a_manual_control_is_not_covered() {
    let facts = facts(3, vec![stretch("n1", 0, 3 * DAY, "full")]);
    with_results(&facts, |results| {
        assert_eq!(results.iter().map(|r| r.id).collect::<Vec<_>>(), ["AC-01", "AC-02"]);
        assert_eq!(results[0].outcome(), Outcome::NoDeviation);
        assert_eq!(results[1].outcome(), Outcome::NotCovered);
        assert_eq!(deviations(&facts, results, &[]), []);
    });
}

#[test]
fn an_empty_period_is_no_evidence_and_never_a_pass() {
    let facts = facts(3, Vec::new());
    assert!(facts.is_empty());
    assert_eq!(outcome(&facts), Outcome::NoEvidence);
    with_results(&facts, |results| {
        let line = &results[0].parts[0].line;
        assert_eq!((line.pass_ns, line.fail_ns), (0, 0));
        assert!(line.days.iter().all(|d| d.worst() == State::Unknown));
    });
}

#[test]
fn the_time_before_anything_was_heard_is_unknown_and_no_part_of_a_pass() {
    let facts = facts(3, vec![stretch("n1", DAY + HOUR, 3 * DAY, "full")]);
    with_results(&facts, |results| {
        assert_eq!(results[0].outcome(), Outcome::PartlyUnknown);
        let part = &results[0].parts[0];
        assert_eq!((part.line.unknown_ns, part.line.pass_ns), (u128::from(DAY + HOUR), u128::from(2 * DAY - HOUR)));
        let states: Vec<State> = part.line.days.iter().map(avouch_coverage::Day::worst).collect();
        assert_eq!(states, [State::Unknown, State::Unknown, State::Pass]);
        // It is heard of later: the source is not one that is missing.
        assert_eq!(part.missing_sources, Vec::<String>::new());
        let gap = &part.coverage.gaps[0];
        assert_eq!(gap.cause.to_string(), "source down: nothing was heard of it before");
        assert_eq!(gap.span, Span::new(at(0), at(DAY + HOUR)));
    });
}

#[test]
fn a_sensor_that_stops_for_ten_minutes_is_unknown_and_a_deviation_of_cc7_2() {
    let gap = (DAY, DAY + HOUR / 6);
    let facts = facts(3, vec![stretch("n1", 0, gap.0, "full"), stretch("n1", gap.1, 3 * DAY, "full")]);
    with_results(&facts, |results| {
        assert_eq!(results[0].outcome(), Outcome::PartlyUnknown);
        assert_eq!(results[0].parts[0].line.unknown_ns, u128::from(HOUR / 6));
        let all = deviations(&facts, results, &[]);
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].kind, all[0].closed), (DeviationKind::Unwatched, true));
        assert_eq!(all[0].criteria, ["CC7.2"]);
        assert_eq!(all[0].span, Span::new(at(gap.0), at(gap.1)));
    });
}

#[test]
fn a_rule_that_is_switched_off_loses_its_share_and_is_a_deviation() {
    let facts = facts(4, vec![stretch("n1", 0, DAY, "full"), stretch("n1", DAY, 4 * DAY, "less")]);
    let results = rule_results(&facts);
    let shell = results.iter().find(|r| r.rule.name == "Shell").unwrap();
    assert_eq!(shell.totals.observed * 4, shell.totals.expected);
    with_results(&facts, |results| {
        let all = deviations(&facts, results, &[]);
        assert_eq!(all.iter().map(|d| d.kind).collect::<Vec<_>>(), [DeviationKind::RuleOff]);
        assert_eq!((all[0].subject.as_str(), all[0].controls.clone()), ("Shell", vec!["AC-01".to_owned()]));
    });
}

#[test]
fn what_people_say_of_a_finding_decides_what_its_time_is() {
    let watched = || facts(3, vec![stretch("n1", 0, 3 * DAY, "full")]);
    let line = |facts: &PeriodFacts| with_results(facts, |r| r[0].parts[0].line.clone());

    let mut f = watched();
    find(&mut f, HOUR, Some((3 * HOUR, Decision::Benign)), None);
    assert_eq!(outcome(&f), Outcome::NoDeviation);

    let mut f = watched();
    find(&mut f, HOUR, Some((3 * HOUR, Decision::True)), None);
    assert_eq!((outcome(&f), line(&f).fail_ns), (Outcome::Deviations, u128::from(2 * HOUR)));

    // Open for the four hours of its target, failed from then on.
    let mut f = watched();
    find(&mut f, DAY, None, None);
    assert_eq!((line(&f).unknown_ns, line(&f).fail_ns), (u128::from(4 * HOUR), u128::from(2 * DAY - 4 * HOUR)));
    with_results(&f, |results| {
        let all = deviations(&f, results, &[]);
        assert_eq!(all.iter().map(|d| d.kind).collect::<Vec<_>>(), [DeviationKind::Late]);
        assert_eq!((all[0].items, all[0].closed), ((1, 1), false));
    });

    // Muted by an acceptance: kept and counted, nothing more.
    let mut f = watched();
    find(&mut f, DAY, None, Some("ACC-1"));
    assert_eq!(outcome(&f), Outcome::NoDeviation);
    assert_eq!(with_results(&f, |r| r[0].parts[0].counts.suppressed), 1);
}

#[test]
fn states_add_up_to_subjects_times_days() {
    let mut f = facts(5, vec![stretch("n1", 0, 3 * DAY, "full"), stretch("n2", DAY, 5 * DAY, "full")]);
    find(&mut f, DAY + HOUR, Some((2 * DAY, Decision::True)), None);
    with_results(&f, |results| {
        for day in &results[0].parts[0].line.days {
            assert_eq!(day.pass + day.fail + day.unknown + day.not_expected, 2);
        }
        let line = &results[0].parts[0].line;
        assert_eq!(line.pass_ns + line.fail_ns + line.unknown_ns, u128::from(5 * DAY + 4 * DAY));
    });
}

#[test]
fn an_acceptance_that_ended_and_one_that_its_requester_approved_are_deviations() {
    let mut f = facts(3, vec![stretch("n1", 0, 3 * DAY, "full")]);
    let acceptance = json!({"rule": "Shell", "requester": "ann", "approver": "Ann", "from": "2026-06-01T00:00:00Z",
        "expires": at(DAY).to_string()});
    let change = AcceptanceChange { time: at(0), id: "ACC-1".to_owned(), acceptance, ..AcceptanceChange::default() };
    f.acceptances.push(Placed { place: Place { seq: 9, hash: String::new() }, fact: change });
    find(&mut f, HOUR, None, Some("ACC-1"));
    find(&mut f, 2 * DAY, Some((2 * DAY, Decision::Benign)), None);
    let acceptances = acceptance_results(&f);
    assert_eq!((acceptances[0].hits, acceptances[0].after_end), (1, 1));
    with_results(&f, |results| {
        let kinds: Vec<DeviationKind> = deviations(&f, results, &acceptances).iter().map(|d| d.kind).collect();
        assert_eq!(kinds, [DeviationKind::ExpiredAcceptance, DeviationKind::OwnApproval]);
    });
}
