//! The compiled program agrees with the plain walk, on random rules and events.

use avouch_event::{Arena, EventType, types};
use proptest::prelude::*;

use super::toy::{Owned, Reader};
use super::{compiled, rule};
use crate::{Matching, Scratch, naive};

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "ab", "ba", "abc", "/a/b", "/a", "/b/a/c", "A", "bash"])
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..5).prop_map(|w| format!("({})", w.join(", ")))
}

fn text_field() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "t.name",
        "t.name",
        "t.path",
        "t.other",
        "t.names",
        "tolower(t.name)",
        "basename(t.path)",
        "concat(t.name, t.other)",
        "join(\"/\", t.list)",
        "evt.type",
    ])
}

fn text_check() -> impl Strategy<Value = String> {
    let ops = prop::sample::select(vec![
        "=",
        "=",
        "!=",
        "contains",
        "icontains",
        "startswith",
        "endswith",
        "glob",
        "iglob",
        "regex",
    ]);
    let one = (text_field(), ops, prop::sample::select(vec!["", "", "anyof", "oneof", "allof"]), word(), words());
    let one = one.prop_map(|(field, op, modifier, word, list)| {
        if field == "evt.type" {
            return format!("evt.type {} open", if op == "!=" { "!=" } else { "=" });
        }
        if modifier.is_empty() { format!("{field} {op} {word}") } else { format!("{field} {op} {modifier} {list}") }
    });
    let many = (text_field(), prop::sample::select(vec!["in", "in", "intersects", "pmatch"]), words());
    let many = many.prop_map(|(field, op, list)| {
        if field == "evt.type" {
            "evt.type in (open, openat, close)".to_owned()
        } else {
            format!("{field} {op} {list}")
        }
    });
    prop_oneof![3 => one, 3 => many]
}

fn other_check() -> impl Strategy<Value = String> {
    let number = prop::sample::select(vec!["0", "1", "-1", "7", "80"]);
    let order = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">=", "in", "intersects"]);
    let numbers =
        (prop::sample::select(vec!["t.int", "t.uint", "t.ports", "t.pids", "t.double", "len(t.list)"]), order, number)
            .prop_map(|(f, op, n)| {
                let n = if f == "t.ports" { n.trim_start_matches('-') } else { n };
                if op.starts_with('i') { format!("{f} {op} ({n}, 2)") } else { format!("{f} {op} {n}") }
            });
    let addresses = (
        prop::sample::select(vec!["t.ip", "t.ips"]),
        prop::sample::select(vec!["=", "!=", "in"]),
        prop::sample::select(vec!["10.0.0.1", "::1", "1.2.3.4"]),
    )
        .prop_map(|(f, op, a)| if op == "in" { format!("{f} in ({a}, 9.9.9.9)") } else { format!("{f} {op} {a}") });
    let nets = (
        prop::sample::select(vec!["t.net", "t.nets"]),
        prop::sample::select(vec!["=", "!=", "in"]),
        prop::sample::select(vec!["10.0.0.0/8", "::/16", "1.2.3.4/32"]),
    )
        .prop_map(|(f, op, a)| if op == "in" { format!("{f} in ({a}, 9.0.0.0/8)") } else { format!("{f} {op} {a}") });
    let lists =
        (prop::sample::select(vec!["in", "intersects"]), words()).prop_map(|(op, l)| format!("t.list {op} {l}"));
    let fixed = prop::sample::select(vec![
        "t.name exists",
        "t.path exists",
        "t.names exists",
        "t.list exists",
        "t.ips exists",
        "t.flag = true",
        "t.flag != true",
        "t.flag in (true, false)",
        "t.buf contains a",
        "t.buf bstartswith 61",
        "t.buf != a",
        "t.name = val(t.other)",
        "t.name != val(t.other)",
        "t.name startswith tolower(t.other)",
        "t.names = val(t.other)",
        "t.int = val(t.int)",
        "evt.num > 0",
        "evt.num = 0",
        "evt.num > 3",
    ])
    .prop_map(str::to_owned);
    prop_oneof![numbers, addresses, nets, lists, fixed]
}

pub(super) fn condition() -> impl Strategy<Value = String> {
    prop_oneof![3 => text_check(), 2 => other_check()].prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..5).prop_map(|p| format!("({})", p.join(" and "))),
            3 => prop::collection::vec(inner.clone(), 2..5).prop_map(|p| format!("({})", p.join(" or "))),
            2 => inner.prop_map(|p| format!("not ({p})")),
        ]
    })
}

fn text() -> impl Strategy<Value = Owned> {
    word().prop_map(Owned::from)
}

pub(super) fn event() -> impl Strategy<Value = (EventType, Reader)> {
    let ty = prop::sample::select(vec![
        types::OPEN_X,
        types::OPENAT_2_X,
        types::CLOSE_X,
        types::EXECVE_19_X,
        types::GENERIC_X,
        types::ASYNCEVENT_E,
    ]);
    let ip =
        prop::sample::select(vec!["10.0.0.1", "::1", "1.2.3.4", "9.9.9.9"]).prop_map(|t| Owned::Ip(t.parse().unwrap()));
    let texts = || prop::option::of(prop::collection::vec(text(), 0..4).prop_map(Owned::List));
    let ips = || prop::option::of(prop::collection::vec(ip.clone(), 1..3).prop_map(Owned::List));
    let number = || prop::sample::select(vec![0_i64, 1, 2, 7, 80, -1]);
    let opt = prop::option::of::<BoxedStrategy<Owned>>;
    let scalars = (
        opt(text().boxed()),
        opt(text().boxed()),
        opt(text().boxed()),
        opt(number().prop_map(Owned::Int).boxed()),
        opt(number().prop_map(|n| Owned::Uint(u64::from(n.unsigned_abs() as u32))).boxed()),
        opt(any::<bool>().prop_map(Owned::Bool).boxed()),
        opt(ip.clone().boxed()),
        opt(word().prop_map(|w| Owned::Bytes(w.into())).boxed()),
        opt(number().prop_map(|n| Owned::Double(n as f64)).boxed()),
    );
    let several = (
        texts(),
        texts(),
        ips(),
        prop::option::of(prop::collection::vec(number().prop_map(Owned::Int), 1..4).prop_map(Owned::List)),
        prop::option::of(
            prop::collection::vec(number().prop_map(|n| Owned::Uint(n.unsigned_abs())), 1..3).prop_map(Owned::List),
        ),
    );
    (ty, scalars, several, 1..5_u64).prop_map(|(ty, s, l, num)| {
        let mut r = Reader::new().set("evt.num", Owned::Uint(num));
        // Generic and asynchronous events carry a name of their own.
        let name = if ty == types::GENERIC_X { "restart_syscall" } else { ty.name() };
        r = r.set("evt.type", if ty == types::ASYNCEVENT_E { "container" } else { name });
        let put = |r: Reader, name: &str, v: Option<Owned>| if let Some(v) = v { r.set(name, v) } else { r };
        r = put(r, "t.name", s.0);
        r = put(r, "t.path", s.1);
        r = put(r, "t.other", s.2);
        r = put(r, "t.int", s.3);
        r = put(r, "t.uint", s.4);
        r = put(r, "t.flag", s.5);
        r = put(r, "t.net", s.6.clone());
        r = put(r, "t.ip", s.6);
        r = put(r, "t.buf", s.7);
        r = put(r, "t.double", s.8);
        r = put(r, "t.names", l.0);
        r = put(r, "t.list", l.1);
        r = put(r, "t.nets", l.2.clone());
        r = put(r, "t.ips", l.2);
        r = put(r, "t.pids", l.3);
        r = put(r, "t.ports", l.4);
        (ty, r)
    })
}

/// Rules that differ in one constant, as rules in the field do: these are what look-up tables are made of.
fn alike() -> impl Strategy<Value = Vec<String>> {
    let op = prop::sample::select(vec!["=", "in", "startswith", "endswith", "contains", "pmatch", "intersects"]);
    let field = prop::sample::select(vec!["t.name", "t.path", "t.names", "t.other"]);
    (op, field).prop_flat_map(|(op, field)| {
        let one = match op {
            "in" | "pmatch" | "intersects" => words().prop_map(move |l| format!("{field} {op} {l}")).boxed(),
            _ => word().prop_map(move |w| format!("{field} {op} {w}")).boxed(),
        };
        let rest =
            prop::sample::select(vec!["t.flag = true", "t.int = 1", "t.name exists", "t.other != a", "t.int = 0"]);
        let rule = (one, prop::option::of(rest)).prop_map(|(one, rest)| match rest {
            Some(rest) => format!("{one} and {rest}"),
            None => one,
        });
        prop::collection::vec(rule, 4..20)
    })
}

/// Judges all events in both ways, compiled and naive.
fn agrees(conditions: &[String], events: &[(EventType, Reader)]) -> Result<(), TestCaseError> {
    let rules: Vec<_> = conditions.iter().enumerate().map(|(i, c)| rule(&format!("r{i}"), c)).collect();
    for matching in [Matching::All, Matching::First] {
        let compiled = compiled(&rules, matching);
        prop_assert_eq!(compiled.programs[0].rules().len(), rules.len(), "{:?}", compiled.diagnostics);
        let program = &compiled.programs[0];
        let mut scratch = Scratch::new();
        for (ty, reader) in events {
            let arena = Arena::new();
            let mut expected: Vec<u32> = (0u32..)
                .zip(program.rules())
                .filter(|(_, r)| r.types.contains(*ty) && naive::holds(&r.typed, reader, &arena))
                .map(|(i, _)| i)
                .collect();
            // The type sets only spare work: for events of a known type they leave nothing out.
            if *ty != types::GENERIC_X {
                let all = program.rules().iter().filter(|r| naive::holds(&r.typed, reader, &arena)).count();
                prop_assert_eq!(all, expected.len());
            }
            if matching == Matching::First {
                expected.truncate(1);
            }
            let found: Vec<u32> = program.judge(*ty, reader, &arena, &mut scratch).iter().map(|r| r.0).collect();
            prop_assert_eq!(&found, &expected, "{:?} {:?} {:?}", conditions, ty, reader);
            prop_assert!(program.wants(*ty) || expected.is_empty());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn compiled_equals_naive(
        conditions in prop::collection::vec(condition(), 1..16),
        events in prop::collection::vec(event(), 1..8),
    ) {
        agrees(&conditions, &events)?;
    }

    #[test]
    fn look_up_tables_equal_naive(conditions in alike(), events in prop::collection::vec(event(), 1..8)) {
        agrees(&conditions, &events)?;
    }
}
