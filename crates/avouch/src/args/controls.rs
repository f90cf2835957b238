//! Arguments of the commands about controls, coverage and acceptances.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum ControlsCommand {
    /// Check control lists, profiles, mappings, acceptances and the other files of a folder, and report every problem.
    Check(ControlsCheckArgs),
    /// List the controls of a control list.
    List(ControlsListArgs),
    /// Show the family table: controls, those that a tool like this can serve, those that loaded rules serve now.
    Table(ControlsTableArgs),
    /// Show what changed between two versions of a control list, by control and field.
    Diff(ControlsDiffArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AcceptancesCommand {
    /// Check acceptances, and name those that are too broad, expired, never expire, or wait for a review.
    Check(AcceptancesCheckArgs),
    /// List acceptances with how they stand.
    List(AcceptancesListArgs),
}

/// Rules to hold against controls.
#[derive(Debug, Clone, Args)]
pub(crate) struct AgainstArgs {
    /// Rule files or folders. May be repeated.
    #[arg(short, long = "rules", value_name = "PATH", num_args = 1..)]
    pub(crate) rules: Vec<PathBuf>,
    /// Mapping of rule names to criteria, over the built-in one. May be repeated; later files win.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) mapping: Vec<PathBuf>,
}

/// How problems are shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReportArgs {
    /// Form of the report.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
    /// One line a problem.
    #[arg(long)]
    pub(crate) concise: bool,
    /// Warnings fail too.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Set the level of a lint: `control-list-not-approved=allow`, `all=deny`. May be repeated.
    #[arg(long = "lint", value_name = "NAME=LEVEL")]
    pub(crate) lints: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Json,
    Sarif,
}

#[derive(Debug, Args)]
pub(crate) struct ControlsCheckArgs {
    /// Files, or folders whose .yaml and .yml files are checked.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) against: AgainstArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ControlsListArgs {
    /// File of a control list, or folder with its versions.
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// Which version; the one with the highest number otherwise.
    #[arg(long = "list-version", value_name = "N")]
    pub(crate) version: Option<u32>,
    #[command(flatten)]
    pub(crate) against: AgainstArgs,
    /// Form of the list.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ControlsTableArgs {
    /// File of a control list, or folder with its versions; without, criteria and points of focus themselves are counted.
    #[arg(value_name = "PATH", conflicts_with = "profile")]
    pub(crate) path: Option<PathBuf>,
    /// Which version of the list; the one with the highest number otherwise.
    #[arg(long = "list-version", value_name = "N", requires = "path")]
    pub(crate) version: Option<u32>,
    /// Take the numbers of a profile: `article-example`, or a file.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    #[command(flatten)]
    pub(crate) against: AgainstArgs,
    /// Form of the table.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ControlsDiffArgs {
    /// The earlier version.
    #[arg(value_name = "BEFORE")]
    pub(crate) before: PathBuf,
    /// The later version.
    #[arg(value_name = "AFTER")]
    pub(crate) after: PathBuf,
    /// Form of the list.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    /// Rule files or folders. May be repeated.
    #[arg(short, long = "rules", value_name = "PATH", num_args = 1.., required = true)]
    pub(crate) rules: Vec<PathBuf>,
    /// Mapping of rule names to criteria, over the built-in one. May be repeated; later files win.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) mapping: Vec<PathBuf>,
    /// The catalogue to look through.
    #[arg(long, value_enum, default_value = "soc2")]
    pub(crate) framework: FrameworkArg,
    /// Control list (file or folder) whose selectors are shown too.
    #[arg(long, value_name = "PATH")]
    pub(crate) controls: Option<PathBuf>,
    /// Form of the matrix.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: CoverageFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CoverageFormat {
    Text,
    Json,
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FrameworkArg {
    Soc2,
    #[value(name = "nist_800_53", alias = "nist-800-53")]
    Nist80053,
    #[value(name = "pci_dss", alias = "pci-dss")]
    PciDss,
    #[value(name = "iso_27001", alias = "iso-27001")]
    Iso27001,
    #[value(name = "cis_controls", alias = "cis-controls")]
    CisControls,
    #[value(name = "nist_csf", alias = "nist-csf")]
    NistCsf,
}

#[derive(Debug, Args)]
pub(crate) struct AcceptancesCheckArgs {
    /// Files, or folders whose .yaml and .yml files are read.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The time (RFC 3339, or a date) at which they are judged; now otherwise.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Folder of evidence: those that hid none of the findings in its index are named, too.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) against: AgainstArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AcceptancesListArgs {
    /// Files, or folders whose .yaml and .yml files are read.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The time (RFC 3339, or a date) at which they stand so; now otherwise.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Form of the list.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}
