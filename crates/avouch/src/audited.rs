//! From arguments of the server to what it does with audit records.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use avouch_audit::Format;
use avouch_collect::{BucketOptions, CredentialsFrom};
use avouch_controls::AcceptanceSet;
use avouch_diagnostics::LintLevels;
use avouch_engine::{CompileOptions, Matching};
use avouch_pipeline::live::audit::{ArchiveOptions, AuditLimits, AuditSource, DigestKeys};
use avouch_pipeline::{Acceptances, RuleSet, RuleSetOptions};
use avouch_s3::{Bucket, Credentials};
use avouch_server::{AuditSetup, DeskSetup, Trail};

use crate::args::{AuditArgs, DeskArgs, DiagnosticStyle, LoadArgs, ServerRulesArgs};
use crate::evidence::{self, now};
use crate::{accepted, load};

/// Folder of kept records, beside the ledger.
const ARCHIVE: &str = "archive";
const MB: u64 = 1 << 20;
const MINUTE: u64 = 60_000_000_000;
const DAY: u64 = 86_400_000_000_000;

/// What the server does with audit records, `None` without rules; and the rules and acceptances that it shows. It loads those again by
/// itself, and records what changed of them.
pub(crate) fn setup(
    given: &ServerRulesArgs,
    args: &AuditArgs,
    desk: &DeskArgs,
    data: &Path,
) -> anyhow::Result<(Option<AuditSetup>, DeskSetup)> {
    // Each rule that matches counts, since each may be evidence for another criterion.
    let compile = CompileOptions { matching: Matching::All, ..CompileOptions::default() };
    let options = RuleSetOptions { compile, lints: LintLevels::default(), mappings: given.mapping.clone() };
    let desk = DeskSetup {
        rules: given.rules.clone(),
        options: options.clone(),
        acceptances: given.acceptances.clone(),
        edit_rules: desk.edit_rules,
        recordings: desk.recordings.clone(),
    };
    if given.rules.is_empty() {
        return Ok((None, desk));
    }
    let loading =
        LoadArgs { rules: given.rules.clone(), strict: false, lints: Vec::new(), diagnostics: DiagnosticStyle::Full };
    let rules = load::rule_set(&loading, options.compile, &given.mapping)?;
    let acceptances = accepted::load(&given.acceptances, &rules)?;
    let set = acceptances.as_ref().map(Acceptances::set).cloned().unwrap_or_default();
    let digest_keys = digest_keys(&args.cloudtrail_public_keys)?;
    Ok((Some(AuditSetup { digest_keys, ..of(rules, set, args, data) }), desk))
}

/// With rules that are loaded, and without keys.
pub(crate) fn of(rules: RuleSet, acceptances: AcceptanceSet, args: &AuditArgs, data: &Path) -> AuditSetup {
    let cluster = |name: &String| AuditSource { node: name.clone(), cluster: name.clone(), format: Format::K8sAudit };
    let mut expected: Vec<AuditSource> = args.k8s_clusters.iter().map(cluster).collect();
    if !args.cloudtrail_dir.is_empty() || args.cloudtrail_bucket.is_some() {
        expected.push(AuditSource { node: String::new(), cluster: String::new(), format: Format::CloudTrail });
    }
    let archive = (args.archive_mb > 0)
        .then(|| ArchiveOptions { bytes: args.archive_mb * MB, ..ArchiveOptions::new(data.join(ARCHIVE)) });
    // What comes over the network is held in memory whole.
    let limits = AuditLimits {
        k8s_silence: args.k8s_silence.max(1) * MINUTE,
        delivery_bytes: 128 * MB,
        ..AuditLimits::default()
    };
    AuditSetup { rules: Arc::new(rules), acceptances, limits, digest_keys: Arc::default(), expected, archive }
}

/// The public keys of files, and of all files in folders.
pub(crate) fn digest_keys(paths: &[PathBuf]) -> anyhow::Result<Arc<DigestKeys>> {
    let mut files = Vec::new();
    for path in paths {
        let here = || format!("failed to read `{}`", path.display());
        if path.is_dir() {
            for entry in std::fs::read_dir(path).with_context(here)? {
                files.push(entry.with_context(here)?.path());
            }
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    let mut keys = DigestKeys::default();
    for path in files.iter().filter(|path| !path.is_dir()) {
        let bytes = std::fs::read(path).with_context(|| format!("failed to read `{}`", path.display()))?;
        keys.add(&bytes).with_context(|| format!("failed to take the public keys of `{}`", path.display()))?;
    }
    Ok(Arc::new(keys))
}

/// Where CloudTrail's files come to.
pub(crate) fn trails(args: &AuditArgs) -> anyhow::Result<Vec<Trail>> {
    let mut out: Vec<Trail> = args.cloudtrail_dir.iter().cloned().map(Trail::Folder).collect();
    let (Some(name), Some(region)) = (&args.cloudtrail_bucket, &args.cloudtrail_region) else { return Ok(out) };
    let credentials =
        match &args.cloudtrail_keys {
            Some(path) => CredentialsFrom::File { path: path.clone(), profile: "default".to_owned() },
            None => CredentialsFrom::Fixed(Credentials::from_lookup(&|name| std::env::var(name).ok()).context(
                "--cloudtrail-bucket needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --cloudtrail-keys",
            )?),
        };
    let endpoint = args.cloudtrail_endpoint.clone().unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
    ensure!(
        endpoint.starts_with("https://") || endpoint.starts_with("http://"),
        "`{endpoint}` is no address of an object store"
    );
    let from = match &args.cloudtrail_from {
        Some(day) => evidence::time(day)?.0,
        None => now().0 / DAY * DAY,
    };
    let bucket = Bucket { endpoint, region: region.clone(), name: name.clone() };
    // The server names the file of the state.
    let mut options = BucketOptions::new(bucket, credentials, std::path::PathBuf::new(), from);
    options.prefixes =
        if args.cloudtrail_prefix.is_empty() { vec!["AWSLogs/".to_owned()] } else { args.cloudtrail_prefix.clone() };
    out.push(Trail::Bucket(Box::new(options)));
    Ok(out)
}
