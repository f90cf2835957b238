//! What the operator reads on standard error.

use std::fmt::Display;
use std::io::Write as _;

/// Something went wrong that no caller is told whole.
pub(crate) fn complain(what: &impl Display) {
    say(&format!("server: {what}"));
}

/// A line for the operator. Control characters, which may come from outside, are shown as escapes.
pub(crate) fn say(line: &str) {
    let mut clean: String = line.chars().flat_map(|c| if c.is_control() { escape(c) } else { vec![c] }).collect();
    clean.push('\n');
    // Nothing can be done about a standard error that is gone, and nobody would hear of it.
    std::io::stderr().lock().write_all(clean.as_bytes()).unwrap_or(());
}

fn escape(c: char) -> Vec<char> {
    c.escape_default().collect()
}
