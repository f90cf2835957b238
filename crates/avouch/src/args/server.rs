//! Arguments of the server.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::AgentArgs;

/// Where a server listens, and what it stands on.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListenArgs {
    /// Address and port to listen on. Other machines can reach it only when this is changed, and then it should speak TLS.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8470")]
    pub(crate) listen: SocketAddr,
    /// Certificate with those that lead to its root (PEM): the server speaks TLS.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Agents may show a client certificate that leads to one of these (PEM), in place of a token.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) client_ca: Option<PathBuf>,
    /// Listen in the clear on an address that other machines can reach: a proxy in front speaks TLS.
    #[arg(long)]
    pub(crate) behind_proxy: bool,
    /// Print a one-time link with which an admin is made, or given a new password, also when somebody can log in already.
    #[arg(long)]
    pub(crate) new_setup_link: bool,
    /// Address of the console for links in messages and for logins through a provider: https://avouch.example.org
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Requests that one caller may make in a second, on the whole; four times as many at once; 0 is without limit.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) requests_per_second: u32,
    /// Channels and routes of notifications (docs/NOTIFICATIONS.md). Default: server/notify.yaml in the folder of the evidence.
    #[arg(long, value_name = "FILE")]
    pub(crate) notify: Option<PathBuf>,
    /// Findings that are older than this when they come, or when the server runs again, are told in sum instead of one by one.
    #[arg(long, value_name = "MIN", default_value_t = 60)]
    pub(crate) notify_late: u64,
    /// Provider of logins (OpenID Connect), a YAML file: issuer, client_id, client_secret as `env:NAME` or `file:/path`, roles.
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(crate) oidc: Option<PathBuf>,
}

/// What a server has its audit records judged by, and its agents that take their rules from it.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ServerRulesArgs {
    /// Rule files or folders: rules for `k8s_audit` and `aws_cloudtrail` judge the records that come; agents with
    /// --rules-from-server judge by all of them. May be repeated.
    #[arg(short, long = "rules", value_name = "PATH", help_heading = "Rules and acceptances")]
    pub(crate) rules: Vec<PathBuf>,
    /// Mapping files of rules to criteria, over the built-in one.
    #[arg(long, value_name = "FILE", help_heading = "Rules and acceptances")]
    pub(crate) mapping: Vec<PathBuf>,
    /// Acceptances: dated, approved holes. A file or folder; may be repeated.
    #[arg(long, value_name = "PATH", requires = "rules", help_heading = "Rules and acceptances")]
    pub(crate) acceptances: Vec<PathBuf>,
}

/// Audit records that the server judges itself. A command that takes these has an argument `rules`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AuditArgs {
    /// A cluster whose API server is to send its audit records here: until it does, it counts as not watched. May be repeated.
    #[arg(long = "k8s-cluster", value_name = "NAME", requires = "rules", help_heading = "Audit records")]
    pub(crate) k8s_clusters: Vec<String>,
    /// Minutes without any record after which an API server counts as not watched.
    #[arg(long, value_name = "MIN", default_value_t = 5, help_heading = "Audit records")]
    pub(crate) k8s_silence: u64,
    /// A folder into which CloudTrail's files come. May be repeated.
    #[arg(long, value_name = "DIR", requires = "rules", help_heading = "Audit records")]
    pub(crate) cloudtrail_dir: Vec<PathBuf>,
    /// A bucket into which CloudTrail writes. Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --cloudtrail-keys.
    #[arg(long, value_name = "NAME", requires_all = ["rules", "cloudtrail_region"], help_heading = "Audit records")]
    pub(crate) cloudtrail_bucket: Option<String>,
    /// Region of the bucket.
    #[arg(long, value_name = "REGION", requires = "cloudtrail_bucket", help_heading = "Audit records")]
    pub(crate) cloudtrail_region: Option<String>,
    /// Endpoint of the object store. Default: that of the region at Amazon.
    #[arg(long, value_name = "URL", requires = "cloudtrail_bucket", help_heading = "Audit records")]
    pub(crate) cloudtrail_endpoint: Option<String>,
    /// Beginning of the names in the bucket. May be repeated; default: AWSLogs/
    #[arg(long, value_name = "PREFIX", requires = "cloudtrail_bucket", help_heading = "Audit records")]
    pub(crate) cloudtrail_prefix: Vec<String>,
    /// A file of keys, as the tools of Amazon keep them; it is read anew with every look.
    #[arg(long, value_name = "FILE", requires = "cloudtrail_bucket", help_heading = "Audit records")]
    pub(crate) cloudtrail_keys: Option<PathBuf>,
    /// Public keys with which CloudTrail signs its digests: a file (PEM, or the JSON of `aws cloudtrail list-public-keys`) or a folder of
    /// such files. May be repeated; without it signatures are not verified, and that is said.
    #[arg(long, value_name = "PATH", help_heading = "Audit records")]
    pub(crate) cloudtrail_public_keys: Vec<PathBuf>,
    /// First day of the bucket to read when nothing was read yet. Default: today.
    #[arg(long, value_name = "DAY", requires = "cloudtrail_bucket", help_heading = "Audit records")]
    pub(crate) cloudtrail_from: Option<String>,
    /// Keep audit records, without secrets, for back-tests: at most so many MB; 0 keeps none.
    #[arg(long, value_name = "MB", default_value_t = 1024, help_heading = "Audit records")]
    pub(crate) archive_mb: u64,
}

/// Rules and acceptances in the console.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct DeskArgs {
    /// Let those who may edit rules save rule files in the console. Without it files are shown, checked and tried, and not written: who
    /// can edit rules alone can silence one. Acceptances need no such word: each counts only when a second person approved it.
    #[arg(long, requires = "rules", help_heading = "Rules and acceptances")]
    pub(crate) edit_rules: bool,
    /// Captures and audit archives on which changed rules are tried, beside those of the evidence. A file or folder; may be repeated.
    #[arg(long, value_name = "PATH", help_heading = "Rules and acceptances")]
    pub(crate) recordings: Vec<PathBuf>,
}

/// `avouch server`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArgs {
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
    #[command(flatten)]
    pub(crate) rules: ServerRulesArgs,
    #[command(flatten)]
    pub(crate) audit: AuditArgs,
    #[command(flatten)]
    pub(crate) desk: DeskArgs,
    /// Folder of the evidence: ledger, store, and in `server/` the accounts.
    #[arg(long, value_name = "DIR", default_value = "avouch-data")]
    pub(crate) data: PathBuf,
    /// The control list that reports judge by: a file, or a folder with its versions.
    #[arg(long, value_name = "PATH")]
    pub(crate) controls: Option<PathBuf>,
}

/// `avouch up`.
#[derive(Debug, Clone, Args)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    pub(crate) agent: AgentArgs,
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
    #[command(flatten)]
    pub(crate) desk: DeskArgs,
    #[command(flatten)]
    pub(crate) audit: AuditArgs,
    /// The control list that reports judge by: a file, or a folder with its versions.
    #[arg(long, value_name = "PATH")]
    pub(crate) controls: Option<PathBuf>,
}
