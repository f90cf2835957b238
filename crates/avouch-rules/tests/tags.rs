//! Tags keep the order of the file: it says which criterion a rule serves first.

use avouch_diagnostics::SourceMap;
use avouch_rules::{LoadOptions, load};

#[test]
fn tags_keep_the_order_of_the_file_without_repeats() {
    let text = "\
- rule: R
  desc: d
  condition: evt.type = open
  output: x
  priority: NOTICE
  tags: [b, SOC2_CC6.6, SOC2_CC6.1, b]
- rule: R
  tags: [z, SOC2_CC6.6, a, z]
  override: {tags: append}
";
    let mut map = SourceMap::default();
    let file = map.add("r.yaml", text);
    let loaded = load(&map, &[file], &LoadOptions::default());
    assert_eq!(loaded.rules[0].tags, ["b", "SOC2_CC6.6", "SOC2_CC6.1", "z", "a"]);
}
