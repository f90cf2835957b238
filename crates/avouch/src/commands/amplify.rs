//! `avouch amplify`: a long capture out of a short one.

use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::Context;
use avouch_scap::{Amplify, Writer};

use crate::args::AmplifyArgs;
use crate::{Outcome, terminal};

/// Runs the command.
pub(crate) fn run(args: &AmplifyArgs) -> anyhow::Result<Outcome> {
    let bytes = std::fs::read(&args.input).with_context(|| format!("failed to read `{}`", args.input.display()))?;
    let named = || format!("failed to write `{}`", args.output.display());
    let file = File::create(&args.output).with_context(named)?;
    let amplify = Amplify { events: args.events, lanes: 1 };
    let (mut out, written) = amplify.run(&bytes, Writer::new(BufWriter::new(file)))?;
    out.flush().with_context(named)?;
    terminal::say(&format!("{written} events written to {}\n", args.output.display()));
    Ok(Outcome::Fine)
}
