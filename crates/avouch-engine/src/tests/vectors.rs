//! Single conditions on single events.

use super::holds;
use super::toy::{Owned, Reader};

fn ip(text: &str) -> Owned {
    Owned::Ip(text.parse().unwrap())
}

fn list(items: &[&str]) -> Owned {
    Owned::List(items.iter().map(|i| Owned::from(*i)).collect())
}

/// Asserts each condition's result on one event.
fn table(reader: &Reader, rows: &[(&str, bool)]) {
    for (condition, expected) in rows {
        assert_eq!(holds(condition, reader), *expected, "{condition}");
    }
}

#[test]
fn absent_is_false_whatever_the_operator() {
    table(
        &Reader::new(),
        &[
            ("t.name = a", false),
            ("t.name != a", false),
            ("not t.name = a", true),
            ("t.name exists", false),
            ("t.int < 5", false),
            ("t.list in (a)", false),
            ("t.names exists", false),
            ("len(t.list) = 0", false),
            ("t.name = val(t.other)", false),
        ],
    );
}

#[test]
fn empty_lists_are_absent_and_empty_texts_are_not() {
    let reader = Reader::new().set("t.list", list(&[])).set("t.name", "");
    table(&reader, &[("t.list exists", false), ("t.name exists", true), ("t.name = \"\"", true)]);
}

#[test]
fn lists_take_all_or_any() {
    let reader = Reader::new().set("t.list", list(&["a", "b"]));
    table(
        &reader,
        &[
            ("t.list in (a, b, c)", true),
            ("t.list in (a)", false),
            ("t.list intersects (a, x)", true),
            ("t.list intersects (x)", false),
            ("t.list intersects ()", false),
            ("len(t.list) = 2", true),
            ("join(\"-\", t.list) = a-b", true),
        ],
    );
}

#[test]
fn ancestors_compare_one_by_one() {
    let reader = Reader::new()
        .set("t.names", list(&["bash", "init"]))
        .set("t.pids", Owned::List(vec![Owned::Int(7), Owned::Int(1)]));
    table(
        &reader,
        &[
            ("t.names = init", true),
            ("t.names != init", true),
            ("not t.names = init", false),
            ("t.names in (x, bash)", true),
            ("t.names startswith ba", true),
            ("t.pids = 1", true),
            ("t.pids in (1, 2)", true),
            ("t.pids > 7", false),
        ],
    );
}

#[test]
fn endpoints_match_either_and_differ_both() {
    let reader = Reader::new()
        .set("t.ips", Owned::List(vec![ip("10.0.0.1"), ip("142.251.111.147")]))
        .set("t.nets", Owned::List(vec![ip("10.0.0.1"), ip("142.251.111.147")]))
        .set("t.ports", Owned::List(vec![Owned::Uint(80), Owned::Uint(40000)]));
    table(
        &reader,
        &[
            ("t.ips = 10.0.0.1", true),
            ("t.ips != 10.0.0.1", false),
            ("t.ips != 10.0.0.2", true),
            ("t.ips in (1.1.1.1, 10.0.0.1)", true),
            ("t.ips = ::1", false),
            ("t.ips != ::1", true),
            ("t.nets = 142.0.0.0/4", true),
            ("t.nets != 10.0.0.0/8", false),
            ("t.nets in (1.0.0.0/8, 10.0.0.0/8)", true),
            ("t.nets != 2001:db8::/32", true),
            ("t.ports = http", true),
            ("t.ports < 100", true),
            ("t.ports != 80", false),
            ("t.ports in (443, 40000)", true),
        ],
    );
}

#[test]
fn text_operators() {
    let reader = Reader::new().set("t.name", "myexe").set("t.path", "/opt/dir/subdir");
    table(
        &reader,
        &[
            ("t.name = myexe", true),
            ("t.name contains exe", true),
            ("t.name icontains EXE", true),
            ("t.name startswith my", true),
            ("t.name endswith exe", true),
            ("t.name glob my*", true),
            ("t.name iglob MY*", true),
            ("t.name regex 'my.*'", true),
            ("t.name regex 'y.*'", false),
            ("t.name pmatch (/myexe)", true),
            ("t.path pmatch (/opt/*/subdir, /x)", true),
            ("t.path pmatch (/opt/di)", false),
            ("t.name in (a, myexe)", true),
            ("t.name intersects (a, myexe)", true),
            ("toupper(t.name) = MYEXE", true),
            ("basename(t.path) = subdir", true),
            ("len(t.name) = 5", true),
            ("concat(t.name, \"-x\") = myexe-x", true),
            ("t.name = val(t.name)", true),
        ],
    );
}

#[test]
fn modifiers_count_right_sides() {
    let reader = Reader::new().set("t.name", "myexe");
    table(
        &reader,
        &[
            ("t.name = oneof (myexe)", true),
            ("t.name = oneof (myexe, myexe)", false),
            ("t.name = anyof (bash, sh)", false),
            ("t.name = anyof (myexe, sh)", true),
            ("t.name = allof (myexe, bash)", false),
            ("t.name = allof ()", false),
            ("t.name = oneof ()", false),
            ("t.name != allof (bash, sh)", true),
            ("t.name != oneof (myexe, bash)", true),
            ("t.name != oneof (bash, sh)", false),
            ("t.name != anyof (myexe, bash)", true),
            ("t.name startswith oneof (my, mye)", false),
            ("t.name contains allof (my, exe)", true),
            ("t.name regex oneof (my.*, b.*)", true),
        ],
    );
}

#[test]
fn bytes_compare_with_text_and_hex() {
    let reader = Reader::new().set("t.buf", Owned::Bytes(b"hello".to_vec()));
    table(
        &reader,
        &[
            ("t.buf bcontains 656c6C", true),
            ("t.buf bstartswith 6865", true),
            ("t.buf bstartswith 65", false),
            ("t.buf contains ell", true),
            ("t.buf = hello", true),
            ("t.buf in (hello, x)", true),
        ],
    );
}

#[test]
fn numbers_compare_by_their_sign() {
    let reader = Reader::new().set("t.int", Owned::Int(-3)).set("t.uint", Owned::Uint(0xffff_ffff));
    table(
        &reader,
        &[
            ("t.int < 0", true),
            ("t.int >= -3", true),
            ("t.int in (-3, 4)", true),
            ("t.uint = -1", true),
            ("t.uint > 5", true),
            ("t.int > 4294967295", false),
        ],
    );
}

#[test]
fn event_number_idioms_are_constant() {
    let reader = Reader::new().set("evt.num", Owned::Uint(1));
    table(&reader, &[("evt.num > 0", true), ("evt.num = 0", false), ("not evt.num = 0", true)]);
}
