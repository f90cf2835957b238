//! Arguments of the commands about kept evidence: report, verify, findings, ledger.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

/// The server that gets what an agent watched and found.
#[derive(Debug, Clone, Args)]
pub(crate) struct ForwardArgs {
    /// Send what was watched and found to the server at this address, as https://avouch.example:8443; also in place of --data.
    /// While the server is away, facts wait on the disk.
    #[arg(long, value_name = "URL", help_heading = "Server")]
    pub(crate) server: Option<String>,
    /// File with the token of this agent. Without it, the variable AVOUCH_TOKEN.
    #[arg(long, value_name = "FILE", requires = "server", help_heading = "Server")]
    pub(crate) token_file: Option<PathBuf>,
    /// Folder of facts that wait for the server. Default: spool in the folder of --data, else /var/lib/avouch/spool.
    #[arg(long, value_name = "DIR", requires = "server", help_heading = "Server")]
    pub(crate) spool: Option<PathBuf>,
    /// Most MB that wait. When there are more, the oldest activity is dropped first, and the evidence says so.
    #[arg(long, value_name = "MB", default_value_t = 512, requires = "server", help_heading = "Server")]
    pub(crate) spool_mb: u64,
    /// Certificates that vouch for the server, as PEM. Default: those of the system.
    #[arg(long, value_name = "FILE", requires = "server", help_heading = "Server")]
    pub(crate) ca: Option<PathBuf>,
    /// Certificate of this agent, as PEM, for a server that wants one.
    #[arg(long, value_name = "FILE", requires_all = ["server", "key"], help_heading = "Server")]
    pub(crate) cert: Option<PathBuf>,
    /// Private key of the certificate, as PEM.
    #[arg(long, value_name = "FILE", requires_all = ["server", "cert"], help_heading = "Server")]
    pub(crate) key: Option<PathBuf>,
}

/// The folder of evidence.
#[derive(Debug, Clone, Args)]
pub(crate) struct DataArgs {
    /// Folder of the evidence.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaperSize {
    A4,
    Letter,
}

#[derive(Debug, Args)]
pub(crate) struct PeriodReportArgs {
    /// Folder of the evidence.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Framework that the report answers to.
    #[arg(long, default_value = "soc2", value_name = "NAME")]
    pub(crate) framework: String,
    /// The organisation's control list: a file, or a folder with its versions. Without it, the starting list that avouch ships,
    /// which nobody approved.
    #[arg(long, value_name = "PATH")]
    pub(crate) controls: Option<PathBuf>,
    /// Begin of the period: a day or a time, UTC.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: String,
    /// End of the period, which does not belong to it.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: String,
    /// Only this cluster. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Vec<String>,
    /// Folder for the report; made when it is not there, and never written over.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Organisation on the cover; that of the control list when not given.
    #[arg(long, value_name = "NAME")]
    pub(crate) entity: Option<String>,
    /// System on the cover.
    #[arg(long, value_name = "NAME")]
    pub(crate) system: Option<String>,
    /// The auditor's own request list, to be answered in `pbc/` by its numbers; the form is that of `controls/requests.yaml`. Without it,
    /// what is usually asked for.
    #[arg(long, value_name = "FILE")]
    pub(crate) requests: Option<PathBuf>,
    /// Draw a sample of so many rows from each population.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) sample: usize,
    /// Seed of the samples, chosen by the auditor. The same seed draws the same rows.
    #[arg(long, default_value = "1", value_name = "TEXT")]
    pub(crate) seed: String,
    /// Percent of a day that must have been watched for the day to pass. Gaps are listed whatever it is.
    #[arg(long, default_value_t = 100.0, value_name = "PERCENT")]
    pub(crate) least_watched: f64,
    /// Mark the report as a draft.
    #[arg(long)]
    pub(crate) draft: bool,
    /// Size of the pages of the PDF.
    #[arg(long, value_enum, default_value = "a4")]
    pub(crate) paper: PaperSize,
    /// Who makes it; the ledger records it. Default: the user.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A bundle, a ledger, a folder of evidence, or a file with one record and its proof.
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// A head that was kept outside (`avouch ledger head`, or what an anchor holds): finds a cut tail. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) anchor: Vec<PathBuf>,
    /// A public key that you trust, as PEM. May be repeated. Without one, only the keys in the ledger itself are known.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// Certificates, as PEM, of authorities that you trust to stamp the time (RFC 3161): time-stamps that are kept in the ledger are then
    /// held against the heads that they are of, and must be signed by one of them. Without it no time-stamp is checked. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) tsa_ca: Vec<PathBuf>,
    /// Form of the result.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FindingsCommand {
    /// List findings, the newest first.
    List(FindingsListArgs),
    /// Record that somebody looked at findings.
    Ack(LookedAtArgs),
    /// Record what findings turned out to be.
    Decide(DecideArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FindingsListArgs {
    /// Folder of the evidence.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Only at or after this time.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Only before this time.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Only of this rule. May be repeated, as all that follow.
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Vec<String>,
    /// Only of this severity: informational, low, medium, high, critical.
    #[arg(long, value_name = "NAME")]
    pub(crate) severity: Vec<String>,
    /// Only of this criterion.
    #[arg(long, value_name = "ID")]
    pub(crate) criterion: Vec<String>,
    /// Only of this node.
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Vec<String>,
    /// Only findings whose text has these words.
    #[arg(long, value_name = "WORDS")]
    pub(crate) text: Option<String>,
    /// Only findings that nobody decided about and no acceptance hides.
    #[arg(long)]
    pub(crate) open: bool,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) limit: usize,
    /// Form of the list.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Args)]
pub(crate) struct LookedAtArgs {
    /// Ids, or their first eight digits.
    #[arg(required = true, value_name = "ID")]
    pub(crate) findings: Vec<String>,
    /// Folder of the evidence.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Who looked. Default: the user.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// A note.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    /// true (it is what the rule says), benign (allowed work) or test.
    #[arg(value_name = "DECISION")]
    pub(crate) decision: String,
    /// Ids, or their first eight digits.
    #[arg(required = true, value_name = "ID")]
    pub(crate) findings: Vec<String>,
    /// Folder of the evidence.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who decided. Default: the user.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Number of the incident or ticket.
    #[arg(long, value_name = "TEXT")]
    pub(crate) incident: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Print a signed head over everything so far, to be kept outside.
    Head(DataArgs),
    /// Publish a signed head: to a file, a git repository, a bucket with object lock, a time-stamp authority.
    Anchor(AnchorArgs),
    /// Make a new signing key; the old one signs it.
    RotateKey(DataArgs),
    /// Declare which nodes of a cluster are to be watched from now on: one that sends nothing is a gap.
    Nodes(NodesArgs),
    /// Make the index anew from the ledger.
    Rebuild(DataArgs),
    /// Drop the index of old findings and activity; the ledger stays.
    Retain(RetainArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AnchorArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// A file that the head is added to, on another machine or medium.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// A git working tree in which the head is committed.
    #[arg(long, value_name = "DIR")]
    pub(crate) git: Option<PathBuf>,
    /// An S3-compatible endpoint; keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    #[arg(long, value_name = "URL")]
    pub(crate) s3: Option<String>,
    /// The bucket, made with object lock.
    #[arg(long, value_name = "NAME", requires = "s3")]
    pub(crate) bucket: Option<String>,
    /// Region of the bucket.
    #[arg(long, default_value = "us-east-1", value_name = "NAME")]
    pub(crate) region: String,
    /// Stands before the names of objects.
    #[arg(long, default_value = "avouch/", value_name = "TEXT")]
    pub(crate) prefix: String,
    /// Days for which the object cannot be removed.
    #[arg(long, default_value_t = 400, value_name = "DAYS")]
    pub(crate) retain_days: u64,
    /// A time-stamp authority (RFC 3161).
    #[arg(long, value_name = "URL")]
    pub(crate) tsa: Option<String>,
    /// Certificates, as PEM, of the authorities that are trusted to stamp: a reply that none of them signed is refused. Without it only
    /// what a reply says is checked, not who signed it.
    #[arg(long, value_name = "FILE", requires = "tsa")]
    pub(crate) tsa_ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct NodesArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Cluster of the nodes.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: String,
    /// All nodes of the cluster. One that was declared before and is not named any more has left.
    #[arg(value_name = "NODE")]
    pub(crate) nodes: Vec<String>,
    /// From when on; now when not given.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RetainArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Days for which findings stay in the index; for ever when not given.
    #[arg(long, value_name = "DAYS")]
    pub(crate) findings_days: Option<u64>,
    /// Days for which activity stays.
    #[arg(long, value_name = "DAYS")]
    pub(crate) activity_days: Option<u64>,
    /// Most MB of activity.
    #[arg(long, value_name = "MB")]
    pub(crate) activity_mb: Option<u64>,
}
