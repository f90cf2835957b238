//! What is asked of a source covers what rules match, on random rules and events; and leaves out what it should.

use avouch_event::{Arena, EventType, FieldReader, FieldRef, ReadPaths, Value, Want, types};
use proptest::prelude::*;

use super::toy::{Reader, Toy};
use super::{agree, compiled, rule};
use crate::{Asks, Known, Matching, SourceFacts, Values, interest, naive};

/// A source that tells its events apart by one field for each type.
struct ToyFacts;

const CLASSES: &[Want] = &[Want::READS, Want::WRITES, Want::FAILURES];

impl SourceFacts for ToyFacts {
    fn classes(&self, ty: EventType) -> &'static [Want] {
        match ty {
            types::OPEN_X | types::OPENAT_2_X | types::CLOSE_X => CLASSES,
            types::EXECVE_19_X | types::GENERIC_X => &[Want::SUCCESSES],
            _ => &[],
        }
    }

    fn known(&self, name: &str, _: &FieldRef, ty: EventType, class: Want) -> Known {
        match (ty, name, class) {
            (types::OPEN_X, "t.int", Want::READS) => Known::ABSENT,
            (types::OPEN_X, "t.int", Want::WRITES) => Known::always(Values::Numbers(&[(0, 1), (5, i64::MAX)])),
            (types::OPEN_X, "t.int", _) => Known::always(Values::Numbers(&[(i64::MIN, -1), (2, 4)])),
            (types::OPENAT_2_X, "t.other", Want::READS) => Known::always(Values::Texts(&["a", "/a"])),
            (types::OPENAT_2_X, "t.other", Want::WRITES) => Known::maybe(Values::Texts(&["b"])),
            (types::OPENAT_2_X, "t.other", _) => Known::always(Values::TextsBut(&["a", "b", "/a"])),
            (types::CLOSE_X, "t.flag", Want::READS) => Known::always(Values::Flag(true)),
            (types::CLOSE_X, "t.flag", Want::WRITES) => Known::always(Values::Flag(false)),
            (types::CLOSE_X, "t.flag", _) => Known::ABSENT,
            _ => Known::NOTHING,
        }
    }

    fn parts(&self, name: &str, _: &FieldRef, _: EventType) -> Want {
        if name == "t.buf" { Want::DATA } else { Want::NONE }
    }

    /// `t.path` is the path of the call.
    fn path_head<'h>(&self, name: &str, _: &FieldRef, _: EventType, head: &'h [u8]) -> Option<&'h [u8]> {
        (name == "t.path").then_some(head)
    }
}

/// The class that the toy's source would see in an event.
fn class_of(ty: EventType, reader: &Reader) -> Want {
    let arena = Arena::new();
    let read = |name| reader.read(&avouch_event::FieldCatalog::resolve(&Toy, name, None).unwrap(), &arena);
    match ty {
        types::OPEN_X => match read("t.int") {
            None => Want::READS,
            Some(Value::Int(0 | 1 | 5..)) => Want::WRITES,
            _ => Want::FAILURES,
        },
        types::OPENAT_2_X => match read("t.other") {
            Some(Value::Str(b"a" | b"/a")) => Want::READS,
            None | Some(Value::Str(b"b")) => Want::WRITES,
            _ => Want::FAILURES,
        },
        types::CLOSE_X => match read("t.flag") {
            Some(Value::Bool(true)) => Want::READS,
            Some(_) => Want::WRITES,
            None => Want::FAILURES,
        },
        _ => Want::SUCCESSES,
    }
}

fn path_of(reader: &Reader) -> Option<Vec<u8>> {
    let field = avouch_event::FieldCatalog::resolve(&Toy, "t.path", None).unwrap();
    match reader.read(&field, &Arena::new()) {
        Some(Value::Str(path)) => Some(path.to_vec()),
        _ => None,
    }
}

fn asks(conditions: &[&str]) -> Asks {
    let rules: Vec<_> = conditions.iter().enumerate().map(|(i, c)| rule(&format!("r{i}"), c)).collect();
    let compiled = compiled(&rules, Matching::All);
    assert_eq!(compiled.programs[0].rules().len(), rules.len(), "{:?}", compiled.diagnostics);
    interest(&compiled.programs[0], &ToyFacts)
}

fn want(condition: &str, ty: EventType) -> Want {
    asks(&[condition]).list.iter().find(|a| a.ty == ty).map_or(Want::NONE, |a| a.want)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_match_is_always_asked_for(
        condition in agree::condition(),
        events in prop::collection::vec(agree::event(), 1..16),
    ) {
        let rules = [rule("r", &condition)];
        let compiled = compiled(&rules, Matching::All);
        let program = &compiled.programs[0];
        let asks = interest(program, &ToyFacts);
        for (ty, reader) in &events {
            let matches = naive::holds(&program.rules()[0].typed, reader, &Arena::new());
            if !matches || ToyFacts.classes(*ty).is_empty() || !program.rules()[0].types.contains(*ty) {
                continue;
            }
            let class = class_of(*ty, reader);
            let asked = asks.list.iter().find(|a| a.ty == *ty).map_or(Want::NONE, |a| a.want);
            prop_assert!(asked.contains(class), "{condition} on {ty:?} {class:?} {reader:?}");
            if class == Want::READS && ReadPaths::TYPES.contains(ty) {
                let path = path_of(reader);
                let paths = &asks.list.iter().find(|a| a.ty == *ty).unwrap().read_paths;
                // An event without a path tells nothing of paths.
                let passes = path.as_ref().is_none_or(|p| paths.passes(p));
                prop_assert!(passes, "{condition} on {reader:?}: {paths:?}");
            }
            if *ty == types::GENERIC_X {
                let named = asks.generic.as_ref().is_none_or(|names| names.contains(&"restart_syscall"));
                prop_assert!(named, "{condition}: {:?}", asks.generic);
            }
        }
    }
}

#[test]
fn classes_without_a_match_are_left_out() {
    assert_eq!(want("evt.type = open and t.int >= 0", types::OPEN_X), Want(Want::WRITES.0 | Want::FAILURES.0));
    assert_eq!(want("evt.type = open and t.int > 4", types::OPEN_X), Want::WRITES);
    assert_eq!(want("evt.type = open and t.int = 4", types::OPEN_X), Want::FAILURES);
    assert_eq!(want("evt.type = open and not t.int exists", types::OPEN_X), Want::READS);
    assert_eq!(want("evt.type = open and not t.int < 0", types::OPEN_X), Want(7));
    assert_eq!(want("evt.type = openat and t.other startswith /", types::OPENAT_2_X), Want(5));
    assert_eq!(want("evt.type = openat and t.other != b", types::OPENAT_2_X), Want(5));
    assert_eq!(want("evt.type = openat and t.other = a", types::OPENAT_2_X), Want::READS);
    assert_eq!(want("evt.type = close and t.flag = true", types::CLOSE_X), Want::READS);
    assert_eq!(want("evt.type = close and not t.flag = true", types::CLOSE_X), Want(6));
    assert_eq!(want("evt.type = open and evt.num = 0", types::OPEN_X), Want::NONE);
    assert_eq!(want("evt.type = execve and t.name = a", types::EXECVE_19_X), Want::SUCCESSES);
    assert_eq!(want("evt.type = execve", types::CLOSE_X), Want::NONE);
}

#[test]
fn parts_come_from_condition_and_output() {
    let data = |condition| want(condition, types::OPEN_X).contains(Want::DATA);
    assert!(data("evt.type = open and t.buf contains a"));
    assert!(!data("evt.type = open and t.name = a"));
    let mut rule = rule("r", "evt.type = open");
    rule.output = "%t.name %t.buf".into();
    let compiled = compiled(&[rule], Matching::All);
    assert!(interest(&compiled.programs[0], &ToyFacts).list[0].want.contains(Want::DATA));
}

#[test]
fn generic_calls_are_named_where_a_rule_names_them() {
    let generic = |conditions: &[&str]| asks(conditions).generic;
    assert_eq!(generic(&["evt.type = open"]), Some(vec![]));
    assert_eq!(
        generic(&["evt.type in (restart_syscall, open)", "evt.type = acct and t.int = 1"]),
        Some(vec!["restart_syscall", "acct"])
    );
    assert_eq!(generic(&["evt.type = restart_syscall and evt.type = acct"]), Some(vec![]));
    assert_eq!(generic(&["not evt.type = open"]), None);
    assert_eq!(generic(&["evt.type startswith ac"]), None);
    assert_eq!(generic(&["t.int = 1"]), None);
}

/// The beginnings of paths for which a condition on an open may hold, one space apart; `any` for all.
fn paths(condition: &str) -> String {
    let asks = asks(&[&format!("evt.type = open and not t.int exists and ({condition})")]);
    match &asks.list.first().expect(condition).read_paths {
        ReadPaths::Any => "any".to_owned(),
        ReadPaths::Prefixes(all) => {
            all.iter().map(|p| String::from_utf8_lossy(p).into_owned()).collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn each_operator_bounds_the_path_in_its_way() {
    for (test, expected) in [
        ("t.path = /a", "/a"),
        ("t.path in (/a, /b/)", "/a /b/"),
        ("t.path startswith /a", "/a"),
        ("t.path startswith anyof (/a, /b)", "/a /b"),
        ("t.path startswith oneof (/a, /b)", "/a /b"),
        ("t.path glob \"/a/*.pem\"", "/a/"),
        ("t.path glob \"/a/[ab]\"", "/a/"),
        ("t.path glob \"*/a\"", "any"),
        ("t.path iglob \"/1a\"", "/1"),
        ("t.path regex \"/home/.*/x\"", "/home/"),
        ("t.path regex \"^/etc/?.*\"", "/etc"),
        ("t.path regex \"/etc/+x\"", "/etc/"),
        ("t.path regex \"/a|/b\"", "any"),
        ("t.path regex \"(/a)?.*\"", "any"),
        ("t.path pmatch (/a/b/, \"c/*/d\", \"/e/f?/g\")", "/a/b /c/ /e/f"),
        ("t.path contains /a", "any"),
        ("t.path endswith .pem", "any"),
        ("t.path contains ../", ""),
        ("t.path contains //", ""),
        ("t.path endswith /.", "any"),
        ("t.path != /a", "any"),
        ("t.path exists", "any"),
        ("t.path = val(t.other)", "any"),
        ("tolower(t.path) = /a", "any"),
        ("t.name = /a", "any"),
        ("t.path = a", ""),
        ("t.path startswith \"\"", "any"),
        ("t.path startswith /a\u{e9}x", "/a"),
    ] {
        assert_eq!(paths(test), expected, "{test}");
    }
}

#[test]
fn tests_of_paths_combine() {
    for (condition, expected) in [
        ("t.path startswith /a and t.name = x", "/a"),
        ("t.path startswith /a or t.name = x", "any"),
        ("t.path startswith /a or t.path = /b", "/a /b"),
        ("t.path startswith /a and t.path in (/ab, /c)", "/ab"),
        ("t.path startswith /a and t.path startswith /b", ""),
        ("not t.path startswith /a", "any"),
        ("not (not t.path startswith /a and not t.path = /b)", "/a /b"),
        ("not (not t.path startswith /a or t.name = x)", "/a"),
        // What cannot be on events of the class bounds nothing.
        ("t.path startswith /a or t.int > 1", "/a"),
        ("t.path startswith /a or not (t.int = 1 or not t.path = /b)", "/a /b"),
    ] {
        assert_eq!(paths(condition), expected, "{condition}");
    }
}
