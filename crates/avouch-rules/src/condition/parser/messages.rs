//! Messages that guess what was meant.

use super::Parser;
use super::right::OPERATORS;
use crate::condition::error::ParseError;
use crate::condition::lex;

impl Parser<'_> {
    pub(super) fn trailing(&self) -> Box<ParseError> {
        let last = self.slice(self.last.clone());
        let shown: String = last.chars().take(60).collect();
        let mut e = self.error(format!("unexpected text after `{shown}`"), "expected `and` or `or` here");
        e.falco_message = Some(format!("unexpected token after '{last}', expecting 'or', 'and'"));
        let word = self.word_here();
        let lower = word.to_ascii_lowercase();
        if matches!(lower.as_str(), "and" | "or" | "not") {
            e.help.push(format!("key words are lower case: write `{lower}`"));
        } else if word.starts_with("&&") {
            e.help.push("write `and`".to_owned());
        } else if word.starts_with("||") {
            e.help.push("write `or`".to_owned());
        } else if word.starts_with("not") {
            e.help.push("write `and not`".to_owned());
        } else if self.rest().first() == Some(&b')') {
            e.label = "this parenthesis was never opened".to_owned();
        } else if self.rest().first() == Some(&b'(') {
            e.help.push(format!(
                "to call a transformer, its name and `(` stand together; known are {}",
                lex::TRANSFORMERS.join(", ")
            ));
        } else if let Some((op, _, _)) = OPERATORS.iter().find(|(o, _, _)| word.starts_with(o)) {
            e.help.push(format!(
                "`{shown}` is read as a macro, since a field has a dot in its name; `{op}` needs a field before it"
            ));
        } else if !self.places.same_scalar(self.last.start, self.pos) {
            e.help.push("a condition that is appended begins with `and` or `or`".to_owned());
        } else if lex::field(self.rest()).is_some() || lex::transformer(self.rest()).is_some() {
            e.help.push(format!("write `and {word}` or `or {word}`"));
        } else if self.rest().first().is_some_and(u8::is_ascii_graphic) {
            e.help.push("write `and` or `or` before it; a value that holds blanks must be quoted".to_owned());
        }
        e
    }

    pub(super) fn expected_operator(&self) -> Box<ParseError> {
        let last = self.slice(self.last.clone());
        let mut e = self.error(format!("expected an operator after `{last}`"), "expected an operator here");
        let word = self.word_here().to_owned();
        let names = OPERATORS.iter().map(|(w, _, _)| *w);
        if let Some((op, _, _)) = OPERATORS.iter().find(|(w, _, blank)| *blank && word.starts_with(w)) {
            e.help.push(format!("`{op}` needs a blank after it"));
        } else if let Some(near) = avouch_diagnostics::near_names(&word, names, 1).first().filter(|n| n.len() > 2) {
            e.help.push(format!("did you mean `{near}`?"));
        } else {
            e.help.push("known are = != < <= > >= exists in intersects pmatch contains icontains startswith endswith glob iglob regex bcontains bstartswith".to_owned());
        }
        e
    }

    pub(super) fn expected_check(&self) -> Box<ParseError> {
        let after = self.slice(self.last.clone());
        let title = if after.is_empty() {
            "expected a field, a macro or `(`".to_owned()
        } else {
            format!("expected a field, a macro or `(` after `{after}`")
        };
        let ends = lex::blanks(self.rest()) == self.rest().len();
        let mut e =
            self.error(title, if ends { "the condition ends after this" } else { "expected a comparison here" });
        match self.rest().first() {
            Some(b'!') => e.help.push("write `not`".to_owned()),
            Some(b'"' | b'\'') => e.help.push("a comparison starts with a field: `field = \"text\"`".to_owned()),
            Some(b'#') => e.help.push("conditions have no comments; put the comment before the key".to_owned()),
            _ => {}
        }
        e
    }
}
