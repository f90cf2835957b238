//! What conditions and programs mean, told with a toy catalogue.

mod agree;
mod check;
mod explain;
mod interest;
mod output;
mod rules;
pub(crate) mod toy;
mod vectors;

use avouch_diagnostics::{FileId, Span};
use avouch_event::{Arena, EventType, types};
use avouch_rules::{Priority, ResolvedRule, parse_condition};

use crate::{CompileOptions, Compiled, Matching, Scratch, compile};
use toy::{Reader, Toy};

/// A rule with this condition.
pub(crate) fn rule(name: &str, condition: &str) -> ResolvedRule {
    let span = Span { file: FileId(0), start: 0, end: u32::try_from(condition.len()).unwrap() };
    ResolvedRule {
        name: name.into(),
        name_span: span,
        span,
        desc: String::new(),
        condition_text: condition.into(),
        condition: parse_condition(condition, FileId(0), 0).unwrap_or_else(|e| panic!("{condition}: {e:?}")),
        output: "out".into(),
        output_span: span,
        priority: Priority::Warning,
        source: "syscall".into(),
        enabled: true,
        tags: Vec::new(),
        warn_evttypes: false,
        skip_if_unknown_filter: false,
        capture: false,
        capture_duration: 0,
        exceptions: Vec::new(),
        exception_fields: Vec::new(),
    }
}

/// Compiles against the toy.
pub(crate) fn compiled(rules: &[ResolvedRule], matching: Matching) -> Compiled {
    compile(rules, &[("syscall", &Toy)], &CompileOptions { matching, ..CompileOptions::default() })
}

/// Names of the rules that match.
pub(crate) fn matches(compiled: &Compiled, ty: EventType, reader: &Reader) -> Vec<String> {
    let program = &compiled.programs[0];
    let found: Vec<_> = program.judge(ty, reader, &Arena::new(), &mut Scratch::new()).to_vec();
    found.into_iter().map(|r| program.rule(r).unwrap().name.clone()).collect()
}

/// Whether a condition holds on an `open` event, compiled and naive alike.
pub(crate) fn holds(condition: &str, reader: &Reader) -> bool {
    let compiled = compiled(&[rule("r", condition)], Matching::First);
    let errors: Vec<_> =
        compiled.diagnostics.iter().filter(|d| d.severity == avouch_diagnostics::Severity::Error).collect();
    assert!(errors.is_empty(), "{condition}: {errors:?}");
    let fast = !matches(&compiled, types::OPEN_X, reader).is_empty();
    let naive = crate::naive::holds(&compiled.programs[0].rules()[0].typed, reader, &Arena::new());
    assert_eq!(fast, naive, "{condition} on {reader:?}");
    fast
}
