//! Explanations for a terminal.

use super::{Explanation, Outcome, Part, PartKind, Verdict};

const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const DIM: &str = "\x1b[2m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

impl Explanation {
    /// As text: one line a part, with a mark for true (`+`), false (`-`) and absent (`?`), the values read, and an arrow at
    /// the part that decided.
    #[must_use]
    pub fn to_text(&self, colour: bool) -> String {
        let paint = Paint(colour);
        let mut out = String::new();
        let outcome = match &self.outcome {
            Outcome::Matched => paint.with(GREEN, "matches"),
            Outcome::NotMatched => paint.with(RED, "does not match"),
            Outcome::Hidden { by } => {
                paint.with(YELLOW, &format!("would match, but rule `{}` matches first", clean(by)))
            }
            Outcome::OtherEventTypes { event_type } => {
                paint.with(RED, &format!("is not judged on events of type `{event_type}`"))
            }
        };
        out.push_str(&format!("{} {outcome}\n", paint.with(BOLD, &clean(&self.rule))));
        part(&self.tree, 0, self.failing.as_deref(), paint, &mut out);
        if self.left_out > 0 {
            out.push_str(&format!("  ({} more parts are not shown)\n", self.left_out));
        }
        out
    }
}

#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("{code}{text}{RESET}") } else { text.to_owned() }
    }
}

/// `failing` is the rest of the way to the deciding part, if it goes through this one.
fn part(p: &Part, depth: usize, failing: Option<&[usize]>, paint: Paint, out: &mut String) {
    let (mark, code) = match p.verdict {
        Verdict::True => ("+", GREEN),
        Verdict::False => ("-", RED),
        Verdict::Absent => ("?", YELLOW),
    };
    let name = match p.kind {
        PartKind::And => "all of".to_owned(),
        PartKind::Or => "any of".to_owned(),
        PartKind::Not => "not".to_owned(),
        PartKind::Macro => format!("{} {}", p.text, paint.with(DIM, "(macro)")),
        PartKind::Check => clean(&p.text),
    };
    out.push_str(&format!("  {}{} {name}", "  ".repeat(depth), paint.with(code, mark)));
    if !p.reads.is_empty() {
        let reads: Vec<String> = p
            .reads
            .iter()
            .map(|r| match &r.value {
                Some(value) => format!("{} = \"{}\"", r.field, clean(value)),
                None => format!("{} is absent", r.field),
            })
            .collect();
        out.push_str(&paint.with(DIM, &format!("   [{}]", reads.join(", "))));
    }
    if failing.is_some_and(<[usize]>::is_empty) {
        out.push_str(&paint.with(RED, "   <- fails here"));
    }
    out.push('\n');
    for (i, child) in p.children.iter().enumerate() {
        let way = failing.and_then(|f| f.split_first()).filter(|(first, _)| **first == i).map(|(_, rest)| rest);
        part(child, depth + 1, way, paint, out);
    }
}

/// Values come from the watched machine: control characters must not reach the terminal.
fn clean(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}
