use avouch_diagnostics::SourceMap;
use insta::assert_snapshot;
use proptest::prelude::*;

use super::format_rules;
use crate::{LoadOptions, load, print_condition};

#[test]
fn keys_blanks_and_conditions() {
    let text = "\
# head


- list: shells
  items: [bash,zsh]
- macro: m   # why
  condition: proc.name in(shells)and not   evt.type=open
  # under m
# over the rule
- rule: A
  priority: NOTICE
  # about the text
  desc: >
    some text
  output: x
  condition: evt.type in (open, openat, openat2) and proc.name = bash and (fd.name startswith /etc or fd.name startswith /usr)
  tags: [a]



- rule: A
  condition: and not proc.pname=cron
  override: {condition: append}
";
    let once = format_rules(text).unwrap();
    assert_snapshot!(once);
    assert_eq!(format_rules(&once).unwrap(), once);
}

#[test]
fn long_lists_and_nested_groups_are_broken() {
    let text = "\
- macro: m
  condition: >
    (a.b = 1 or (c.d in (aaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccccccccccccccc, ddddddddddddddd) and x))
    and not (e.f contains 'x y' or g.h exists or i.j startswith anyof (kkkkkkkkkkkkkkkkkkkk, llllllllllllllllllll))
";
    let once = format_rules(text).unwrap();
    assert_snapshot!(once);
    assert_eq!(format_rules(&once).unwrap(), once);
}

#[test]
fn what_cannot_be_laid_out_stays() {
    for text in [
        "- macro: m\n  condition: a.b = \"x\n",
        "- macro: m\n  condition: > # why\n    a  and b\n",
        "- macro: m\n  condition: \"a  and b\"\n",
        "[{macro: m, condition: a  and b}]\n",
        "- macro: m\n  condition: |\n    a.b = \"x\n    y\"\n",
        "a: b\n",
    ] {
        assert_eq!(format_rules(text).unwrap(), text);
    }
    assert_eq!(format_rules("- a\n  b: [").unwrap_err().line, 2);
}

/// Conditions as loaded, as text.
fn meaning(text: &str) -> Vec<String> {
    let mut map = SourceMap::default();
    let file = map.add("a", text);
    let loaded = load(&map, &[file], &LoadOptions::default());
    let rules = loaded.rules.iter().map(|r| format!("{} {} {}", r.name, r.desc, print_condition(&r.condition, true)));
    let macros = loaded
        .macros
        .iter()
        .map(|m| format!("{} {:?}", m.name, m.condition.as_ref().map(|c| print_condition(c, true))));
    rules.chain(macros).collect()
}

proptest! {
    #[test]
    fn formatting_is_stable_and_keeps_the_meaning(
        items in proptest::collection::vec(
            ("(macro|rule|list): [a-c]", proptest::collection::vec(
                "(condition|desc|output|items|tags|priority|#): *(>\n    )?[a-c.= ()'\"#:and,\n>|-]{0,24}", 0..4)), 1..4),
    ) {
        let mut text = String::new();
        for (head, parts) in items {
            text.push_str(&format!("- {head}\n"));
            for part in parts {
                text.push_str(&format!("  {}\n", part.replace('\n', "\n    ")));
            }
        }
        if let Ok(once) = format_rules(&text) {
            prop_assert_eq!(meaning(&text), meaning(&once), "{}", once);
            let twice = format_rules(&once).unwrap();
            prop_assert_eq!(twice, once);
        }
    }
}
