//! 570 expectations of the peer's own tests on conditions: what compiles, and what holds on an event.
//!
//! The events of those tests are not recorded. Their values stand here, one function a test, as its conditions tell them; the
//! fields are the real ones, with their types and shapes.

#![expect(clippy::unwrap_used, reason = "a test of recordings")]

use std::collections::HashMap;
use std::fs;

use avouch_conformance::{Tally, testdata};
use avouch_diagnostics::{FileId, Severity, Span};
use avouch_engine::{CompileOptions, Scratch, compile};
use avouch_event::{
    Arena, ArgSpec, FieldArg, FieldCatalog, FieldDecl, FieldError, FieldFlags, FieldId, FieldReader, FieldRef,
    FieldType, Print, Reads, Shape, Value, types,
};
use avouch_rules::{Priority, ResolvedRule, parse_condition};
use avouch_state::SyscallFields;
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    test: String,
    condition: String,
    compiles: Option<bool>,
    result: Option<bool>,
}

/// The fields that the peer's parser tests make up.
struct MockFields;

const fn mock(name: &'static str, ty: FieldType) -> FieldDecl {
    FieldDecl {
        name,
        class: "mock",
        ty,
        shape: Shape::Scalar,
        arg: ArgSpec::None,
        doc: "",
        print: Print::Plain,
        flags: FieldFlags {
            filter_only: false,
            print_only: false,
            no_rhs: false,
            no_transformer: false,
            hidden: false,
            deprecated: false,
            suggested: false,
        },
        reads: Reads::Yes,
    }
}

static MOCKS: &[FieldDecl] = &[
    mock("c.true", FieldType::Charbuf),
    mock("c.false", FieldType::Charbuf),
    mock("c.singlequote", FieldType::Charbuf),
    mock("c.doublequote", FieldType::Charbuf),
    mock("c.buffer", FieldType::Bytebuf),
    // Of the peer's sample plugin.
    mock("sample.is_open", FieldType::Uint64),
];

impl FieldCatalog for MockFields {
    fn resolve(&self, name: &str, arg: Option<&str>) -> Result<FieldRef, FieldError> {
        let id = MOCKS.iter().position(|f| f.name == name).ok_or(FieldError::Unknown)?;
        if arg.is_some() {
            return Err(FieldError::UnexpectedArg);
        }
        let id16 = u16::try_from(id).map_err(|_| FieldError::Unknown)?;
        Ok(FieldRef { id: FieldId(id16), ty: MOCKS[id].ty, shape: Shape::Scalar, arg: FieldArg::None, code: 0 })
    }

    fn decl(&self, id: FieldId) -> &FieldDecl {
        &MOCKS[usize::from(id.0)]
    }

    fn fields(&self) -> &[FieldDecl] {
        MOCKS
    }
}

/// An event as a map from fields to values.
struct Values(HashMap<FieldRef, Value<'static>>);

impl FieldReader for Values {
    fn read<'e>(&'e self, field: &FieldRef, _: &'e Arena) -> Option<Value<'e>> {
        self.0.get(field).copied()
    }
}

fn text(t: &'static str) -> Value<'static> {
    Value::Str(t.as_bytes())
}

fn ip(t: &str) -> Value<'static> {
    Value::Ip(t.parse().unwrap())
}

fn list(items: Vec<Value<'static>>) -> Value<'static> {
    Value::List(items.leak())
}

/// Values of the event of a test, by field as written.
fn event(test: &str, condition: &str) -> Vec<(&'static str, Value<'static>)> {
    let connection = |client: &str, server: &str| {
        let both = || list(vec![ip(client), ip(server)]);
        vec![("fd.ip", both()), ("fd.net", both()), ("fd.cip", ip(client)), ("fd.sip", ip(server))]
    };
    let getcwd = vec![
        ("evt.type", text("getcwd")),
        ("syscall.type", text("getcwd")),
        ("evt.source", text("syscall")),
        ("evt.args", text("res=1 path=/test/dir")),
        ("evt.arg[1]", text("/test/dir")),
    ];
    match test {
        "boolean_evaluation" => vec![("c.true", text("1")), ("c.false", text("0"))],
        "str_escape" => vec![("c.singlequote", text("hello 'quoted'")), ("c.doublequote", text("hello \"quoted\""))],
        "bcontains_bstartswith" => vec![("evt.buffer", Value::Bytes(b"hello"))],
        "contains_icontains" => {
            vec![("evt.arg.flags", text("O_RDWR|O_CREAT|O_CLOEXEC")), ("fd.name", text("/opt/dir/subdir"))]
        }
        "net_ipv4_compare" | "net_modifier_ip_compare" => {
            let mut values = connection("172.40.111.222", "142.251.111.147");
            values.extend([("fd.lip", ip("142.251.111.147")), ("fd.rip", ip("172.40.111.222"))]);
            values
        }
        "net_ipv6_compare" => {
            let mut values = connection("::1", "2001:4860:4860::8888");
            values.extend([("fd.lip", ip("2001:4860:4860::8888")), ("fd.rip", ip("::1"))]);
            values
        }
        "signed_int_compare" => {
            vec![("evt.cpu", Value::Int(1)), ("evt.rawarg.res", Value::Int(-22)), ("fd.num", Value::Int(-1))]
        }
        "pmatch" => vec![("fd.name", text("/opt/dir/subdir"))],
        "len_transformer" if condition.contains("= 2") => vec![("fd.types", list(vec![text("file"), text("ipv4")]))],
        "filter_cache_pointer_instability" => vec![("evt.arg.ret", text("0")), ("evt.arg.reaper_tid", text("12"))],
        "PROC_FILTER_aname" => vec![("proc.aname", list(vec![text("bash"), text("sshd"), text("init")]))],
        _ if test.starts_with("FILTERCHECK_MOD") => vec![("proc.name", text("myexe"))],
        _ if condition.contains("sample.") => vec![("sample.is_open", Value::Uint(0))],
        _ if test.starts_with("filter_") => getcwd,
        _ => vec![
            ("fd.name", text("/tmp/file_to_run")),
            ("fd.directory", text("/tmp")),
            ("fd.types", list(vec![text("file")])),
        ],
    }
}

fn rule(condition: &str) -> Option<ResolvedRule> {
    let span = Span::default();
    Some(ResolvedRule {
        name: "rule".into(),
        name_span: span,
        span,
        desc: String::new(),
        condition_text: condition.into(),
        condition: parse_condition(condition, FileId(0), 0).ok()?,
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
    })
}

/// `None` when the condition does not compile, else whether it holds.
fn judge(row: &Row, catalog: &dyn FieldCatalog) -> Option<bool> {
    let rule = rule(&row.condition)?;
    let options = CompileOptions { append_output: Vec::new(), ..CompileOptions::default() };
    let compiled = compile(&[rule], &[("syscall", catalog)], &options);
    if compiled.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return None;
    }
    let mut values = HashMap::new();
    for (field, value) in event(&row.test, &row.condition) {
        let (name, arg) = match field.split_once('[') {
            Some((name, arg)) => (name, arg.strip_suffix(']')),
            None => (field, None),
        };
        // The made-up fields belong to another catalogue than the real ones.
        if let Ok(found) = catalog.resolve(name, arg) {
            values.insert(found, value);
        }
    }
    let found =
        !compiled.programs[0].judge(types::GETCWD_X, &Values(values), &Arena::new(), &mut Scratch::new()).is_empty();
    Some(found)
}

#[test]
fn conditions_compile_and_hold_as_the_peer_says() {
    let Some(data) = testdata() else { return };
    let lines = fs::read_to_string(data.join("falco/filter_eval_asserts.jsonl")).unwrap();
    let mut tally = Tally::new("eval_asserts");
    let mut count = 0;
    for line in lines.lines() {
        let row: Row = serde_json::from_str(line).unwrap();
        count += 1;
        let made_up = row.condition.split(|c: char| !c.is_alphanumeric()).any(|w| w == "c" || w == "sample");
        let outcome = if made_up { judge(&row, &MockFields) } else { judge(&row, &SyscallFields) };
        let difference = match (row.compiles, row.result, outcome) {
            (Some(want), _, got) if want == got.is_some() => None,
            (Some(want), ..) => Some(format!("compiles there: {want}, here: {}", !want)),
            (_, Some(want), Some(got)) if want == got => None,
            (_, want, got) => Some(format!("holds there: {want:?}, here: {got:?}")),
        };
        tally.case(&format!("{}: {}", row.test, row.condition), difference);
    }
    assert_eq!(count, 570);
    tally.finish();
}
