//! `avouch ledger`: heads, anchors and keys of a folder of evidence; the store made anew from it.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context, ensure};
use avouch_anchor::{Anchor, FileAnchor, GitAnchor, Head, LockMode, S3Anchor, S3Credentials, StampTrust, TsaAnchor};
use avouch_evidence::Folder;
use avouch_finding::{Anchored, Estate};
use avouch_ledger::{Reader, SignedHead};
use avouch_store::{Keep, RetentionPolicy};

use crate::args::{AnchorArgs, DataArgs, LedgerCommand, NodesArgs, RetainArgs};
use crate::evidence::{self, now};
use crate::{Outcome, terminal};

/// Runs the command.
pub(crate) fn run(command: &LedgerCommand) -> anyhow::Result<Outcome> {
    match command {
        LedgerCommand::Head(args) => head(args),
        LedgerCommand::Anchor(args) => anchor(args),
        LedgerCommand::RotateKey(args) => rotate(args),
        LedgerCommand::Nodes(args) => nodes(args),
        LedgerCommand::Rebuild(args) => rebuild(args),
        LedgerCommand::Retain(args) => retain(args),
    }
}

/// A signed head over everything so far; the last one, when another process writes.
fn signed(folder: &Folder) -> anyhow::Result<SignedHead> {
    if let Some(mut recorder) = evidence::open_unless_locked(folder.path())? {
        let head = recorder.checkpoint(now())?;
        recorder.close(now())?;
        return Ok(head);
    }
    let lines = Reader::open(&folder.ledger())?.heads()?.filter_map(Result::ok);
    let head = lines.filter_map(|line| SignedHead::parse(&line).ok()).last().context("the ledger has no head yet")?;
    terminal::say(&format!(
        "another avouch writes the ledger now; this is its last head, which vouches for records up to {}\n",
        head.head.last_seq
    ));
    Ok(head)
}

/// Prints a head: kept outside, it shows a cut tail.
fn head(args: &DataArgs) -> anyhow::Result<Outcome> {
    let head = signed(&evidence::folder(&args.data)?)?;
    let mut out = std::io::stdout().lock();
    out.write_all(&head.line())?;
    out.write_all(b"\n")?;
    Ok(Outcome::Fine)
}

fn anchor(args: &AnchorArgs) -> anyhow::Result<Outcome> {
    let folder = evidence::folder(&args.data.data)?;
    let anchors = anchors(args)?;
    ensure!(!anchors.is_empty(), "say where to: --file, --git, --s3 or --tsa");
    let signed = signed(&folder)?;
    let line = signed.line();
    let last_seq = signed.head.last_seq;
    let (mut outcome, mut facts) = (Outcome::Fine, Vec::new());
    for anchor in anchors {
        let head = Head { ledger: &signed.head.ledger, last_seq, line: &line, now: now().0 };
        // One place that cannot be reached must not keep the others from it.
        match anchor.publish(&head) {
            Err(error) => {
                terminal::complain(
                    &anyhow::Error::new(error).context(format!("failed to anchor by {}", anchor.name())),
                );
                outcome = Outcome::WrongInput;
            }
            Ok(receipt) => {
                terminal::say(&format!("anchored up to record {last_seq} by {}: {}\n", anchor.name(), receipt.place));
                let anchored = Anchored {
                    time: now(),
                    anchor: anchor.name().to_owned(),
                    place: receipt.place,
                    their_time: receipt.time,
                    last_seq,
                    receipt: receipt.bytes.as_deref().map(evidence::hex),
                };
                facts.push(anchored.into());
            }
        }
    }
    evidence::leave(folder.path(), &facts, "anchor")?;
    Ok(outcome)
}

fn anchors(args: &AnchorArgs) -> anyhow::Result<Vec<Box<dyn Anchor>>> {
    let mut out: Vec<Box<dyn Anchor>> = Vec::new();
    if let Some(path) = &args.file {
        out.push(Box::new(FileAnchor { path: path.clone() }));
    }
    if let Some(repository) = &args.git {
        out.push(Box::new(GitAnchor { repository: repository.clone(), push: None }));
    }
    if let Some(url) = &args.s3 {
        let secret = |name: &str| std::env::var(name).with_context(|| format!("--s3 needs {name} in the environment"));
        out.push(Box::new(S3Anchor {
            endpoint: url.clone(),
            bucket: args.bucket.clone().context("--s3 needs --bucket")?,
            region: args.region.clone(),
            prefix: args.prefix.clone(),
            credentials: S3Credentials {
                access_key_id: secret("AWS_ACCESS_KEY_ID")?,
                secret_access_key: secret("AWS_SECRET_ACCESS_KEY")?,
                session_token: std::env::var("AWS_SESSION_TOKEN").ok(),
            },
            mode: LockMode::Compliance,
            retain_days: args.retain_days,
        }));
    }
    if let Some(url) = &args.tsa {
        let trust = match &args.tsa_ca {
            None => None,
            Some(path) => {
                let pem = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
                Some(StampTrust::from_pem(&pem).with_context(|| format!("cannot use `{}`", path.display()))?)
            }
        };
        out.push(Box::new(TsaAnchor { url: url.clone(), trust }));
    }
    Ok(out)
}

fn rotate(args: &DataArgs) -> anyhow::Result<Outcome> {
    evidence::folder(&args.data)?;
    let mut recorder = evidence::open(&args.data)?;
    let key = recorder.ledger_mut().rotate_key(avouch_ledger::Time(now().0))?;
    recorder.close(now())?;
    terminal::say(&format!("the ledger is signed with key {} from here on; give it to whoever verifies\n", key.id()));
    Ok(Outcome::Fine)
}

/// Declares which nodes are to be watched from now on: one that sends nothing is then a gap.
fn nodes(args: &NodesArgs) -> anyhow::Result<Outcome> {
    evidence::folder(&args.data.data)?;
    let mut nodes = args.nodes.clone();
    nodes.sort();
    nodes.dedup();
    let at = args.since.as_deref().map_or_else(|| Ok(now()), evidence::time)?;
    let estate = Estate { time: at, cluster: args.cluster.clone(), nodes, origin: "user".to_owned() };
    let n = estate.nodes.len();
    evidence::leave(&args.data.data, &[estate.into()], "nodes")?;
    terminal::say(&format!("{n} nodes of `{}` are to be watched\n", args.cluster));
    Ok(Outcome::Fine)
}

fn rebuild(args: &DataArgs) -> anyhow::Result<Outcome> {
    let folder = evidence::folder(&args.data)?;
    // Nobody may write meanwhile: who has the ledger has the store.
    let time = avouch_ledger::Time(now().0);
    let (ledger, _) = avouch_ledger::Ledger::open(&folder.ledger(), avouch_ledger::Options::default(), time)?;
    ledger.close(time)?;
    let store = folder.store();
    if store.exists() {
        std::fs::remove_dir_all(&store).with_context(|| format!("failed to remove `{}`", store.display()))?;
    }
    evidence::open(&args.data)?.close(now())?;
    terminal::say("the index was made anew from the ledger\n");
    Ok(Outcome::Fine)
}

fn retain(args: &RetainArgs) -> anyhow::Result<Outcome> {
    evidence::folder(&args.data.data)?;
    let days = |days: Option<u64>| days.map(|d| Duration::from_secs(d.saturating_mul(86_400)));
    let policy = RetentionPolicy {
        findings: Keep { max_age: days(args.findings_days), max_bytes: None },
        activity: Keep { max_age: days(args.activity_days), max_bytes: args.activity_mb.map(|mb| mb << 20) },
    };
    let mut recorder = evidence::open(&args.data.data)?;
    for dropped in recorder.retain(now(), policy)? {
        terminal::say(&format!(
            "dropped from the index: {} of {} to {}: {} rows, {} bytes\n",
            dropped.what, dropped.period.from, dropped.period.to, dropped.rows, dropped.bytes
        ));
    }
    recorder.close(now())?;
    Ok(Outcome::Fine)
}
