//! `avouch verify`: checks a bundle, a ledger or one record, without a network and without changing anything.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use avouch_anchor::StampTrust;
use avouch_bundle::{BundleProblem, BundleReport};
use avouch_ledger::{PublicKey, Report, Trust, Verdict, Warning, verify_dir_with};
use serde_json::{Value as Json, json};

use super::verify_record;
use super::verify_stamps::{Looking, Stamps};
use crate::args::{Format, VerifyArgs};
use crate::{Outcome, evidence};

/// Largest key or head that is read.
const MAX_SMALL: u64 = 1 << 20;

/// Runs the command. Whatever is wrong makes the exit code 1.
pub(crate) fn run(args: &VerifyArgs) -> anyhow::Result<Outcome> {
    let path = &args.path;
    let (trust, stamps) = (trust(args)?, stamp_trust(&args.tsa_ca)?);
    let mut looking = Looking::new(stamps.as_ref());
    let (mut out, as_json) = (std::io::stdout().lock(), args.format == Some(Format::Json));
    let (intact, text, value) = if path.is_file() {
        ensure!(
            args.tsa_ca.is_empty(),
            "one record holds no time-stamp of its head; name a bundle or a ledger with --tsa-ca"
        );
        verify_record::record(path, &read(path, verify_record::MOST)?, &trust)?
    } else if path.join("manifest.json").exists() || path.join("manifest.sig").exists() {
        bundle(path, &trust, looking)?
    } else {
        ensure!(
            path.is_dir(),
            "`{}` is not there; name a bundle, a ledger, a folder of evidence or a record",
            path.display()
        );
        // A folder of evidence holds its ledger.
        let dir = if path.join("ledger").is_dir() { path.join("ledger") } else { path.clone() };
        ensure!(dir.join("segments").is_dir(), "`{}` holds no ledger and is no bundle", path.display());
        let report = verify_dir_with(&dir, &trust, &mut |line| looking.see(line))
            .with_context(|| format!("failed to read `{}`", dir.display()))?;
        let asked = looking.asked();
        let stamps = looking.finish(&dir)?;
        let intact = report.verdict != Verdict::Failed && stamps.hold();
        let mut value = json!(report);
        value["time_stamps"] = stamps.json();
        (intact, ledger_text(&report, &stamps, asked), value)
    };
    if as_json {
        writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?;
    } else {
        out.write_all(text.as_bytes())?;
    }
    Ok(if intact { Outcome::Fine } else { Outcome::Findings })
}

fn trust(args: &VerifyArgs) -> anyhow::Result<Trust> {
    let mut trust = Trust::default();
    for path in &args.key {
        let text = read(path, MAX_SMALL)?;
        let text = String::from_utf8(text).with_context(|| format!("`{}` is no public key", path.display()))?;
        let key = PublicKey::from_pem(&text).with_context(|| format!("`{}` is no public key", path.display()))?;
        trust.keys.push(key);
    }
    for path in &args.anchor {
        let text = read(path, MAX_SMALL)?;
        let lines = text.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec);
        trust.anchors.extend(lines);
    }
    Ok(trust)
}

/// The authorities that the caller trusts; `None` when none is named.
fn stamp_trust(paths: &[PathBuf]) -> anyhow::Result<Option<StampTrust>> {
    let mut pem = Vec::new();
    for path in paths {
        pem.extend(read(path, MAX_SMALL)?);
        pem.push(b'\n');
    }
    let named = || paths.iter().map(|p| format!("`{}`", p.display())).collect::<Vec<_>>().join(", ");
    let trust = (!paths.is_empty()).then(|| StampTrust::from_pem(&pem)).transpose();
    trust.with_context(|| format!("cannot use {}", named()))
}

fn read(path: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
    let failed = || format!("failed to read `{}`", path.display());
    let mut out = Vec::new();
    let file = std::fs::File::open(path).with_context(failed)?;
    file.take(most).read_to_end(&mut out).with_context(failed)?;
    Ok(out)
}

fn bundle(path: &Path, trust: &Trust, mut looking: Looking<'_>) -> anyhow::Result<(bool, String, Json)> {
    let asked = looking.asked();
    let report = avouch_bundle::verify_with(path, trust, &mut |line| looking.see(line))?;
    let stamps = looking.finish(&path.join("ledger"))?;
    let beside = beside(path, &report);
    let changed: Vec<&(String, &str)> = beside.iter().filter(|(_, state)| *state != "as it was").collect();
    let as_they_were = changed.iter().all(|(_, state)| *state == "not there");
    let intact = report.verdict != Verdict::Failed && as_they_were && stamps.hold();
    let mut text = String::new();
    text.push_str(&format!("{} files, {} bytes are as the manifest says\n", report.files, report.bytes));
    text.push_str(&format!(
        "manifest signed by key {}{}\n",
        if report.key.is_empty() { "?" } else { &report.key },
        if report.key_trusted { ", which you trust" } else { "" }
    ));
    for problem in &report.problems {
        text.push_str(&format!("BUNDLE: {}\n", problem_text(problem)));
    }
    for (name, state) in &beside {
        text.push_str(&format!("beside the bundle: {name} {state}\n"));
    }
    if let Some(ledger) = &report.ledger {
        text.push_str(&ledger_text(ledger, &stamps, asked));
    }
    text.push_str(&format!("bundle: {}\n", verdict(report.verdict, intact)));
    let beside: serde_json::Map<String, Json> = beside.into_iter().map(|(n, s)| (n, json!(s))).collect();
    let mut value = json!(report);
    value["beside"] = Json::Object(beside);
    value["time_stamps"] = stamps.json();
    Ok((intact, text, value))
}

fn verdict(verdict: Verdict, intact: bool) -> &'static str {
    match verdict {
        _ if !intact => "NOT INTACT",
        Verdict::Intact => "intact",
        Verdict::Unproven | Verdict::Failed => "nothing is wrong, but nothing that you trust vouches for it",
    }
}

/// The report's files that stand beside the bundle, and how they compare with the digests in its manifest.
fn beside(bundle: &Path, report: &BundleReport) -> Vec<(String, &'static str)> {
    let Some(listed) = report.about.get("beside").and_then(Json::as_object) else { return Vec::new() };
    let dir = bundle.canonicalize().ok().and_then(|p| p.parent().map(Path::to_owned));
    let state = |(name, digest): (&String, &Json)| {
        let plain = Path::new(name).components().all(|c| matches!(c, std::path::Component::Normal(_)));
        let path = dir.as_ref().map(|d| d.join(name)).filter(|p| plain && p.is_file());
        let state = match path.and_then(|p| evidence::digest(&p).ok()) {
            None => "not there",
            Some((found, _)) if Some(found.as_str()) == digest.as_str() => "as it was",
            Some(_) => "CHANGED",
        };
        (name.clone(), state)
    };
    listed.iter().map(state).collect()
}

fn ledger_text(r: &Report, stamps: &Stamps, asked: bool) -> String {
    let number = |n: Option<u64>| n.map_or("none".to_owned(), |n| n.to_string());
    let time = |t: Option<avouch_ledger::Time>| t.map_or("?".to_owned(), |t| t.to_string());
    let mut text = format!(
        "ledger {}: {} records ({} to {}), {} to {}\n",
        r.ledger.as_deref().unwrap_or("?"),
        r.records,
        number(r.first_seq),
        number(r.last_seq),
        time(r.first_time),
        time(r.last_time)
    );
    text.push_str(&format!(
        "{} heads hold; signed up to record {}, by a key that you trust up to {}\n",
        r.heads,
        number(r.signed_to),
        number(r.trusted_to)
    ));
    if r.redacted + r.lost > 0 {
        text.push_str(&format!("{} secrets redacted, {} records of sources never came\n", r.redacted, r.lost));
    }
    for anchor in &r.anchors {
        let state = match anchor.matches {
            Some(true) => "matches",
            Some(false) => "DOES NOT MATCH",
            None => "is before the records that are here",
        };
        text.push_str(&format!("anchor at record {} of {}: {state}\n", anchor.last_seq, anchor.time));
    }
    for problem in &r.problems {
        text.push_str(&format!("LEDGER: {problem}\n"));
    }
    if r.stopped {
        text.push_str("LEDGER: too many problems; the rest was not read\n");
    }
    for warning in &r.warnings {
        text.push_str(&format!("note: {}\n", warning_text(warning)));
    }
    text.push_str(&stamps.words(asked));
    let verdict = verdict(r.verdict, r.verdict != Verdict::Failed && stamps.hold());
    text.push_str(&format!("ledger: {verdict}\n"));
    text
}

fn problem_text(problem: &BundleProblem) -> String {
    use BundleProblem as P;
    match problem {
        P::ManifestMissing { path } => format!("{path} is missing"),
        P::ManifestMalformed { reason } => format!("the manifest cannot be read: {reason}"),
        P::ManifestChanged => "the manifest was changed: its signature is over another text".to_owned(),
        P::UnknownKey { key } => format!("the manifest is signed by key {key}, which nothing names"),
        P::WrongKey { key } => format!("the manifest is signed by key {key}, which is none that you trust"),
        P::FileChanged { path, expected, found } => {
            format!("{path} was changed: its SHA-256 is {found}, and the manifest says {expected}")
        }
        P::FileMissing { path } => format!("{path} is missing"),
        P::FileNotInManifest { path } => format!("{path} is not in the manifest: it was added"),
        P::NotAFile { path } => format!("{path} is a link or a device"),
        P::Unreadable { path, reason } => format!("{path} cannot be read: {reason}"),
    }
}

fn warning_text(warning: &Warning) -> String {
    match warning {
        Warning::UnsignedTail { first_seq, records } => {
            format!("no head vouches for the last {records} records, from {first_seq} on")
        }
        Warning::TornTail { bytes } => {
            format!("the last {bytes} bytes are no whole record: a writer is at work, or died")
        }
        Warning::StartsLate { first_seq, linked_to_head } => {
            let link = if *linked_to_head { "; a head vouches for what it follows" } else { "" };
            format!("records before {first_seq} are not here{link}")
        }
        Warning::Recovery { seq, bytes_cut, lines_cut } => {
            format!(
                "record {seq}: a writer died; {bytes_cut} bytes, {lines_cut} whole records, were cut that it had not acknowledged"
            )
        }
        Warning::KeyLost { seq, old, new } => {
            format!("record {seq}: key {old} was lost; nothing but this record ties key {new} to it")
        }
        Warning::SaltLost { seq } => {
            format!("record {seq}: the salt of redactions was lost; digests before and after differ")
        }
        Warning::KeyNotChecked => {
            "no key was given with --key: whoever made the ledger anew would have put in a key of their own".to_owned()
        }
        Warning::UnknownKey { key, last_seq } => {
            format!("the head at record {last_seq} is by key {key}, which nothing names")
        }
    }
}
