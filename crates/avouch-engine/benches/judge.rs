//! Time to judge one event against 25, 250 and 2,500 rules, and to compile them, over the toy catalogue of the tests.

#![expect(clippy::expect_used, reason = "a bench")]

#[path = "../src/tests/toy.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod toy;

use avouch_diagnostics::{FileId, Span};
use avouch_engine::{CompileOptions, Compiled, Matching, Scratch, compile};
use avouch_event::{Arena, EventType, types};
use avouch_rules::{Priority, ResolvedRule, parse_condition};
use divan::counter::ItemsCount;
use toy::{Owned, Reader, Toy};

fn main() {
    divan::main();
}

const SIZES: [usize; 3] = [25, 250, 2500];

/// Conditions shaped like upstream's: an event type, a shared macro's tests, a few names, exceptions.
fn condition(i: usize) -> String {
    let shell = "t.name in (bash, sh, zsh, ksh, csh, dash)";
    match i % 8 {
        0 => format!(
            "evt.type in (execve, execveat) and t.int = 0 and t.name = tool{i} and not t.names in (sshd, cron{i})"
        ),
        1 => format!(
            "evt.type in (open, openat) and t.flag = true and t.path startswith /etc/app{i} and not t.name = ok{i}"
        ),
        2 => format!("evt.type in (execve, execveat) and t.int = 0 and {shell} and t.names = server{i}"),
        3 => format!("evt.type in (connect, accept4) and t.ports = {} and t.other = image{i}", 1000 + i),
        4 => format!(
            "evt.type in (open, openat) and t.flag = true and t.name in (a{i}, b{i}, c{i}) and t.path glob '/var/{i}/*'"
        ),
        5 => format!("evt.type in (execve, execveat) and t.other contains secret{i} and {shell}"),
        6 => format!("evt.type in (unlink, unlinkat, rename) and t.path pmatch (/bin/x{i}, /sbin/y{i}) and t.int >= 0"),
        _ => format!("evt.type = setuid and t.uint = 0 and t.name = su{i} and t.other != host"),
    }
}

fn rules(count: usize) -> Vec<ResolvedRule> {
    (0..count)
        .map(|i| {
            let text = condition(i);
            let span = Span { file: FileId(0), start: 0, end: 1 };
            ResolvedRule {
                name: format!("rule {i}"),
                name_span: span,
                span,
                desc: String::new(),
                condition: parse_condition(&text, FileId(0), 0).expect("a condition"),
                condition_text: text,
                output: "%t.name %t.path".into(),
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
        })
        .collect()
}

fn program(count: usize) -> Compiled {
    let options = CompileOptions { matching: Matching::First, ..CompileOptions::default() };
    let compiled = compile(&rules(count), &[("syscall", &Toy)], &options);
    assert_eq!(compiled.programs[0].rules().len(), count, "{:?}", compiled.diagnostics);
    compiled
}

/// Events that match nothing, but get past the first tests.
fn events() -> Vec<(EventType, Reader)> {
    let list = |items: &[&str]| Owned::List(items.iter().map(|i| Owned::from(*i)).collect());
    let types = [types::EXECVE_19_X, types::OPENAT_2_X, types::ACCEPT4_6_X, types::UNLINKAT_2_X, types::SETUID_X];
    types
        .into_iter()
        .map(|ty| {
            let reader = Reader::new()
                .set("evt.type", ty.name())
                .set("evt.num", Owned::Uint(1))
                .set("t.name", "bash")
                .set("t.path", "/etc/passwd")
                .set("t.other", "docker.io/library/nginx")
                .set("t.int", Owned::Int(0))
                .set("t.uint", Owned::Uint(0))
                .set("t.flag", Owned::Bool(true))
                .set("t.names", list(&["containerd-shim", "systemd"]))
                .set("t.ports", Owned::List(vec![Owned::Uint(443), Owned::Uint(50123)]));
            (ty, reader)
        })
        .collect()
}

#[divan::bench(args = SIZES)]
fn judge_five_events(bencher: divan::Bencher<'_, '_>, count: usize) {
    let compiled = program(count);
    let events = events();
    let (mut scratch, mut arena) = (Scratch::new(), Arena::new());
    bencher.counter(ItemsCount::new(events.len())).bench_local(|| {
        let mut found = 0;
        for (ty, reader) in &events {
            arena.reset();
            found += compiled.programs[0].judge(*ty, reader, &arena, &mut scratch).len();
        }
        assert_eq!(found, 0);
    });
}

#[divan::bench(args = SIZES)]
fn compile_rules(bencher: divan::Bencher<'_, '_>, count: usize) {
    let rules = rules(count);
    bencher.bench_local(|| compile(&rules, &[("syscall", &Toy)], &CompileOptions::default()));
}
