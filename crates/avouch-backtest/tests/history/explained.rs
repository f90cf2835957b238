//! Trees of conditions.

use avouch_backtest::{Tree, TreeKind, Truth, explain, explain_exactly, of_explanation};
use avouch_finding::Finding;
use avouch_pipeline::{Detection, Input, Replay, ReplayOptions, Sink};
use serde_json::json;

use crate::common::{findings_of, found, recording, rules, small};

fn finding(fields: &serde_json::Value) -> Finding {
    let fields = fields.as_object().unwrap().clone();
    Finding { rule: "r".to_owned(), source: "syscall".to_owned(), fields, ..Finding::default() }
}

#[test]
fn a_tree_names_macros_and_shows_what_was_there_and_what_is_not_known() {
    let text = "\
- macro: spawned
  condition: evt.type = execve
- rule: r
  desc: d
  condition: spawned and (proc.name in (sh, bash) or proc.pname = cron) and not user.name = root and fd.num > 3
  output: o
  priority: INFO
";
    let set = avouch_pipeline::RuleSet::from_texts(
        vec![("r.yaml".to_owned(), text.to_owned())],
        Vec::new(),
        &crate::common::options(avouch_engine::Matching::All),
    );
    let rule = &set.loaded.rules[0];
    let finding = finding(&json!({"proc.name": "sh", "user.name": null}));
    let why = explain(&finding, rule, false);
    let tree = &why.tree;
    assert_eq!((tree.kind, tree.value, tree.children.len()), (TreeKind::And, Truth::Unknown, 4));
    let [spawned, either, not, number] = tree.children.as_slice() else { panic!() };
    assert_eq!((spawned.macro_name.as_deref(), spawned.text.as_str()), (Some("spawned"), "evt.type = execve"));
    assert_eq!((spawned.value, spawned.actual.as_deref()), (Truth::Unknown, None));
    assert_eq!((either.value, either.children[0].actual.as_deref()), (Truth::True, Some("sh")));
    assert_eq!((either.children[0].field.as_deref(), either.children[0].op), (Some("proc.name"), Some("in")));
    assert_eq!(either.children[1].value, Truth::Unknown);
    assert_eq!((not.value, not.children[0].value, not.children[0].absent), (Truth::True, Truth::False, true));
    assert_eq!(number.value, Truth::Unknown);

    // The rule matched: what must hold for it is known, and said to be inferred.
    let why = explain(&finding, rule, true);
    let [spawned, either, _, number] = why.tree.children.as_slice() else { panic!() };
    assert_eq!((why.tree.value, why.contradicts, why.exact), (Truth::True, false, false));
    assert!(spawned.inferred && number.inferred && spawned.value == Truth::True);
    assert!(!either.inferred && either.children[1].value == Truth::Unknown);

    let json = serde_json::to_value(&why).unwrap();
    assert_eq!(json["tree"]["children"][0]["macro"], "spawned");
    assert_eq!(json["tree"]["children"][0]["kind"], "test");
    assert_eq!(json["tree"]["value"], "true");
}

#[test]
fn a_finding_of_another_version_is_said_to_contradict() {
    let set = small(&[("r", "proc.name = bash and fd.num = 1", "o")]);
    let why = explain(&finding(&json!({"proc.name": "sh"})), &set.loaded.rules[0], true);
    assert!(why.contradicts && why.tree.value == Truth::False);
    assert_eq!(why.tree.children[1].value, Truth::Unknown, "nothing is inferred from it");
}

#[test]
fn macros_in_macros_are_cut_and_not_walked_for_ever() {
    let mut text = String::from("- macro: m0\n  condition: proc.name = sh or proc.pname = sh\n");
    for n in 1..15 {
        let before = n - 1;
        text.push_str(&format!("- macro: m{n}\n  condition: (m{before} and proc.tty = {n}) or m{before}\n"));
    }
    text.push_str("- rule: r\n  desc: d\n  condition: m14\n  output: o\n  priority: INFO\n");
    let options = crate::common::options(avouch_engine::Matching::All);
    let set = avouch_pipeline::RuleSet::from_texts(vec![("r.yaml".to_owned(), text)], Vec::new(), &options);
    let rule = set.running().next().unwrap_or_else(|| panic!("{:?}", set.diagnostics)).1;
    let why = explain(&finding(&json!({"proc.name": "sh"})), rule, true);
    assert!(why.left_out > 0 && why.tree.value == Truth::True);
}

/// Values of the parts of both trees where the recorded one is sure.
fn agree(recorded: &Tree, exact: &Tree, sure: &mut usize) {
    if recorded.value != Truth::Unknown {
        assert_eq!(recorded.value, exact.value, "{} against {}", recorded.text, exact.text);
        *sure += 1;
    }
    assert_eq!(recorded.kind, exact.kind);
    for (a, b) in recorded.children.iter().zip(&exact.children) {
        agree(a, b, sure);
    }
}

/// For every detection of the recording: the tree from recorded fields, with what follows from the match, is the engine's as far as it
/// is sure; and the slice gives the engine's.
#[test]
fn trees_from_records_agree_with_the_engine_over_the_recording() {
    let rules = rules();
    let facts = found(&rules, None);
    let mut sink = Exact { trees: Vec::new() };
    let mut input = Input::open(&recording()).unwrap();
    Replay::new(&rules, ReplayOptions::default()).run(&mut input, &mut sink).unwrap();
    let findings = findings_of(&facts);
    assert_eq!(findings.len(), sink.trees.len());
    let (mut sure, mut shown) = (0, 0);
    for (finding, exact) in findings.iter().zip(&sink.trees) {
        let rule = rules.loaded.rules.iter().find(|r| r.name == finding.rule).unwrap();
        for matched in [false, true] {
            agree(&explain(finding, rule, matched).tree, exact, &mut sure);
        }
        shown += count(exact);
    }
    println!("{sure} of {} parts are known", 2 * shown);
    assert!(sure > shown / 2);

    let mut finding = findings[3].clone();
    finding.slice = Some("web-intrusion.scap".to_owned());
    let folder = recording().parent().unwrap().to_owned();
    let why = explain_exactly(&finding, &rules, &folder).unwrap().unwrap();
    assert!(why.exact && why.tree == sink.trees[3]);
    // Not to be led elsewhere, and not to make up what the rules do not give.
    finding.slice = Some("../recordings/web-intrusion.scap".to_owned());
    assert!(explain_exactly(&finding, &rules, &folder).is_err());
    finding.slice = Some("web-intrusion.scap".to_owned());
    finding.rule = "No such rule".to_owned();
    assert_eq!(explain_exactly(&finding, &rules, &folder).unwrap(), None);

    struct Exact {
        trees: Vec<Tree>,
    }
    impl Sink for Exact {
        fn detection(&mut self, detection: &Detection<'_>) {
            self.trees.push(of_explanation(&detection.explain().unwrap()).tree);
        }
    }
}

fn count(tree: &Tree) -> usize {
    1 + tree.children.iter().map(count).sum::<usize>()
}
