//! What typing refuses and what it warns of.

use avouch_diagnostics::{Diagnostic, Severity};

use super::{compiled, rule};
use crate::{Matching, RuleStatus};

fn diagnostics(condition: &str) -> Vec<Diagnostic> {
    compiled(&[rule("r", condition)], Matching::First).diagnostics
}

/// Codes of a condition's problems, errors with `!`.
fn codes(condition: &str) -> String {
    let show = |d: &Diagnostic| format!("{}{}", d.code, if d.severity == Severity::Error { "!" } else { "" });
    diagnostics(condition).iter().map(show).collect::<Vec<_>>().join(" ")
}

/// The text under the first caret.
fn caret(condition: &str) -> String {
    let d = diagnostics(condition);
    let span = d[0].primary().unwrap().span;
    condition[span.start as usize..span.end as usize].to_owned()
}

#[test]
fn operators_must_fit_the_type() {
    for bad in [
        "t.int contains 1",
        "t.int pmatch (1)",
        "t.flag < 1",
        "t.buf glob x",
        "t.buf < 1",
        "t.name bcontains 6161",
        "t.ip < 1",
        "t.ip startswith 1",
        "t.net contains anyof (10.0.0.0/8)",
        "t.list = a",
        "t.list startswith a",
        "t.opaque = 1",
    ] {
        assert_eq!(codes(bad), "R0203!", "{bad}");
    }
    for good in [
        "t.opaque exists",
        "t.int in (1)",
        "t.ip intersects (10.0.0.1)",
        "t.ip == allof (10.0.0.1)",
        "t.name < 1",
        "t.buf in (a)",
        "t.flag in (true)",
        "t.name in ()",
    ] {
        assert!(!codes(good).contains('!'), "{good}: {}", codes(good));
    }
    assert_eq!(caret("t.name = a and t.int contains 1"), "contains");
}

#[test]
fn values_must_fit_the_type() {
    for bad in
        ["t.int = 0x10", "t.double = 1.0", "t.flag = yes", "t.ip = 10.0.0", "t.net = 10.0.0.1", "t.buf bcontains 1"]
    {
        assert_eq!(codes(bad), "R0204!", "{bad}");
    }
    assert_eq!(codes("t.name regex '('"), "R0209!");
    assert_eq!(caret("t.int in (1, x, 2)"), "x");
    assert_eq!(codes("t.int in (x, y)"), "R0204! R0204!");
}

#[test]
fn unknown_fields_suggest_near_names() {
    let d = &diagnostics("t.nmae = a")[0];
    assert_eq!(d.title, "unknown field `t.nmae` for source `syscall`");
    assert!(d.help.iter().any(|h| h.contains("`t.name`")), "{d:?}");
    assert_eq!(d.falco, Some("LOAD_ERR_COMPILE_CONDITION"));
    assert_eq!(codes("t.name[1] = a"), "R0202!");
    assert_eq!(codes("t.env = a"), "R0202!");
}

#[test]
fn transformers_take_what_they_take() {
    for bad in [
        "tolower(t.int) = 1",
        "b64(t.int) = 1",
        "concat(t.name, t.list) = a",
        "join(t.list, t.name) = a",
        "concat(t.name) = a",
    ] {
        assert_eq!(codes(bad), "R0206!", "{bad}");
    }
    assert_eq!(codes("tolower(t.names) = a"), "R0207!");
    assert_eq!(codes("t.name = val(t.names)"), "R0207!");
    assert_eq!(codes("t.name = val(t.int)"), "R0208!");
    assert_eq!(codes("t.name = val(t.list)"), "R0208!");
    assert_eq!(codes("t.net = val(t.net)"), "R0207!");
    assert_eq!(codes("t.name = val(t.path)"), "");
}

#[test]
fn event_types_must_exist() {
    assert_eq!(codes("evt.type = opne"), "R0205!");
    assert_eq!(codes("evt.type in (open, container, restart_syscall)"), "");
    assert_eq!(codes("evt.type startswith opn"), "R0227");
    assert!(diagnostics("evt.type = opne")[0].help.iter().any(|h| h.contains("`open`")));
}

#[test]
fn lints() {
    assert_eq!(codes("t.name = t.other"), "R0224");
    assert_eq!(codes("t.name = 'tolower(t.other)'"), "R0224");
    assert_eq!(codes("t.name = 'tolow(t.other)'"), "");
    assert_eq!(codes("t.name regex 'ab.*'"), "R0225");
    assert_eq!(codes("t.host = example.org"), "R0226");
    assert_eq!(codes("t.ips in (10.0.0.1)"), "R0227");
    assert_eq!(codes("t.pids in (1)"), "R0227");
    assert_eq!(codes("t.names in (a)"), "");
    assert_eq!(codes("t.nets in (10.0.0.0/8, 11.0.0.0/8)"), "R0227");
    assert_eq!(codes("t.names != a"), "R0230");
    assert_eq!(codes("t.name = a and t.name = b"), "R0221");
    assert_eq!(codes("t.name in (a, b) and not t.name in (b, a)"), "R0221");
    assert_eq!(codes("evt.type = open and evt.type = close"), "R0221");
    assert_eq!(codes("evt.num = 0"), "R0221");
}

#[test]
fn every_problem_of_a_condition_is_reported() {
    assert_eq!(codes("t.x = a and (t.int contains 1 or t.int = z)"), "R0201! R0203! R0204!");
}

#[test]
fn one_bad_rule_does_not_lose_the_others() {
    let c = compiled(&[rule("bad", "t.x = a"), rule("good", "t.name = a")], Matching::First);
    assert_eq!(c.status[0], RuleStatus::Failed);
    assert!(matches!(c.status[1], RuleStatus::Loaded { .. }));
    assert_eq!(c.programs[0].rules().len(), 1);
}

#[test]
fn nesting_is_limited() {
    let deep = |n: usize| format!("{}t.name = a{}", "not (t.flag = true and ".repeat(n), ")".repeat(n));
    assert_eq!(codes(&deep(20)), "");
    // The parser has its own limit; macros are how conditions get deeper.
    let mut body = std::sync::Arc::new(rule("r", "t.name = a").condition);
    for _ in 0..1000 {
        body = std::sync::Arc::new(avouch_rules::ast::Expr::Macro(avouch_rules::ast::MacroUse {
            name: "m".into(),
            span: avouch_diagnostics::Span::default(),
            body: Some(body),
        }));
    }
    let mut r = rule("r", "t.name = a");
    r.condition = (*body).clone();
    let c = compiled(&[r], Matching::First);
    assert_eq!(c.diagnostics[0].code, "R0212");
}

#[test]
fn doubling_macros_stay_small() {
    let mut body = std::sync::Arc::new(rule("r", "t.name = a").condition);
    let span = avouch_diagnostics::Span::default();
    for i in 0..60 {
        let using = |body: &std::sync::Arc<_>| {
            avouch_rules::ast::Expr::Macro(avouch_rules::ast::MacroUse {
                name: "m".into(),
                span,
                body: Some(std::sync::Arc::clone(body)),
            })
        };
        let parts = vec![using(&body), rule("x", &format!("t.int = {i}")).condition, using(&body)];
        body = std::sync::Arc::new(if i % 2 == 0 {
            avouch_rules::ast::Expr::Or(parts, span)
        } else {
            avouch_rules::ast::Expr::And(parts, span)
        });
    }
    let mut r = rule("r", "t.name = a");
    r.condition = (*body).clone();
    let c = compiled(&[r], Matching::First);
    assert!(c.diagnostics.is_empty(), "{:?}", c.diagnostics);
    let (event, arena) = (super::toy::Reader::new(), avouch_event::Arena::new());
    let e = c.programs[0].explain(crate::RuleIndex(0), avouch_event::types::OPEN_X, &event, &arena).unwrap();
    assert!(e.left_out > 0 && e.outcome == crate::Outcome::NotMatched);
    let mut coverage = c.programs[0].coverage(crate::RuleIndex(0)).unwrap();
    c.programs[0].cover(crate::RuleIndex(0), avouch_event::types::OPEN_X, &event, &arena, &mut coverage);
    assert!(coverage.cut);
}
