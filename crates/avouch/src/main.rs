//! The command line: every role in one binary. It reads arguments, shows progress and results, and sets the exit code;
//! what is judged is judged below.

mod accepted;
mod args;
mod audited;
mod commands;
mod evidence;
mod integrity;
mod keeper;
mod live;
mod load;
mod past;
mod privileges;
mod responses;
mod rule_source;
mod signals;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command, RulesCommand};

/// How a command ended well.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing to complain of.
    Fine,
    /// Detections at or over `--fail-on`, failing tests, files not in layout.
    Findings,
    /// The input is wrong, and said so.
    WrongInput,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Agent(args) => commands::agent::run(&args),
        Command::Record(args) => commands::record::run(&args),
        Command::Server(args) => commands::server::run(&args),
        Command::Up(args) => commands::up::run(&args),
        Command::Replay(args) => commands::replay::run(*args),
        Command::Rules(RulesCommand::Check(args)) => commands::check::run(&args),
        Command::Rules(RulesCommand::List(args)) => commands::list::run(&args),
        Command::Rules(RulesCommand::Fields(args)) => commands::fields::run(&args),
        Command::Rules(RulesCommand::Fmt(args)) => commands::fmt::run(&args),
        Command::Rules(RulesCommand::Explain(args)) => commands::explain::run(&args),
        Command::Rules(RulesCommand::Test(args)) => commands::test::run(&args),
        Command::Rules(RulesCommand::Coverage(args)) => commands::coverage::run(&args),
        Command::Controls(command) => commands::controls::run(&command),
        Command::Acceptances(command) => commands::acceptances::run(&command),
        Command::Report(args) => commands::report::run(&args),
        Command::Verify(args) => commands::verify::run(&args),
        Command::Findings(command) => commands::findings::run(&command),
        Command::Ledger(command) => commands::ledger::run(&command),
        Command::Amplify(args) => commands::amplify::run(&args),
    };
    match result {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::WrongInput) => ExitCode::from(2),
        // A reader that stops reading (`avouch ... | head`) is no failure.
        Err(error) if terminal::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&error);
            ExitCode::from(2)
        }
    }
}
