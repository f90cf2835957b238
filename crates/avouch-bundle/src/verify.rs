//! Checks a bundle, offline and without changing it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use avouch_ledger::{Digest, MAX_LINE, PublicKey, Purpose, Report, Trust, Verdict, read_keys, verify_dir_with};
use serde::Serialize;
use serde_json::Value;

use crate::manifest::{BundleError, MANIFEST, Manifest, ManifestFile, SIGNATURE, digest, io, walk};

/// Largest manifest that is read: some 400,000 files.
const MAX_MANIFEST: u64 = 64 << 20;
/// Most problems that are listed.
const MAX_PROBLEMS: usize = 1000;

/// Result of verifying a bundle.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BundleReport {
    /// The result in a word, the ledger's included.
    pub verdict: Verdict,
    /// The maker's fields, once the manifest could be read.
    pub about: Value,
    /// Files that are as the manifest says.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Id of the key that signed the manifest.
    pub key: String,
    /// The caller gave that key, or the ledger in the bundle ties it to one that the caller gave.
    pub key_trusted: bool,
    /// What is wrong with files; at most 1,000.
    pub problems: Vec<BundleProblem>,
    /// The ledger in the bundle, when there is one.
    pub ledger: Option<Report>,
}

/// Something wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum BundleProblem {
    ManifestMissing {
        path: String,
    },
    ManifestMalformed {
        reason: String,
    },
    /// The signature is not over this text.
    ManifestChanged,
    /// Nobody knows the key.
    UnknownKey {
        key: String,
    },
    /// The key is neither given nor tied to one that is.
    WrongKey {
        key: String,
    },
    FileChanged {
        path: String,
        expected: Digest,
        found: Digest,
    },
    FileMissing {
        path: String,
    },
    FileNotInManifest {
        path: String,
    },
    /// A link or a device, which is never followed or opened.
    NotAFile {
        path: String,
    },
    Unreadable {
        path: String,
        reason: String,
    },
}

/// Verifies a bundle: the manifest's signature, every file, the ledger in `ledger/`, and that against the heads in `anchors/`
/// and those of `trust`.
///
/// # Errors
/// When the folder itself cannot be listed.
pub fn verify(dir: &Path, trust: &Trust) -> Result<BundleReport, BundleError> {
    verify_with(dir, trust, &mut |_| {})
}

/// As [`verify()`]; `see` is shown each whole line of the ledger, checked or not.
///
/// # Errors
/// As [`verify()`].
pub fn verify_with(dir: &Path, trust: &Trust, see: &mut dyn FnMut(&[u8])) -> Result<BundleReport, BundleError> {
    let mut report = BundleReport::default();
    let mut names = BTreeSet::new();
    let mut others = Vec::new();
    walk(dir, &mut names, &mut others)?;
    report.problems.extend(others.into_iter().map(|path| BundleProblem::NotAFile { path }));
    let folder = dir.join("ledger");
    if names.iter().any(|name| name.starts_with("ledger/segments/")) {
        let mut trust = trust.clone();
        trust.anchors.extend(anchors(dir, &names)?);
        report.ledger = Some(verify_dir_with(&folder, &trust, see)?);
    }
    if let Some((manifest, text)) = read_manifest(dir, &names, &mut report.problems) {
        check_signature(dir, trust, &manifest, &text, &mut report)?;
        check_files(dir, manifest, names, &mut report);
    }
    report.problems.truncate(MAX_PROBLEMS);
    let ledger = report.ledger.as_ref().map(|ledger| ledger.verdict);
    report.verdict = match ledger {
        _ if !report.problems.is_empty() => Verdict::Failed,
        Some(verdict) if verdict != Verdict::Intact => verdict,
        _ => Verdict::Intact,
    };
    Ok(report)
}

fn read_manifest(
    dir: &Path,
    names: &BTreeSet<String>,
    problems: &mut Vec<BundleProblem>,
) -> Option<(Manifest, Vec<u8>)> {
    for path in [MANIFEST, SIGNATURE] {
        if !names.contains(path) {
            problems.push(BundleProblem::ManifestMissing { path: path.to_owned() });
        }
    }
    let read = || {
        let mut text = Vec::new();
        File::open(dir.join(MANIFEST))?.take(MAX_MANIFEST + 1).read_to_end(&mut text)?;
        Ok::<_, io::Error>(text)
    };
    let text = names.contains(MANIFEST).then(read)?;
    let reason = match &text {
        Ok(text) if text.len() as u64 > MAX_MANIFEST => "it is too large".to_owned(),
        Ok(text) => match Manifest::parse(text) {
            Ok(manifest) => return Some((manifest, text.clone())),
            Err(why) => why.to_owned(),
        },
        Err(error) => error.to_string(),
    };
    problems.push(BundleProblem::ManifestMalformed { reason });
    None
}

fn check_signature(
    dir: &Path,
    trust: &Trust,
    manifest: &Manifest,
    text: &[u8],
    report: &mut BundleReport,
) -> Result<(), BundleError> {
    report.key.clone_from(&manifest.key);
    let named = report.ledger.iter().flat_map(|ledger| &ledger.keys).filter(|key| key.id == manifest.key);
    let trusted = named.clone().any(|key| key.trusted) || trust.keys.iter().any(|key| key.id() == manifest.key);
    report.key_trusted = trusted;
    let mut known: Vec<PublicKey> = trust.keys.clone();
    known.extend(named.filter_map(|key| PublicKey::from_hex(&key.public)));
    known.extend(read_keys(&dir.join("ledger"))?);
    known.extend(read_keys(dir)?);
    let Some(key) = known.iter().find(|key| key.id() == manifest.key) else {
        report.problems.push(BundleProblem::UnknownKey { key: manifest.key.clone() });
        return Ok(());
    };
    if !trusted && !trust.keys.is_empty() {
        report.problems.push(BundleProblem::WrongKey { key: manifest.key.clone() });
    }
    let signature = read_signature(dir).unwrap_or_default();
    if signature.strip_suffix('\n').is_none_or(|signature| !key.verify(Purpose::Manifest, text, signature)) {
        report.problems.push(BundleProblem::ManifestChanged);
    }
    Ok(())
}

fn read_signature(dir: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(dir.join(SIGNATURE))?.take(1024).read_to_string(&mut text)?;
    Ok(text)
}

fn check_files(dir: &Path, manifest: Manifest, mut names: BTreeSet<String>, report: &mut BundleReport) {
    names.remove(MANIFEST);
    names.remove(SIGNATURE);
    report.about = manifest.about;
    let wanted: BTreeMap<String, ManifestFile> = manifest.files.into_iter().map(|f| (f.path.clone(), f)).collect();
    for (path, file) in wanted {
        // Only names that the walk found are opened, so that no path leads out of the bundle.
        if !names.remove(&path) {
            report.problems.push(BundleProblem::FileMissing { path });
            continue;
        }
        match digest(&dir.join(&path)) {
            Ok((bytes, found)) if found == file.sha256 && bytes == file.bytes => {
                report.files += 1;
                report.bytes += bytes;
            }
            Ok((_, found)) => report.problems.push(BundleProblem::FileChanged { path, expected: file.sha256, found }),
            Err(error) => report.problems.push(BundleProblem::Unreadable { path, reason: error.to_string() }),
        }
    }
    report.problems.extend(names.into_iter().map(|path| BundleProblem::FileNotInManifest { path }));
}

/// Heads in `anchors/`: a file `*.head` or `*.jsonl` holds one a line.
fn anchors(dir: &Path, names: &BTreeSet<String>) -> Result<Vec<Vec<u8>>, BundleError> {
    let mut heads = Vec::new();
    for name in names.iter().filter(|name| name.starts_with("anchors/")) {
        if name.ends_with(".head") || name.ends_with(".jsonl") {
            let (path, mut text) = (dir.join(name), Vec::new());
            let file = File::open(&path).map_err(io("open", &path))?;
            file.take(MAX_LINE as u64).read_to_end(&mut text).map_err(io("read", &path))?;
            heads.extend(text.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec));
        }
    }
    Ok(heads)
}
