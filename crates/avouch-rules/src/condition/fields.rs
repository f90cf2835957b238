//! Operands at the start of a text, for output templates.

use avouch_diagnostics::FileId;

use super::lex;
use super::parser::Parser;
use crate::ast::Operand;
use crate::text::Places;

/// An operand and how many bytes of the text it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedOperand {
    /// The field or transformer.
    pub operand: Operand,
    /// Length in bytes.
    pub len: usize,
}

/// All operands that a text can be said to begin with, longest first. In a template the longest one that also compiles
/// counts: `proc.name.` is the field `proc.name` and a dot, `user.name_x` may be `user.name` and `_x`.
///
/// `file` and `start` say where the text stands, for spans.
#[must_use]
pub fn operand_prefixes(text: &str, file: FileId, start: u32) -> Vec<ParsedOperand> {
    let places = Places::run(file, start);
    let parse = |end: usize| {
        let (operand, len) = Parser::new(text.get(..end)?, &places, false).operand().ok()?;
        Some(ParsedOperand { operand, len })
    };
    let mut all: Vec<ParsedOperand> = parse(text.len()).into_iter().collect();
    let name = match lex::field(text.as_bytes()) {
        // A transformer has a shorter reading only without its argument.
        None => match all.first().map(|p| &p.operand) {
            Some(Operand::Transformer(t)) if t.arg.is_some() => text.get(..all[0].len).and_then(|t| t.rfind('[')),
            _ => None,
        },
        Some(n) => Some(n),
    };
    let Some(mut cut) = name else { return all };
    while cut > 0 {
        if let Some(p) = parse(cut).filter(|p| p.len == cut && all.last().is_none_or(|last| last.len > cut)) {
            all.push(p);
        }
        cut -= 1;
        if matches!(all.first().map(|p| &p.operand), Some(Operand::Transformer(_))) {
            break;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_first() {
        let lens = |t: &str| operand_prefixes(t, FileId(0), 0).iter().map(|p| p.len).collect::<Vec<_>>();
        assert_eq!(lens("a.bc[1] x"), [7, 4, 3]);
        assert_eq!(lens("a.b."), [3]);
        assert_eq!(lens("tolower(a.b)x"), [12]);
        assert_eq!(lens("a.b[ x"), [3]);
        assert_eq!(lens("getopt(a.b, \"x\")[c]d"), [19, 16]);
        assert!(lens("abc").is_empty());
    }
}
