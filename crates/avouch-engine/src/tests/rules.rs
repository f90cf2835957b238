//! Rules together: order, selection, event types, what hides what.

use avouch_event::types;
use avouch_rules::{Priority, ResolvedRule};

use super::toy::{Reader, Toy};
use super::{compiled, matches, rule};
use crate::{CompileOptions, Matching, RuleStatus, Selector, compile};

fn reader() -> Reader {
    Reader::new().set("t.name", "a").set("evt.type", "open")
}

#[test]
fn first_takes_one_and_all_takes_every_rule_in_load_order() {
    let rules = [rule("none", "t.name = x"), rule("one", "t.name startswith a"), rule("two", "t.name = a")];
    assert_eq!(matches(&compiled(&rules, Matching::First), types::OPEN_X, &reader()), ["one"]);
    assert_eq!(matches(&compiled(&rules, Matching::All), types::OPEN_X, &reader()), ["one", "two"]);
}

#[test]
fn events_of_other_types_are_not_wanted() {
    let c = compiled(&[rule("r", "evt.type in (open, openat) and t.name = a")], Matching::First);
    let p = &c.programs[0];
    assert!(p.wants(types::OPEN_X) && p.wants(types::OPENAT_2_X) && p.wants(types::ASYNCEVENT_E));
    assert!(!p.wants(types::CLOSE_X) && !p.wants(types::GENERIC_X));
    assert_eq!(matches(&c, types::CLOSE_X, &reader()), Vec::<String>::new());
}

#[test]
fn calls_without_an_event_run_on_generic_events() {
    let c = compiled(&[rule("r", "evt.type = restart_syscall")], Matching::First);
    assert!(c.programs[0].wants(types::GENERIC_X) && !c.programs[0].wants(types::OPEN_X));
    let generic = Reader::new().set("evt.type", "restart_syscall");
    assert_eq!(matches(&c, types::GENERIC_X, &generic), ["r"]);
    assert!(matches(&c, types::GENERIC_X, &Reader::new().set("evt.type", "times")).is_empty());
}

#[test]
fn a_negated_type_runs_on_all_others() {
    let c = compiled(&[rule("r", "not evt.type in (open) and t.name = a")], Matching::First);
    assert!(!c.programs[0].wants(types::OPEN_X) && c.programs[0].wants(types::CLOSE_X));
}

#[test]
fn many_event_types_are_reported_unless_silenced() {
    let mut loud = rule("loud", "t.name = a");
    loud.warn_evttypes = true;
    let c = compiled(&[loud, rule("silent", "t.name = b")], Matching::First);
    let found: Vec<_> = c.diagnostics.iter().map(|d| (d.code, d.falco)).collect();
    assert_eq!(found, [("R0220", Some("LOAD_NO_EVTTYPE"))]);
}

#[test]
fn selectors_apply_in_order() {
    let mut tagged = rule("b", "t.name = a");
    tagged.tags = vec!["net".into()];
    let rules = [rule("a one", "t.name = a"), tagged, rule("c", "t.name = a")];
    let by_rule = |enable, p: &str| Selector { enable, rule: Some(p.into()), tag: None };
    let options = CompileOptions {
        matching: Matching::All,
        selectors: vec![
            by_rule(false, "*"),
            by_rule(true, "a*"),
            Selector { enable: true, rule: None, tag: Some("net".into()) },
        ],
        ..CompileOptions::default()
    };
    let c = compile(&rules, &[("syscall", &Toy)], &options);
    assert_eq!(matches(&c, types::OPEN_X, &reader()), ["a one", "b"]);
    assert_eq!(c.status[2], RuleStatus::Disabled);
}

#[test]
fn less_severe_rules_and_unknown_sources_are_left_out() {
    let mut minor = rule("minor", "t.x = a");
    minor.priority = Priority::Debug;
    let mut foreign = rule("foreign", "ka.verb = get");
    foreign.source = "k8s_audit".into();
    let options = CompileOptions { min_priority: Priority::Warning, ..CompileOptions::default() };
    let c = compile(&[minor, foreign], &[("syscall", &Toy)], &options);
    assert_eq!(c.status, [RuleStatus::BelowPriority, RuleStatus::UnknownSource]);
    assert_eq!(c.diagnostics.iter().map(|d| d.falco).collect::<Vec<_>>(), [Some("LOAD_UNKNOWN_SOURCE")]);
}

#[test]
fn unknown_fields_drop_a_rule_that_says_so() {
    let mut r = rule("r", "t.x = a");
    r.skip_if_unknown_filter = true;
    let mut out = rule("out", "t.name = a");
    out.skip_if_unknown_filter = true;
    out.output = "%t.x".into();
    let c = compiled(&[r, out], Matching::First);
    assert_eq!(c.status, [RuleStatus::Skipped, RuleStatus::Skipped]);
    assert!(c.diagnostics.iter().all(|d| d.falco == Some("LOAD_UNKNOWN_FILTER")), "{:?}", c.diagnostics);
}

#[test]
fn exception_fields_are_checked() {
    let mut r = rule("r", "t.name = a");
    let span = r.span;
    let field = |text: &str| avouch_rules::ListItem { text: text.into(), span };
    r.exception_fields = vec![field("tolower( t.name)"), field("not.exist")];
    let c = compiled(&[r], Matching::First);
    assert_eq!(c.status, [RuleStatus::Failed]);
    assert_eq!(c.diagnostics.iter().map(|d| d.falco).collect::<Vec<_>>(), [Some("LOAD_ERR_VALIDATE")]);
}

fn shadowed(rules: &[ResolvedRule]) -> Vec<String> {
    let c = compiled(rules, Matching::First);
    c.diagnostics.iter().filter(|d| d.code == "R0222").map(|d| d.item.clone().unwrap().1).collect()
}

#[test]
fn a_rule_behind_a_wider_one_is_shadowed() {
    let wide = || rule("wide", "evt.type in (open, openat) and t.name in (a, b)");
    assert_eq!(shadowed(&[wide(), rule("same", "t.name in (b, a) and evt.type in (openat, open)")]), ["same"]);
    assert_eq!(shadowed(&[wide(), rule("narrow", "evt.type = open and t.name = a and t.flag = true")]), ["narrow"]);
    assert!(shadowed(&[wide(), rule("more types", "evt.type in (open, close) and t.name = a")]).is_empty());
    assert!(shadowed(&[wide(), rule("more names", "evt.type = open and t.name in (a, c)")]).is_empty());
    assert!(shadowed(&[rule("narrow", "evt.type = open and t.name = a"), wide()]).is_empty());
}

#[test]
fn programs_are_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&compiled(&[rule("r", "t.name = a")], Matching::First).programs[0]);
}
