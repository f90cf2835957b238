//! `avouch rules fmt`: rule files in the standard layout.

use std::io::Write;

use anyhow::Context;
use avouch_pipeline::{read_text, rule_files};

use crate::args::FmtArgs;
use crate::{Outcome, terminal};

/// Runs the command.
pub(crate) fn run(args: &FmtArgs) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Fine;
    for path in rule_files(&args.files)? {
        let text = read_text(&path)?;
        let formatted = match avouch_rules::format_rules(&text) {
            Ok(formatted) => formatted,
            Err(problem) => {
                terminal::say(&format!("{}: not formatted: {problem}\n", path.display()));
                outcome = Outcome::WrongInput;
                continue;
            }
        };
        if args.check {
            if formatted != text {
                terminal::say(&format!("{}: not in the standard layout\n", path.display()));
                outcome = if outcome == Outcome::Fine { Outcome::Findings } else { outcome };
            }
        } else if args.write {
            if formatted != text {
                std::fs::write(&path, formatted).with_context(|| format!("failed to write `{}`", path.display()))?;
            }
        } else {
            std::io::stdout().lock().write_all(formatted.as_bytes())?;
        }
    }
    Ok(outcome)
}
