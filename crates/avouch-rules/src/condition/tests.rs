use avouch_diagnostics::{FileId, Span};
use proptest::prelude::*;

use super::*;
use crate::ast::*;

fn parse_text(text: &str) -> Result<Expr, ParseError> {
    parse_condition(text, FileId(0), 0)
}

#[track_caller]
fn prints(text: &str, expected: &str) {
    let expr = parse_text(text).unwrap();
    assert_eq!(print_condition(&expr, true), expected);
}

#[track_caller]
fn fails(text: &str, title: &str, at: &str) {
    let e = parse_text(text).unwrap_err();
    assert_eq!(e.title, title, "{text}");
    assert_eq!(&text[e.span.start as usize..e.span.end as usize], at, "{text}");
}

#[test]
fn binding_and_nesting() {
    prints("a and b or c and not d", "((a and b) or (c and not d))");
    prints("a or(b)or(c)", "(a or b or c)");
    prints("not not not(a)", "not a");
    prints("not(not a)", "a");
    prints("notz and nota", "(notz and nota)");
    prints("(a and b) and c", "((a and b) and c)");
}

#[test]
fn comparisons() {
    prints("a.b=1", "a.b = 1");
    prints("a.b==c", "a.b = c");
    prints("a.b existsand c", "(a.b exists and c)");
    prints("a.b inx", "a.b in x");
    prints("a.b in(a,'b c',\"d\")", "a.b in (a, \"b c\", d)");
    prints("a.b contains  anyof (a, b)", "a.b contains anyof (a, b)");
    prints("a.b = oneof and c", "(a.b = oneof and c)");
    prints("a.b = oneof oneof", "a.b = oneof oneof");
    prints("a.b[x] = y", "a.b[x] = y");
    prints("a.b['x y'] = y", "a.b[\"x y\"] = y");
    prints("join( '-' , (a.b, \"c\",3) )=x", "join(\"-\", (a.b, \"c\", 3)) = x");
    prints("getopt(proc.args, \"ab:\")[b] = val( c.d )", "getopt(proc.args, \"ab:\")[b] = val(c.d)");
    prints(r#"a.b = "x\\x""#, r"a.b = x\x");
    prints(r#"a.b = "x \x5c""#, r#"a.b = "x \x5c""#);
}

#[test]
fn messages_point_at_the_word() {
    fails("a and b)", "unexpected text after `b`", ")");
    fails("a AND b", "unexpected text after `a`", "AND");
    fails("(a or b", "expected `)`", "(");
    fails("a.b startwith c", "expected an operator after `a.b`", "startwith");
    fails("a orange", "expected a blank or `(` after `or`", "ange");
    fails("a and", "expected a blank or `(` after `and`", "and");
    fails("a.b in (a,,b)", "expected a value after `,`", ",");
    fails("a.b = (a)", "expected a value after `=`", "(");
    fails("a.b > x", "expected a number after `>`", "x");
    fails("a.b = \"x\\q\"", "invalid escape in quoted text", "\\q");
    fails("", "condition is empty", "");
    assert_eq!(
        parse_text("evt.type=execve foo").unwrap_err().falco_message.as_deref(),
        Some("unexpected token after 'execve', expecting 'or', 'and'")
    );
}

#[test]
fn spans_point_at_tokens() {
    let text = "x and (tolower(proc.name) in (a, 'b'))";
    let Expr::And(all, span) = parse_text(text).unwrap() else { panic!() };
    let cut = |s: Span| &text[s.start as usize..s.end as usize];
    assert_eq!(cut(span), text);
    let Expr::Check(check) = &all[1] else { panic!() };
    assert_eq!(cut(check.span), "tolower(proc.name) in (a, 'b')");
    assert_eq!(cut(check.lhs.span()), "tolower(proc.name)");
    assert_eq!(cut(check.op_span), "in");
    let Rhs::List(values, list) = &check.rhs else { panic!() };
    assert_eq!((cut(*list), cut(values[0].span), cut(values[1].span)), ("(a, 'b')", "a", "'b'"));
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    let deep = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
    assert!(parse_text(&deep(199)).is_ok());
    assert!(size_of::<Expr>() <= 256, "{}", size_of::<Expr>());
    assert_eq!(parse_text(&deep(100_000)).unwrap_err().title, "condition is nested too deeply");
    let calls = format!("{}a.b{} exists", "tolower(".repeat(100_000), ")".repeat(100_000));
    assert!(parse_text(&calls).is_err());
    assert!(parse_text(&format!("{}a", "not ".repeat(100_000))).is_ok());
}

#[test]
fn bytes_that_are_no_text_are_kept() {
    let Expr::Check(check) = parse_text(r#"a.b = "\xff\xd8x""#).unwrap() else { panic!() };
    let Rhs::Literal(l) = &check.rhs else { panic!() };
    assert_eq!(l.as_bytes(), b"\xff\xd8x");
    prints(r#"a.b = "\xff\xd8x\xc3\xa9""#, r#"a.b = "\xff\xd8xé""#);
}

/// The same tree with all spans at zero and without the memory of quotes that were not needed.
fn bare_tree(expr: &Expr) -> String {
    print_condition(expr, true)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,4}", "[a-z./*:@!\\[\\]<>|$-]{1,6}", "[ -~\u{0}-\u{1f}é\u{7f}]{0,8}"]
}

fn literal() -> impl Strategy<Value = Literal> {
    text().prop_map(|t| Literal { text: t.into(), bytes: None, quoted: true, span: Span::default() })
}

fn operand() -> impl Strategy<Value = Operand> {
    let field = (
        "[a-z]{1,3}\\.[a-z_]{0,1}[a-z]{1,3}",
        proptest::option::of(text().prop_filter("no empty quotes", |t| !t.contains('\0'))),
    )
        .prop_filter("identifiers start with a letter", |(n, _)| !n.contains("._"))
        .prop_map(|(n, arg)| Operand::Field(Field { name: n.into(), arg: arg.map(Into::into), span: Span::default() }));
    field.prop_recursive(3, 6, 3, |inner| {
        (proptest::sample::select(vec!["tolower", "len", "concat"]), proptest::collection::vec(inner, 1..3)).prop_map(
            |(n, args)| {
                Operand::Transformer(Transformer {
                    name: n.into(),
                    args: args.into_iter().map(TransformerArg::Operand).collect(),
                    arg: None,
                    span: Span::default(),
                })
            },
        )
    })
}

fn check() -> impl Strategy<Value = Expr> {
    let string_op = proptest::sample::select(vec![Op::Eq, Op::Ne, Op::Contains, Op::Glob, Op::BStartsWith, Op::Regex]);
    let list_op = proptest::sample::select(vec![Op::In, Op::Intersects, Op::PMatch]);
    let modifier = proptest::option::of(proptest::sample::select(vec![Modifier::OneOf, Modifier::AllOf]));
    let list = || proptest::collection::vec(literal(), 0..4).prop_map(|v| Rhs::List(v, Span::default()));
    let shape = prop_oneof![
        Just((Op::Exists, None, Rhs::None)),
        (string_op.clone(), literal()).prop_map(|(op, l)| (op, None, Rhs::Literal(l))),
        (string_op.clone(), operand().prop_filter("transformer", |o| matches!(o, Operand::Transformer(_))))
            .prop_map(|(op, o)| (op, None, Rhs::Operand(o))),
        (string_op, modifier, list()).prop_filter_map("a list needs a modifier", |(op, m, l)| m.map(|m| (
            op,
            Some(m),
            l
        ))),
        (list_op, list()).prop_map(|(op, l)| (op, None, l)),
    ];
    (operand(), shape).prop_map(|(lhs, (op, modifier, rhs))| {
        Expr::Check(Check { lhs, op, modifier, rhs, span: Span::default(), op_span: Span::default() })
    })
}

fn expr() -> impl Strategy<Value = Expr> {
    let name =
        "[a-z][a-z0-9_]{0,4}".prop_filter("reads as a key word", |n| !["and", "or", "not"].contains(&n.as_str()));
    let leaf = prop_oneof![
        check(),
        name.prop_map(|n: String| Expr::Macro(MacroUse { name: n.into(), span: Span::default(), body: None })),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(|v| Expr::And(v, Span::default())),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(|v| Expr::Or(v, Span::default())),
            inner.prop_map(|e| match e {
                Expr::Not(inner, _) => *inner,
                other => Expr::Not(Box::new(other), Span::default()),
            }),
        ]
    })
}

proptest! {
    #[test]
    fn parse_of_print_is_the_same_tree(e in expr()) {
        let text = print_condition(&e, true);
        let again = parse_text(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
        prop_assert_eq!(tree(&again), tree(&e), "{}", text);
        prop_assert_eq!(bare_tree(&again), text);
    }

    #[test]
    fn any_text_is_parsed_or_refused(t in "[a-c.()\"'=,! \\\\<>\\[\\]noradit]{0,40}") {
        if let Ok(e) = parse_text(&t) {
            let text = print_condition(&e, true);
            let again = parse_text(&text).unwrap();
            prop_assert_eq!(tree(&again), tree(&e), "{} {}", t, text);
        }
    }
}

/// The tree as text, spans and needless quotes left out.
fn tree(e: &Expr) -> String {
    fn lit(l: &Literal) -> String {
        format!("{:?}", l.as_bytes())
    }
    fn arg(a: &TransformerArg) -> String {
        match a {
            TransformerArg::Literal(l) => lit(l),
            TransformerArg::List(v, _) => format!("{:?}", v.iter().map(arg).collect::<Vec<_>>()),
            TransformerArg::Operand(o) => op(o),
        }
    }
    fn op(o: &Operand) -> String {
        match o {
            Operand::Field(f) => format!("{}[{:?}]", f.name, f.arg),
            Operand::Transformer(t) => {
                format!("{}{:?}[{:?}]", t.name, t.args.iter().map(arg).collect::<Vec<_>>(), t.arg)
            }
        }
    }
    match e {
        Expr::And(v, _) => format!("and{:?}", v.iter().map(tree).collect::<Vec<_>>()),
        Expr::Or(v, _) => format!("or{:?}", v.iter().map(tree).collect::<Vec<_>>()),
        Expr::Not(e, _) => format!("not({})", tree(e)),
        Expr::Macro(m) => m.name.to_string(),
        Expr::Check(c) => {
            let rhs = match &c.rhs {
                Rhs::None => String::new(),
                Rhs::Literal(l) => lit(l),
                Rhs::List(v, _) => format!("{:?}", v.iter().map(lit).collect::<Vec<_>>()),
                Rhs::Operand(o) => op(o),
            };
            format!("{} {:?} {:?} {rhs}", op(&c.lhs), c.op, c.modifier)
        }
    }
}
