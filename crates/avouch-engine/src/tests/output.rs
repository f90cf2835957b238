//! Templates and their JSON.

use avouch_event::Arena;

use super::toy::{Owned, Reader, Toy};
use super::{compiled, rule};
use crate::{AppendOutput, CompileOptions, Compiled, ExtraField, Matching, RenderOptions, compile};

fn with_output(output: &str, append: Vec<AppendOutput>) -> Compiled {
    let mut r = rule("r", "t.name exists");
    r.output = output.into();
    r.tags = vec!["x".into()];
    let options = CompileOptions { append_output: append, ..CompileOptions::default() };
    compile(&[r], &[("syscall", &Toy)], &options)
}

fn reader() -> Reader {
    Reader::new()
        .set("t.name", "cat")
        .set("t.int", Owned::Int(-7))
        .set("t.hex", Owned::Int(255))
        .set("t.flag", Owned::Bool(true))
        .set("t.list", Owned::List(vec!["a".into(), "b".into()]))
        .set("t.names", Owned::List(vec!["sh".into(), "init".into()]))
        .set("t.buf", Owned::Bytes(b"a\x01b".to_vec()))
        .set("t.ip", Owned::Ip("10.0.0.1".parse().unwrap()))
}

fn text(output: &str) -> String {
    let c = with_output(output, Vec::new());
    assert_eq!(c.programs[0].rules().len(), 1, "{:?}", c.diagnostics);
    let mut out = Vec::new();
    c.programs[0].rules()[0].output.text(&reader(), &Arena::new(), RenderOptions::default(), &mut out);
    String::from_utf8(out).unwrap()
}

fn json(output: &str, append: Vec<AppendOutput>) -> String {
    let c = with_output(output, append);
    assert_eq!(c.programs[0].rules().len(), 1, "{:?}", c.diagnostics);
    let map = c.programs[0].rules()[0].output.fields(&reader(), &Arena::new(), RenderOptions::default());
    serde_json::Value::Object(map).to_string()
}

#[test]
fn values_print_by_type() {
    assert_eq!(text("n=%t.name i=%t.int h=%t.hex f=%t.flag"), "n=cat i=-7 h=FF f=true");
    assert_eq!(text("%t.list|%t.names|%t.buf|%t.ip"), "(a,b)|sh init|a.b|10.0.0.1");
    assert_eq!(text("%t.other"), "<NA>");
}

#[test]
fn the_longest_field_counts_and_the_rest_is_text() {
    assert_eq!(text("%t.name. %t.name_x [%t.name]"), "cat. cat_x [cat]");
    assert_eq!(text("%t.env[A]!"), "<NA>!");
    assert_eq!(text("%toupper(t.name)!"), "CAT!");
}

#[test]
fn width_pads_and_cuts() {
    assert_eq!(text("%5t.name|%2t.name|"), "cat  |ca|");
    assert_eq!(text("*%t.name"), "cat");
}

#[test]
fn tokens_that_are_no_fields_are_errors() {
    for bad in ["%t.nosuch", "%", "50%", "% t.name", "%12", "%nosuch(t.name)"] {
        let c = with_output(bad, Vec::new());
        assert_eq!(c.diagnostics[0].falco, Some("LOAD_ERR_COMPILE_OUTPUT"), "{bad}");
        assert!(c.programs[0].rules().is_empty());
    }
}

#[test]
fn container_info_is_removed_with_a_warning() {
    let c = with_output("a %t.name %container.info", Vec::new());
    assert_eq!(c.programs[0].rules()[0].output.template(), "a %t.name");
    assert_eq!(c.diagnostics[0].falco, Some("LOAD_DEPRECATED_ITEM"));
}

#[test]
fn json_keeps_types_and_shows_inner_fields() {
    assert_eq!(
        json("%toupper(t.name) %t.int %t.hex %t.flag %t.list %t.other", Vec::new()),
        r#"{"t.flag":true,"t.hex":"FF","t.int":-7,"t.list":["a","b"],"t.name":"cat","t.other":null,"toupper(t.name)":"CAT"}"#
    );
}

#[test]
fn configuration_appends() {
    let entry = |tags: &[&str]| AppendOutput {
        tags: tags.iter().map(|t| (*t).to_owned()).collect(),
        extra_output: Some("i=%t.int".into()),
        extra_fields: vec![
            ExtraField::Field("t.flag".into()),
            ExtraField::Template { key: "both".into(), template: "%t.name/%t.int".into() },
        ],
        ..AppendOutput::default()
    };
    assert_eq!(json("%t.name", vec![entry(&["x"])]), r#"{"both":"cat/-7","t.flag":true,"t.int":-7,"t.name":"cat"}"#);
    assert_eq!(json("%t.name", vec![entry(&["x", "y"])]), r#"{"t.name":"cat"}"#);
    let c = with_output("%t.name", vec![AppendOutput::suggested()]);
    assert_eq!(c.programs[0].rules()[0].output.template(), "%t.name t_suggested=%t.suggested");
    assert!(!with_output("%t.name", vec![entry(&[])]).programs[0].rules().is_empty());
    let bad = AppendOutput { extra_output: Some("%nosuch.x".into()), ..AppendOutput::default() };
    assert_eq!(with_output("%t.name", vec![bad]).diagnostics[0].code, "R0233");
}

#[test]
fn default_options_suggest() {
    let c = compiled(&[rule("r", "t.name exists")], Matching::First);
    assert!(c.programs[0].rules()[0].output.keys().any(|k| k == "t.suggested"));
}
