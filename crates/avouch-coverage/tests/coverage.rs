//! Coverage against a count of every single moment, and the cases that an auditor asks for.

use std::collections::{BTreeMap, BTreeSet};

use avouch_coverage::{
    Cause, Coverage, Mark, Marked, Period, Question, RuleKey, RuleSet, Span, Spans, State, Stretch, Watched,
    expectations, time_line,
};
use avouch_finding::{Estate, Gap, SourceState, Time, Watching};
use proptest::prelude::*;

const DAY: u64 = 86_400_000_000_000;
const HOUR: u64 = 3_600_000_000_000;

fn span(from: u64, to: u64) -> Span {
    Span::new(Time(from), Time(to))
}

fn rule(name: &str) -> RuleKey {
    RuleKey { source: "syscall".to_owned(), name: name.to_owned() }
}

fn stretch(node: &str, from: u64, to: u64) -> Stretch {
    let up = SourceState { state: Watching::Delivers, ..SourceState::default() };
    Stretch {
        span: span(from, to),
        node: node.to_owned(),
        rules: "both".to_owned(),
        sources: BTreeMap::from([("syscall".to_owned(), up)]),
        lost: 0,
    }
}

fn sets() -> BTreeMap<String, RuleSet> {
    let set = |names: &[&str]| RuleSet { rules: names.iter().map(|n| rule(n)).collect() };
    BTreeMap::from([("both".to_owned(), set(&["a", "b"])), ("one".to_owned(), set(&["a"]))])
}

fn question() -> Question {
    Question { rules: BTreeSet::from([rule("a"), rule("b")]), sources: BTreeSet::new() }
}

/// What is known, owned.
struct Known {
    period: Period,
    stretches: Vec<Stretch>,
    estates: Vec<Estate>,
    gaps: Vec<Gap>,
    rule_sets: BTreeMap<String, RuleSet>,
}

fn watched(period: Period, stretches: Vec<Stretch>, estates: &[Estate]) -> Known {
    Known { period, stretches, estates: estates.to_vec(), gaps: Vec::new(), rule_sets: sets() }
}

fn cover(known: &Known, question: &Question) -> Coverage {
    let expected = expectations(known.period, &known.stretches, &known.estates);
    let (stretches, gaps, rule_sets) = (&known.stretches[..], &known.gaps[..], &known.rule_sets);
    avouch_coverage::cover(&Watched { period: known.period, expected, stretches, gaps, rule_sets }, question)
}

#[test]
fn a_stopped_agent_is_a_gap_with_its_limits_and_reason() {
    let mut w = watched(span(0, 3 * HOUR), vec![stretch("n", 0, HOUR), stretch("n", 2 * HOUR, 3 * HOUR)], &[]);
    w.gaps.push(Gap {
        from: Time(HOUR),
        to: Time(2 * HOUR),
        node: "n".into(),
        reason: "killed".into(),
        ..Gap::default()
    });
    let coverage = cover(&w, &question());
    assert_eq!(coverage.gaps.len(), 1);
    assert_eq!(coverage.gaps[0].span, span(HOUR, 2 * HOUR));
    assert_eq!(coverage.gaps[0].cause.to_string(), "agent not running: killed");
    assert_eq!(coverage.totals().observed, u128::from(2 * HOUR));
}

#[test]
fn a_rule_that_is_switched_off_opens_a_gap_and_a_new_rule_does_not_reach_back() {
    let off = Stretch { rules: "one".into(), ..stretch("n", HOUR, 2 * HOUR) };
    let w = watched(span(0, 2 * HOUR), vec![stretch("n", 0, HOUR), off.clone()], &[]);
    let coverage = cover(&w, &question());
    assert_eq!(coverage.gaps[0].cause, Cause::RulesOff(vec!["b".into()]));
    assert_eq!(coverage.gaps[0].span, span(HOUR, 2 * HOUR));

    let before = Stretch { span: span(0, HOUR), ..off };
    let w = watched(span(0, 2 * HOUR), vec![before, stretch("n", HOUR, 2 * HOUR)], &[]);
    assert_eq!(cover(&w, &question()).gaps, []);
}

#[test]
fn a_rule_that_never_ran_was_never_watching() {
    let w = watched(span(0, HOUR), vec![stretch("n", 0, HOUR)], &[]);
    let question = Question { rules: BTreeSet::from([rule("c")]), sources: BTreeSet::new() };
    assert_eq!(cover(&w, &question).totals().observed, 0);
}

#[test]
fn before_the_first_of_a_controls_rules_ran_nobody_watched() {
    let before = Stretch { rules: "one".into(), ..stretch("n", 0, HOUR) };
    let w = watched(span(0, 2 * HOUR), vec![before, stretch("n", HOUR, 2 * HOUR)], &[]);
    let question = Question { rules: BTreeSet::from([rule("b")]), sources: BTreeSet::new() };
    assert_eq!(cover(&w, &question).gaps[0].span, span(0, HOUR));
}

#[test]
fn a_listed_node_without_an_agent_is_a_gap_and_one_that_left_is_not() {
    let list = |at: u64, nodes: &[&str]| Estate {
        time: Time(at),
        nodes: nodes.iter().map(|n| (*n).to_owned()).collect(),
        ..Estate::default()
    };
    let estates = [list(0, &["n", "bare"]), list(HOUR, &["n"])];
    let w = watched(span(0, 2 * HOUR), vec![stretch("n", 0, 2 * HOUR)], &estates);
    let coverage = cover(&w, &question());
    assert_eq!(coverage.gaps.len(), 1);
    assert_eq!((coverage.gaps[0].node.as_str(), coverage.gaps[0].cause.clone()), ("bare", Cause::NoAgent));
    assert_eq!(coverage.gaps[0].span, span(0, HOUR));
}

#[test]
fn a_source_that_is_down_and_events_that_were_lost_are_told_apart() {
    let mut down = stretch("n", 0, HOUR);
    down.sources.insert(
        "syscall".into(),
        SourceState { state: Watching::Down, reason: "no BTF".into(), ..SourceState::default() },
    );
    let lossy = Stretch { lost: 7, ..stretch("n", HOUR, 2 * HOUR) };
    let w = watched(span(0, 2 * HOUR), vec![down, lossy], &[]);
    let coverage = cover(&w, &question());
    let causes: Vec<String> = coverage.gaps.iter().map(|g| g.cause.to_string()).collect();
    assert_eq!(causes, ["source down: no BTF", "7 events lost"]);
    let totals = coverage.totals();
    assert_eq!((totals.lossy, totals.unobserved), (u128::from(HOUR), u128::from(HOUR)));
}

fn told(node: &str, source: &str, from: u64, to: u64, partial: bool) -> Gap {
    let (node, source, reason) = (node.to_owned(), source.to_owned(), "files are missing".to_owned());
    Gap { from: Time(from), to: Time(to), node, source, partial, reason }
}

#[test]
fn what_is_learned_of_a_source_later_counts_against_the_time_that_it_is_about() {
    // Found at the end of the third hour: the first hour lacks files, and in the second nothing came at all.
    let mut w = watched(span(0, 3 * HOUR), vec![stretch("n", 0, 3 * HOUR)], &[]);
    w.gaps = vec![told("n", "syscall", HOUR / 2, HOUR, true), told("n", "syscall", HOUR, 2 * HOUR, false)];
    let coverage = cover(&w, &question());
    let lines: Vec<(Span, String)> = coverage.gaps.iter().map(|g| (g.span, g.cause.to_string())).collect();
    assert_eq!(
        lines,
        [
            (span(HOUR / 2, HOUR), "not complete: files are missing".to_owned()),
            (span(HOUR, 2 * HOUR), "source down: files are missing".to_owned())
        ]
    );
    let totals = coverage.totals();
    assert_eq!(
        (totals.observed, totals.lossy, totals.unobserved),
        (u128::from(HOUR + HOUR / 2), u128::from(HOUR / 2), u128::from(HOUR))
    );
    // Neither another source's gap nor a silence that was only one of the way here takes anything.
    w.gaps = vec![told("n", "k8s_audit", 0, HOUR, false), told("m", "", 0, HOUR, true), told("n", "", 0, HOUR, false)];
    assert_eq!(cover(&w, &question()).totals().observed, u128::from(3 * HOUR));
    // Facts of a node that were lost may have been of any of its sources.
    w.gaps = vec![told("n", "", 0, HOUR, true)];
    assert_eq!(cover(&w, &question()).totals().lossy, u128::from(HOUR));
}

#[test]
fn losses_of_one_source_leave_the_others_alone_and_losses_of_none_leave_nobody_alone() {
    let mut both = stretch("n", 0, HOUR);
    both.sources
        .insert("k8s_audit".into(), SourceState { state: Watching::Delivers, lost: 3, ..SourceState::default() });
    both.lost = 3;
    let lossy_of = |stretch: &Stretch| {
        let w = watched(span(0, HOUR), vec![stretch.clone()], &[]);
        let sources = BTreeSet::from(["syscall".to_owned(), "k8s_audit".to_owned()]);
        let coverage = cover(&w, &Question { sources, ..Question::default() });
        let lossy = coverage.subjects.iter().filter(|s| !s.lossy.is_empty()).map(|s| s.source.clone());
        let causes = coverage.gaps.iter().map(|g| g.cause.to_string());
        (lossy.collect::<Vec<_>>(), causes.collect::<Vec<_>>())
    };
    assert_eq!(lossy_of(&both), (vec!["k8s_audit".to_owned()], vec!["3 events lost".to_owned()]));
    // As it was told before sources had counts of their own.
    both.lost = 5;
    assert_eq!(
        lossy_of(&both),
        (
            vec!["k8s_audit".to_owned(), "syscall".to_owned()],
            vec!["5 events lost".to_owned(), "2 events lost".to_owned()]
        )
    );
}

#[test]
fn an_empty_period_has_nothing_to_pass() {
    let w = watched(span(0, DAY), Vec::new(), &[]);
    let coverage = cover(&w, &question());
    assert!(coverage.subjects.is_empty());
    let line = time_line(w.period, &coverage, &[], 1_000_000);
    assert_eq!(line.days[0].worst(), State::NotExpected);
    assert_eq!(line.pass_ns, 0);
}

#[test]
fn days_are_cut_at_midnight_utc_and_a_failure_is_worse_than_not_knowing() {
    let w = watched(span(DAY - HOUR, 3 * DAY), vec![stretch("n", DAY - HOUR, 2 * DAY)], &[]);
    let coverage = cover(&w, &question());
    let failure =
        |from, to| Marked { node: "n".into(), source: "syscall".into(), span: span(from, to), mark: Mark::Fails };
    let line = time_line(w.period, &coverage, &[failure(DAY + HOUR, DAY + 3 * HOUR)], 1_000_000);
    let states: Vec<State> = line.days.iter().map(avouch_coverage::Day::worst).collect();
    assert_eq!(states, [State::Pass, State::Fail, State::Unknown]);
    assert_eq!(line.longest_failure, Some(span(DAY + HOUR, DAY + 3 * HOUR)));
}

#[test]
fn a_finding_of_which_nobody_said_what_it_is_leaves_its_time_unknown() {
    let w = watched(span(0, DAY), vec![stretch("n", 0, DAY)], &[]);
    let open = Marked { node: "n".into(), source: "syscall".into(), span: span(HOUR, 3 * HOUR), mark: Mark::Open };
    let line = time_line(w.period, &cover(&w, &question()), &[open], 1_000_000);
    assert_eq!(line.days[0].worst(), State::Unknown);
    assert_eq!((line.unknown_ns, line.fail_ns), (u128::from(2 * HOUR), 0));
}

#[test]
fn how_much_of_a_day_must_be_watched_is_the_controls_to_say() {
    let w = watched(span(0, DAY), vec![stretch("n", 0, DAY - HOUR)], &[]);
    let coverage = cover(&w, &question());
    let worst = |least| time_line(w.period, &coverage, &[], least).days[0].worst();
    assert_eq!((worst(950_000), worst(990_000)), (State::Pass, State::Unknown));
    // Not even a control that asks for nothing passes on silence.
    let silent = watched(span(0, DAY), vec![Stretch { rules: "?".into(), ..stretch("n", 0, DAY) }], &[]);
    assert_eq!(time_line(silent.period, &cover(&silent, &question()), &[], 0).days[0].worst(), State::Unknown);
}

fn any_span() -> impl Strategy<Value = Span> {
    (0..60_u64, 0..30_u64).prop_map(|(from, len)| span(from, from + len))
}

fn any_stretch() -> impl Strategy<Value = Stretch> {
    (any_span(), 0..2_u8, 0..3_u8, 0..2_u8, 0..3_u64).prop_map(|(when, node, rules, up, lost)| {
        let state = if up == 0 { Watching::Down } else { Watching::Delivers };
        Stretch {
            span: when,
            node: format!("n{node}"),
            rules: ["both", "one", "unheard of"][usize::from(rules)].to_owned(),
            sources: BTreeMap::from([("syscall".to_owned(), SourceState { state, ..SourceState::default() })]),
            lost: lost.saturating_sub(1),
        }
    })
}

fn any_gap() -> impl Strategy<Value = Gap> {
    (any_span(), 0..2_u8, 0..3_u8, any::<bool>()).prop_map(|(when, node, source, partial)| {
        let source = ["", "syscall", "k8s_audit"][usize::from(source)];
        told(&format!("n{node}"), source, when.from.0, when.to.0, partial)
    })
}

fn has(spans: &Spans, at: u64) -> bool {
    spans.iter().any(|s| s.from.0 <= at && at < s.to.0)
}

proptest! {
    #[test]
    fn sets_of_time_behave_like_sets_of_moments(
        a in prop::collection::vec(any_span(), 0..6),
        b in prop::collection::vec(any_span(), 0..6),
    ) {
        let in_any = |spans: &[Span], t: u64| spans.iter().any(|s| s.from.0 <= t && t < s.to.0);
        let (x, y) = (Spans::new(a.clone()), Spans::new(b.clone()));
        for t in 0..100 {
            let (p, q) = (in_any(&a, t), in_any(&b, t));
            prop_assert_eq!(has(&x, t), p);
            prop_assert_eq!(has(&x.or(&y), t), p || q);
            prop_assert_eq!(has(&x.and(&y), t), p && q);
            prop_assert_eq!(has(&x.without(&y), t), p && !q);
        }
        prop_assert_eq!(x.ns(), (0..100).filter(|t| in_any(&a, *t)).count() as u64);
        for part in b {
            let expected = (part.from.0..part.to.0).filter(|t| in_any(&a, *t)).count() as u64;
            prop_assert_eq!((x.ns_within(part), x.within(part).ns()), (expected, expected));
        }
    }

    #[test]
    fn every_moment_is_counted_once_and_right(
        stretches in prop::collection::vec(any_stretch(), 0..8),
        gaps in prop::collection::vec(any_gap(), 0..5),
    ) {
        let period = span(10, 80);
        let mut w = watched(period, stretches.clone(), &[]);
        w.gaps.clone_from(&gaps);
        let coverage = cover(&w, &question());
        for subject in &coverage.subjects {
            let of_it: Vec<&Stretch> = stretches.iter().filter(|s| s.node == subject.node).collect();
            let first_b = stretches.iter().filter(|s| s.rules == "both").map(|s| s.span.from.0).min();
            let begin = of_it.iter().map(|s| s.span.from.0).min().unwrap();
            for t in 10..80 {
                let good = |s: &&&Stretch| {
                    let rules = s.rules == "both" || s.rules == "one" && first_b.is_some_and(|b| b >= s.span.to.0);
                    s.span.from.0 <= t && t < s.span.to.0 && rules
                        && s.sources["syscall"].state == Watching::Delivers
                };
                let told = |counts: fn(&Gap) -> bool| {
                    gaps.iter().any(|g| g.node == subject.node && counts(g) && g.from.0 <= t && t < g.to.0)
                };
                let missing = told(|g| g.source == "syscall" && !g.partial);
                let partial = told(|g| g.source != "k8s_audit" && g.partial);
                let expected = t >= begin;
                let observed = expected && !missing && !partial && of_it.iter().filter(good).any(|s| s.lost == 0);
                let lossy = expected && !missing && !observed && of_it.iter().any(|s| good(&s));
                prop_assert_eq!(has(&subject.expected, t), expected);
                prop_assert_eq!(has(&subject.observed, t), observed);
                prop_assert_eq!(has(&subject.lossy, t), lossy);
                prop_assert_eq!(has(&subject.unobserved, t), expected && !observed && !lossy);
            }
            let lines = || coverage.gaps.iter().filter(|g| g.node == subject.node);
            let of = |partial: bool| Spans::new(lines().filter(|g| g.cause.is_partial() == partial).map(|g| g.span));
            prop_assert_eq!(&of(true), &subject.lossy);
            prop_assert_eq!(&of(false), &subject.unobserved);
            prop_assert_eq!(lines().map(|g| g.span.ns()).sum::<u64>(), subject.lossy.ns() + subject.unobserved.ns());
        }
    }

    #[test]
    fn states_add_up_to_subjects_times_days(
        stretches in prop::collection::vec(any_stretch(), 1..8),
        marks in prop::collection::vec((any_span(), 0..2_u8, any::<bool>()), 0..4),
        least in 0..1_000_001_u32,
    ) {
        // Small numbers become hours, so that several days come out.
        let wide = |s: Span| span(s.from.0 * 2 * HOUR, s.to.0 * 2 * HOUR);
        let stretches: Vec<Stretch> = stretches.into_iter().map(|s| Stretch { span: wide(s.span), ..s }).collect();
        let w = watched(span(3 * HOUR, 7 * DAY), stretches, &[]);
        let coverage = cover(&w, &question());
        let mark = |fails| if fails { Mark::Fails } else { Mark::Open };
        let marks: Vec<Marked> = marks
            .into_iter()
            .map(|(s, n, f)| Marked { node: format!("n{n}"), source: "syscall".into(), span: wide(s), mark: mark(f) })
            .collect();
        let line = time_line(w.period, &coverage, &marks, least);
        prop_assert_eq!(line.days.len(), 7);
        for day in &line.days {
            prop_assert_eq!(day.pass + day.fail + day.unknown + day.not_expected, coverage.subjects.len() as u64);
        }
        prop_assert_eq!(line.pass_ns + line.fail_ns + line.unknown_ns, coverage.totals().expected);
        let of_days: u128 = line.days.iter().map(|d| d.pass_ns + d.fail_ns + d.unknown_ns).sum();
        prop_assert_eq!(of_days, coverage.totals().expected);
        prop_assert!(line.pass_ns <= coverage.totals().observed);
    }
}
