//! Lists of loaded rules.

use avouch_backtest::{Place, rule_views, shadowing};
use avouch_engine::Matching;
use avouch_pipeline::RuleSet;

use crate::common::options;

const A: &str = "\
- rule: Opens
  desc: any open
  condition: evt.type in (open, openat)
  output: o
  priority: WARNING
  tags: [SOC2_CC7.2]
- rule: \"Opens by sh\"
  desc: of a shell
  condition: evt.type = open and proc.name = sh
  output: o
  priority: NOTICE
- rule: Off
  desc: not now
  condition: evt.type = open
  output: o
  priority: NOTICE
  enabled: false
";
const B: &str = "\
- rule: Opens by sh
  condition: and proc.pname = sh
  override:
    condition: append
";

#[test]
fn rules_are_listed_with_their_places_and_who_takes_their_events() {
    let texts = vec![("a.yaml".to_owned(), A.to_owned()), ("b.yaml".to_owned(), B.to_owned())];
    // Told whichever way the set runs.
    for matching in [Matching::All, Matching::First] {
        let set = RuleSet::from_texts(texts.clone(), Vec::new(), &options(matching));
        let views = rule_views(&set);
        let view = |name: &str| views.iter().find(|v| v.name == name).unwrap();
        let place = |file: &str, line| Place { file: file.to_owned(), line };
        assert_eq!(view("Opens").place, place("a.yaml", 1));
        assert_eq!(
            (view("Opens").criteria.as_slice(), view("Opens").overridden_by.len()),
            (&["CC7.2".to_owned()][..], 0)
        );
        let sh = view("Opens by sh");
        assert_eq!((&sh.place, sh.overridden_by.as_slice()), (&place("a.yaml", 7), &[place("b.yaml", 1)][..]));
        assert_eq!(sh.shadowed_by, [place("a.yaml", 1)]);
        assert!(sh.resolved.contains("proc.pname = sh"), "{}", sh.resolved);
        assert_eq!((view("Off").enabled, view("Off").status), (false, "disabled"));
        let shadows: Vec<(String, String)> = shadowing(&set).into_iter().map(|s| (s.rule, s.by)).collect();
        assert_eq!(shadows, [("Opens by sh".to_owned(), "Opens".to_owned())]);
    }
}

#[test]
fn a_view_is_flat_json() {
    let set = RuleSet::from_texts(vec![("a.yaml".to_owned(), A.to_owned())], Vec::new(), &options(Matching::All));
    let json = serde_json::to_value(rule_views(&set)).unwrap();
    assert_eq!((json[1]["file"].as_str(), json[1]["line"].as_u64()), (Some("a.yaml"), Some(7)));
}
