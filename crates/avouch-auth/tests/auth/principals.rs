//! Periods of auditors and nodes of agents.

use avouch_auth::{Grant, OutsidePeriod, Period, Principal, Role, Scope, Via};
use avouch_finding::Time;
use proptest::prelude::*;

fn auditor(period: Period) -> Principal {
    let grant = Grant::Role { role: Role::Auditor, period: Some(period) };
    Principal { name: "eve".to_owned(), grant, via: Via::Session("1".to_owned()), node: None }
}

fn period(from: u64, to: u64) -> Period {
    Period::new(Time(from), Time(to)).unwrap()
}

#[test]
fn a_question_is_cut_to_the_auditors_period_and_it_is_said() {
    let eve = auditor(crate::support::quarter());
    let day = |text: &str| Time::parse(&format!("{text}T00:00:00Z")).unwrap();
    let limited = eve.period_limit(day("2026-06-01"), day("2026-08-01")).unwrap();
    assert_eq!(limited.period, Period::new(day("2026-07-01"), day("2026-08-01")).unwrap());
    let said = limited.cut.unwrap();
    assert!(said.contains("2026-06-01") && said.contains("2026-07-01"), "{said}");
    let whole = eve.period_limit(day("2026-07-01"), day("2026-10-01")).unwrap();
    assert_eq!((whole.period, whole.cut), (crate::support::quarter(), None));
    // The end does not belong to the period.
    let outside = eve.period_limit(day("2026-10-01"), day("2026-11-01")).unwrap_err();
    assert_eq!(outside, OutsidePeriod::Outside(crate::support::quarter()));
    assert!(eve.may_see(day("2026-07-01")) && !eve.may_see(day("2026-10-01")));
    assert_eq!(eve.period_limit(day("2026-08-01"), day("2026-08-01")), Err(OutsidePeriod::Empty));
}

#[test]
fn nobody_else_is_cut() {
    let grant = Grant::Role { role: Role::Analyst, period: None };
    let ann = Principal { name: "ann".to_owned(), grant, via: Via::Session("1".to_owned()), node: None };
    let limited = ann.period_limit(Time(0), Time(u64::MAX)).unwrap();
    assert_eq!((limited.period, limited.cut), (period(0, u64::MAX), None));
    assert!(ann.may_see(Time(0)));
}

proptest! {
    #[test]
    fn exactly_the_moments_of_both_periods_remain(a in 0..50_u64, b in 0..50_u64, c in 0..50_u64, d in 0..50_u64, moment in 0..50_u64) {
        prop_assume!(a < b && c < d);
        let limited = auditor(period(a, b)).period_limit(Time(c), Time(d));
        let remains = (a..b).contains(&moment) && (c..d).contains(&moment);
        match limited {
            Ok(limited) => {
                prop_assert_eq!(limited.period.holds(Time(moment)), remains);
                prop_assert_eq!(limited.cut.is_some(), c < a || b < d);
            }
            Err(_) => prop_assert!(!remains),
        }
    }
}

#[test]
fn an_agent_brings_facts_of_its_own_node_alone() {
    let agent = Principal::certificate("node-1");
    assert!(agent.may_ingest_of("node-1") && !agent.may_ingest_of("node-2"));
    let token = |scopes: &[Scope], node: Option<&str>| Principal {
        name: "token/t".to_owned(),
        grant: Grant::Scopes(scopes.to_vec()),
        via: Via::Token("1".to_owned()),
        node: node.map(str::to_owned),
    };
    assert!(token(&[Scope::Ingest], None).may_ingest_of("node-2"));
    assert!(!token(&[Scope::Ingest], Some("node-1")).may_ingest_of("node-2"));
    assert!(!token(&[Scope::Read, Scope::Admin], None).may_ingest_of("node-1"));
}
