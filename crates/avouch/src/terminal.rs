//! What a person sees: colour, progress, errors.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Whether standard output takes colour.
pub(crate) fn colour() -> bool {
    io::stdout().is_terminal() && wants_colour()
}

/// Whether standard error takes colour.
pub(crate) fn error_colour() -> bool {
    io::stderr().is_terminal() && wants_colour()
}

fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

/// `1 file`, `17 files`.
pub(crate) fn counted(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// Writes text to standard error; when even that fails there is nobody left to tell.
pub(crate) fn say(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

/// Prints an error with its causes, once.
pub(crate) fn complain(error: &anyhow::Error) {
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  because: {cause}\n"));
    }
    say(&text);
}

/// Whether the error is that nobody reads our output.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|c| c.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}

/// A progress bar over `bytes`, or a spinner when the size is unknown. Hidden when standard error is no terminal.
pub(crate) fn progress(name: &str, bytes: Option<u64>) -> ProgressBar {
    let (bar, template) = match bytes {
        Some(n) => (ProgressBar::new(n), "{prefix} {wide_bar} {bytes}/{total_bytes} {msg} {eta}"),
        None => (ProgressBar::new_spinner(), "{prefix} {spinner} {bytes} {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
