//! Who is behind, from facts in the orders in which they come.

use avouch_finding::{Fact, Observation, Start};

use super::*;

const T0: u64 = 1_795_000_000;

fn at(seconds: u64) -> Time {
    Time((T0 + seconds) * SECOND)
}

fn start(run: &str, seconds: u64) -> Fact {
    Start { time: at(seconds), node: "n1".into(), run: run.into(), ..Start::default() }.into()
}

fn loads(run: &str, set: &str, refused: Option<(&str, &str)>) -> Fact {
    let (refused_set, why) = refused.unzip();
    RulesLoaded {
        node: "n1".into(),
        run: run.into(),
        digest: format!("rules of {set}"),
        set: set.into(),
        refused: why.map(str::to_owned),
        refused_set: refused_set.unwrap_or_default().to_owned(),
        ..RulesLoaded::default()
    }
    .into()
}

fn board(facts: &[Fact]) -> Board {
    let mut board = Board::new(at(0));
    facts.iter().for_each(|fact| board.apply(fact, Some(at(1))));
    board.want(Some(Wanted { digest: "new".into(), since: at(100), unserved: None }));
    board
}

fn of(board: &Board, now: u64) -> (Option<RuleSetHealth>, Vec<String>, usize) {
    let standing = board.standing(at(now));
    let node = &standing.nodes[0];
    (node.rule_set.clone(), node.warnings.clone(), standing.agents_behind)
}

#[test]
fn an_agent_is_behind_until_it_runs_what_is_wanted_and_said_to_be_after_a_minute() {
    let mut board = board(&[loads("r1", "old", None), start("r1", 1)]);
    let (set, warnings, behind) = of(&board, 130);
    let set = set.unwrap();
    assert_eq!((set.runs.as_str(), set.wanted.as_deref(), set.behind_since), ("old", Some("new"), Some(at(100))));
    assert_eq!((warnings.len(), behind), (0, 1), "it may take a moment");
    let (_, warnings, _) = of(&board, 161);
    assert!(warnings[0].starts_with("it runs the server's rule set old, and new is wanted since 20"), "{warnings:?}");
    board.apply(&loads("r1", "new", None), Some(at(162)));
    let (set, warnings, behind) = of(&board, 200);
    assert_eq!((set.unwrap().behind_since, warnings.len(), behind), (None, 0, 0));
}

#[test]
fn one_that_refuses_is_behind_with_the_reason_and_a_new_run_starts_afresh() {
    let refusal = Some(("new", "rules/a.yaml: unknown field `proc.later`"));
    let mut board = board(&[loads("r1", "old", None), start("r1", 1), loads("r1", "old", refusal)]);
    let (set, warnings, behind) = of(&board, 101);
    assert!(set.unwrap().refused.unwrap().contains("proc.later"));
    assert!(warnings[0].starts_with("newer rules were not taken: "), "{warnings:?}");
    assert_eq!(behind, 1);
    // Another set is wanted by now: the reason is of the one before.
    board.want(Some(Wanted { digest: "newer".into(), since: at(110), unserved: None }));
    let (set, ..) = of(&board, 111);
    let set = set.unwrap();
    assert_eq!((set.refused, set.behind_since), (None, Some(at(110))));
    for fact in [loads("r2", "newer", None), start("r2", 120)] {
        board.apply(&fact, Some(at(120)));
    }
    let (set, warnings, behind) = of(&board, 200);
    assert_eq!((set.unwrap().behind_since, warnings.len(), behind), (None, 0, 0));
}

#[test]
fn one_that_runs_a_part_of_what_is_wanted_is_behind() {
    let board = board(&[loads("r1", "new", Some(("new", "1 rule has an error"))), start("r1", 1)]);
    let (set, warnings, behind) = of(&board, 101);
    let set = set.unwrap();
    assert_eq!((set.runs.as_str(), set.behind_since, behind), ("new", Some(at(100)), 1));
    assert_eq!(warnings, ["of the server's rules it runs what it can: 1 rule has an error"]);
}

#[test]
fn rules_of_its_own_are_not_behind_and_a_run_whose_start_was_lost_is_known_by_its_observation() {
    let own = board(&[loads("r1", "", Some(("", "rule files have errors"))), start("r1", 1)]);
    let (set, warnings, behind) = of(&own, 1_000);
    assert_eq!((set, behind), (None, 0));
    assert_eq!(warnings, ["newer rules were not taken: rule files have errors"]);
    let seen = Observation { from: at(1), to: at(11), node: "n1".into(), run: "r1".into(), ..Observation::default() };
    let known = board(&[loads("r1", "old", None), seen.into()]);
    assert_eq!(of(&known, 12).0.unwrap().runs, "old");
    // What is wanted cannot be served: that is no agent's fault, and shows.
    let mut unserved = known.clone();
    unserved.want(Some(Wanted { digest: String::new(), since: at(50), unserved: Some("it is too large".into()) }));
    let (set, warnings, behind) = of(&unserved, 51);
    let set = set.unwrap();
    assert_eq!((set.wanted, set.behind_since, set.refused.as_deref()), (None, Some(at(50)), Some("it is too large")));
    assert_eq!((warnings.len(), behind), (1, 1));
    // Nothing is wanted: nobody is behind, and what it runs is shown.
    let mut none = known;
    none.want(None);
    let set = of(&none, 1_000).0.unwrap();
    assert_eq!((set.wanted, set.behind_since), (None, None));
}
