//! The command line as the user writes it. What it means is worked out in `commands`.

mod controls;
mod evidence;
mod server;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use crate::evidence::KeepArgs;

pub(crate) use controls::*;
pub(crate) use evidence::*;
pub(crate) use server::*;

/// Watches containers and Kubernetes with Falco's rules and turns what it saw into evidence for SOC 2.
#[derive(Debug, Parser)]
#[command(name = "avouch", version, about, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 fine; 1 detections at or over --fail-on, or failing rule tests; 2 wrong input or usage."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch this machine with rules, live.
    Agent(Box<AgentArgs>),
    /// Write what happens on this machine to a capture (.scap), for `replay`.
    Record(RecordArgs),
    /// Keep the centre: console, API, live stream and ingest over one folder of evidence.
    Server(Box<ServerArgs>),
    /// Server and sensor of this machine in one process: console, API and rules over what happens here.
    Up(Box<UpArgs>),
    /// Run rules over captures (.scap), Kubernetes audit logs and CloudTrail files.
    Replay(Box<ReplayArgs>),
    /// Check, list, format, explain and test rules.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Check, list and compare control lists; show which families of criteria are served.
    #[command(subcommand)]
    Controls(ControlsCommand),
    /// Check and list acceptances: dated, approved holes.
    #[command(subcommand)]
    Acceptances(AcceptancesCommand),
    /// Make the report of a period from kept evidence, with a bundle that an auditor verifies offline.
    Report(Box<PeriodReportArgs>),
    /// Check a bundle or a ledger, without a network: edits, deletions, insertions, reordering, cut tails, wrong keys.
    Verify(VerifyArgs),
    /// List kept findings, and record who looked at them and what they are.
    #[command(subcommand)]
    Findings(FindingsCommand),
    /// Heads, anchors and keys of kept evidence; nodes that are to be watched; the index made anew.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Write a long capture by repeating and re-timing a real one, for benchmarks.
    #[command(hide = true)]
    Amplify(AmplifyArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Load and compile rule files and report every problem in them.
    Check(CheckArgs),
    /// List rules, macros and lists with their sources, priorities, tags and criteria.
    List(ListArgs),
    /// List every field with its type, argument, source, meaning, and whether avouch reads it.
    Fields(FieldsArgs),
    /// Print rule files in the standard layout.
    Fmt(FmtArgs),
    /// Explain a rule, a diagnostic code, or why a rule did or did not match an event of a recording.
    Explain(ExplainArgs),
    /// Run the test cases beside the rules.
    Test(TestArgs),
    /// Show which criteria and points of focus which rules serve, with the blanks.
    Coverage(CoverageArgs),
}

/// Which rules to load and how; the same for all commands that load rules.
#[derive(Debug, Clone, Args)]
pub(crate) struct LoadArgs {
    /// Rule files, or folders whose .yaml and .yml files are loaded in order of their paths. May be repeated.
    #[arg(short, long = "rules", value_name = "PATH", num_args = 1.., required = true)]
    pub(crate) rules: Vec<PathBuf>,
    /// Treat any error in a rule file as fatal instead of leaving out the broken rules.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Set the level of a lint: `unused-macro=allow`, `no-evttype=deny`. May be repeated.
    #[arg(long = "lint", value_name = "NAME=LEVEL")]
    pub(crate) lints: Vec<String>,
    /// How to show problems in rule files.
    #[arg(long, value_enum, default_value = "full", value_name = "STYLE")]
    pub(crate) diagnostics: DiagnosticStyle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiagnosticStyle {
    /// With source lines and carets.
    Full,
    /// One line a problem.
    Concise,
    /// Nothing but errors.
    Errors,
}

/// Which of the loaded rules run, and how they judge.
#[derive(Debug, Clone, Args)]
pub(crate) struct SelectArgs {
    /// A falco.yaml: its selection of rules, priority, matching, append_output and json_* keys are used, before the options
    /// here; its other keys are about Falco's own program and are left alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Enable rules by name pattern (`Terminal*`) or tag (`tag:container`). Applied after all --disable.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) enable: Vec<String>,
    /// Disable rules by name pattern or tag.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) disable: Vec<String>,
    /// Leave out rules less severe than this.
    #[arg(long, value_name = "PRIORITY")]
    pub(crate) priority: Option<String>,
    /// `first` (unless configured otherwise): the first matching rule takes the event; `all`: every matching rule fires.
    #[arg(long, value_enum)]
    pub(crate) matching: Option<MatchingArg>,
    /// Text to append to every output, fields included: `ns=%k8s.ns.name`.
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) append_output: Vec<String>,
    /// Do not append the fields that the sources suggest (container and pod names), which Falco appends by default.
    #[arg(long)]
    pub(crate) no_suggested_output: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatchingArg {
    First,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("keeping").args(["data"])))]
pub(crate) struct ReplayArgs {
    /// Captures, audit logs, CloudTrail files or folders of them; `-` reads standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// Mapping of rule names to criteria, over the built-in one. May be repeated; later files win.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) mapping: Vec<PathBuf>,
    /// Form of the detections on standard output.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Show for every detection the rule's condition with the values read.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Show the roll-up of detections by criterion at the end.
    #[arg(long)]
    pub(crate) criteria: bool,
    /// Judge only events at or after this time (RFC 3339); earlier ones still build the state.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Stop at this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Exit with 1 when a detection is at least this severe.
    #[arg(long, value_name = "PRIORITY")]
    pub(crate) fail_on: Option<String>,
    /// Times in ISO 8601, UTC, instead of the local time of day.
    #[arg(long)]
    pub(crate) iso8601: bool,
    /// No summary at the end.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    /// The clock of the recording was wrong: its first event happened at this time (RFC 3339). The evidence says by how much times
    /// were moved.
    #[arg(long, value_name = "TIME", requires = "data", help_heading = "Evidence")]
    pub(crate) recorded_at: Option<String>,
    /// Keep recordings that are in the evidence already once more.
    #[arg(long, requires = "data", help_heading = "Evidence")]
    pub(crate) again: bool,
}

#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("kept").args(["out_dir", "data", "server"]).multiple(true)))]
#[command(group(ArgGroup::new("keeping").args(["data", "server"]).multiple(true)))]
#[command(mut_arg("rules", |rules| rules.required(false).required_unless_present("rules_from_server")))]
pub(crate) struct AgentArgs {
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    /// Judge by the rules, mappings and acceptances that the server has for its agents, in place of files, and take others while it
    /// runs. The last set is kept in the folder of --spool, for a start at which the server is away.
    #[arg(long, requires = "server", conflicts_with_all = ["rules", "mapping", "acceptances"])]
    pub(crate) rules_from_server: bool,
    /// Seconds within which it looks whether the server has other rules.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, requires = "rules_from_server")]
    pub(crate) rules_every: f64,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// Mapping of rule names to criteria, over the built-in one. May be repeated; later files win.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) mapping: Vec<PathBuf>,
    /// Form of the detections on standard output.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Show the roll-up of detections by criterion at the end.
    #[arg(long)]
    pub(crate) criteria: bool,
    /// Times in ISO 8601, UTC, instead of the local time of day.
    #[arg(long)]
    pub(crate) iso8601: bool,
    /// No health lines and no summary.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    #[command(flatten)]
    pub(crate) forward: ForwardArgs,
    /// Print what would be collected and for which rules, and end.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// End by itself after so many seconds.
    #[arg(long = "for", value_name = "SECONDS")]
    pub(crate) seconds: Option<f64>,
    /// Seconds between two observations and health lines.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub(crate) every: f64,
    /// Folder for findings.jsonl, observations.jsonl, activity.jsonl and integrity.jsonl, to which is appended.
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Size in MB at which a file of --out-dir is moved aside (to NAME.1) and begun anew.
    #[arg(long, value_name = "MB", default_value_t = 256, requires = "out_dir")]
    pub(crate) rotate_mb: u64,
    /// Record commands, connections and file changes, whatever the rules are, in activity.jsonl and in the evidence.
    #[arg(long, requires = "kept")]
    pub(crate) activity: bool,
    /// Most records of activity a second; what is left out is counted.
    #[arg(long, value_name = "N", default_value_t = 200, requires = "activity")]
    pub(crate) activity_budget: u32,
    /// Watch files: digest, owner and mode before and after a change, and who made it, in integrity.jsonl. CONFIG (YAML)
    /// says which files and within which bounds; the usual places of a Linux machine without it.
    #[arg(long, value_name = "CONFIG", num_args = 0..=1, requires = "out_dir", conflicts_with = "capture")]
    pub(crate) integrity: Option<Option<PathBuf>>,
    /// Folder for a small capture of each detection, with what came before it.
    #[arg(long, value_name = "DIR")]
    pub(crate) slices: Option<PathBuf>,
    /// Rules of whose detections a slice is kept; all rules otherwise. May be repeated.
    #[arg(long, value_name = "RULE", requires = "slices")]
    pub(crate) slice_rule: Vec<String>,
    /// Memory in MB for the events before a detection.
    #[arg(long, value_name = "MB", default_value_t = 16, requires = "slices")]
    pub(crate) slice_ring_mb: usize,
    /// Most MB that all slices of a run take.
    #[arg(long, value_name = "MB", default_value_t = 1024, requires = "slices")]
    pub(crate) slices_mb: u64,
    /// Policy of responses and prevention (YAML). Nothing is done while it has `dry_run: true`, which is its default.
    #[arg(long, value_name = "FILE", conflicts_with = "capture")]
    pub(crate) respond: Option<PathBuf>,
    /// Longest time in milliseconds that events of a new container wait for its name and image.
    #[arg(long, value_name = "MS", default_value_t = 750)]
    pub(crate) container_wait: u64,
    #[command(flatten)]
    pub(crate) kernel: KernelArgs,
    /// Watch a recording in place of the kernel: to try a configuration.
    #[arg(long, value_name = "FILE", conflicts_with = "seconds")]
    pub(crate) capture: Option<PathBuf>,
}

/// How events come from the kernel.
#[derive(Debug, Clone, Args)]
pub(crate) struct KernelArgs {
    /// Size in MB of the buffer between kernel and agent.
    #[arg(long, value_name = "MB", default_value_t = 8)]
    pub(crate) ring_mb: u32,
    /// Most bytes that are kept of what a call reads or writes.
    #[arg(long, value_name = "BYTES", default_value_t = 80)]
    pub(crate) snaplen: u32,
    /// Where the kernel programs that tell system calls stand; --dry-run says which it is.
    #[arg(long, value_enum, default_value = "auto", value_name = "WHERE")]
    pub(crate) calls: CallsArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CallsArg {
    /// On the functions of the wanted calls where this kernel allows it and they are few, else at the tracepoint of all.
    Auto,
    /// At the tracepoint that every call passes: also calls that seccomp refuses are seen, and calls nobody wants cost a little.
    Common,
    /// On the functions of the wanted calls: others cost nothing; calls that seccomp refuses are not seen.
    Each,
}

impl From<CallsArg> for avouch_sensor::Calls {
    fn from(arg: CallsArg) -> Self {
        match arg {
            CallsArg::Auto => Self::Auto,
            CallsArg::Common => Self::Common,
            CallsArg::Each => Self::Each,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// Capture to write; compressed when it ends in .gz.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Only what these rules, and the state behind them, need; everything otherwise.
    #[arg(short, long = "rules", value_name = "PATH", num_args = 1.., conflicts_with = "everything")]
    pub(crate) rules: Vec<PathBuf>,
    /// Every event with all its parts; so it is without --rules.
    #[arg(long)]
    pub(crate) everything: bool,
    /// End by itself after so many seconds.
    #[arg(long = "for", value_name = "SECONDS")]
    pub(crate) seconds: Option<f64>,
    /// End by itself when the file has so many MB.
    #[arg(long, value_name = "MB")]
    pub(crate) max_mb: Option<u64>,
    #[command(flatten)]
    pub(crate) kernel: KernelArgs,
    /// Record a recording in place of the kernel.
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) capture: Option<PathBuf>,
    /// Run this command, and end with it.
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Rule files or folders.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Form of the report.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: CheckFormat,
    /// One line a problem.
    #[arg(long)]
    pub(crate) concise: bool,
    /// Warnings fail too.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Set the level of a lint: `unused-macro=allow`, `no-evttype=deny`. May be repeated.
    #[arg(long = "lint", value_name = "NAME=LEVEL")]
    pub(crate) lints: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    Sarif,
    /// The shape of `falco -V` with JSON output.
    Falco,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    /// What to list.
    #[arg(value_enum, default_value = "rules")]
    pub(crate) what: ListWhat,
    /// Form of the list.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Mapping of rule names to criteria, over the built-in one.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) mapping: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListWhat {
    Rules,
    Macros,
    Lists,
}

#[derive(Debug, Args)]
pub(crate) struct FieldsArgs {
    /// Only fields of this source: syscall, k8s_audit, aws_cloudtrail.
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// Only fields whose name or meaning holds this text.
    pub(crate) text: Option<String>,
    /// Form of the list.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Rule files.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Write the files instead of printing them.
    #[arg(long)]
    pub(crate) write: bool,
    /// Print nothing; exit with 1 when a file is not in the standard layout.
    #[arg(long, conflicts_with = "write")]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A diagnostic code (`R0102`), or a rule's name.
    pub(crate) subject: String,
    /// Rule files or folders.
    #[arg(short, long = "rules", value_name = "PATH", num_args = 1..)]
    pub(crate) rules: Vec<PathBuf>,
    /// Recording that holds the event.
    #[arg(long, value_name = "FILE", requires = "event")]
    pub(crate) file: Option<PathBuf>,
    /// Number of the event (`evt.num`).
    #[arg(long, value_name = "N")]
    pub(crate) event: Option<u64>,
    /// Form of the explanation.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Rule files or folders; test cases (`*.md`, `*.test.yaml`) are looked for beside them.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only cases whose path or name holds this text.
    #[arg(long)]
    pub(crate) only: Option<String>,
    /// Show for each rule the parts of its condition that no case made true, or no case made false.
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Form of the report.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct AmplifyArgs {
    /// Capture to repeat.
    pub(crate) input: PathBuf,
    /// Capture to write.
    #[arg(short, long)]
    pub(crate) output: PathBuf,
    /// How many events at least.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) events: u64,
}

#[cfg(test)]
#[path = "args/deployed_tests.rs"]
mod deployed_tests;
