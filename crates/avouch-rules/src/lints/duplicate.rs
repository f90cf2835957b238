//! Rules with the same condition.

use rustc_hash::FxHashMap;

use crate::codes;
use crate::condition::print_condition;
use crate::load::Loaded;
use crate::problems::{Phase, Problems};
use crate::rule::ResolvedRule;

/// Conditions printed for comparison, in bytes; enough for thousands of rules, and a bound for hostile files.
const MAX_PRINTED: usize = 64 << 20;

pub(super) fn run(loaded: &Loaded, problems: &mut Problems) {
    let mut seen: FxHashMap<(&str, String), &ResolvedRule> = FxHashMap::default();
    let mut printed = 0;
    for rule in loaded.rules.iter().filter(|r| r.enabled) {
        // Names of macros mean the same everywhere, so they need not be written out.
        let text = print_condition(&rule.condition, false);
        printed += text.len();
        if printed > MAX_PRINTED {
            return;
        }
        match seen.get(&(rule.source.as_str(), text.clone())) {
            None => {
                seen.insert((rule.source.as_str(), text), rule);
            }
            Some(first) => {
                let d = codes::DUPLICATE_CONDITION
                    .at_fault(format!("rules `{}` and `{}` have the same condition", first.name, rule.name))
                    .at(rule.name_span, "the same as an earlier rule")
                    .context(first.name_span, "the earlier rule")
                    .item("rule", rule.name.clone());
                problems.add(rule.name_span.file, Phase::Lints, d);
            }
        }
    }
}
