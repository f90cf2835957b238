//! Conditions.

use avouch_diagnostics::FileId;
use avouch_rules::{operand_prefixes, parse_condition, print_condition};

/// Text parses or not; the canonical text of what parsed parses to the same.
pub fn condition(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let file = FileId(0);
    let Ok(expr) = parse_condition(text, file, 0) else {
        // What stands on its own in text that does not parse must be found without a panic, too.
        drop(operand_prefixes(text, file, 0));
        return;
    };
    let printed = print_condition(&expr, false);
    match parse_condition(&printed, file, 0) {
        Ok(again) => assert_eq!(print_condition(&again, false), printed, "of {text:?}"),
        Err(e) => panic!("{text:?} printed as {printed:?} does not parse: {e:?}"),
    }
}
