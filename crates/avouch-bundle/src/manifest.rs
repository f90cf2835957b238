//! The manifest: every file by path, size and digest; and how it is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use avouch_ledger::{Digest, Ledger, LedgerError, Purpose, SecretKey, canonical};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNATURE: &str = "manifest.sig";

/// What `manifest.json` holds, as canonical JSON; a bundle of the same files and fields has the same manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The maker's own fields: query, period, counts, digests.
    pub about: Value,
    /// Every other file, by path.
    pub files: Vec<ManifestFile>,
    /// Id of the key that signed.
    pub key: String,
    /// 1.
    pub v: u64,
}

/// One file of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Size.
    pub bytes: u64,
    /// From the bundle's folder, with `/`.
    pub path: String,
    /// Digest of the content.
    pub sha256: Digest,
}

impl Manifest {
    /// Reads a manifest; only the canonical form is taken, with paths in order, each once.
    ///
    /// # Errors
    /// Why it is not one.
    pub fn parse(text: &[u8]) -> Result<Self, &'static str> {
        let manifest: Self = serde_json::from_slice(text).map_err(|_| "it is not a manifest")?;
        if manifest.v != 1 || canonical(&manifest) != text {
            return Err("it is not in canonical form");
        }
        if !manifest.files.is_sorted_by(|a, b| a.path < b.path) {
            return Err("its files are not in order");
        }
        Ok(manifest)
    }
}

/// Why a bundle cannot be made or verified.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum BundleError {
    #[error("failed to {what} `{}`", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("`{}` is a link, a device, or has no UTF-8 name, and cannot be in a bundle", path.display())]
    NotAFile { path: PathBuf },
    #[error("failed to read the ledger of the bundle")]
    Ledger(#[from] LedgerError),
}

pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BundleError {
    let path = path.to_owned();
    move |source| BundleError::Io { what, path, source }
}

/// The key that signs the ledger in `ledger`, for whoever may read its secret while another process writes it.
///
/// # Errors
/// When its file cannot be read or holds no key.
pub fn signing_key(ledger: &Path) -> Result<SecretKey, BundleError> {
    let path = ledger.join("secret").join("signing.key");
    let text = fs::read_to_string(&path).map_err(io("read", &path))?;
    let none = || io::Error::new(io::ErrorKind::InvalidData, "it holds no key");
    SecretKey::from_pem(&text).ok_or_else(none).map_err(io("read", &path))
}

/// As [`write_manifest_with`], signed by the key of a ledger that this process writes.
///
/// # Errors
/// As [`write_manifest_with`].
pub fn write_manifest(dir: &Path, about: Value, ledger: &Ledger) -> Result<Manifest, BundleError> {
    write(dir, about, &BTreeMap::new(), ledger.public_key().id(), &|text| ledger.sign_manifest(text))
}

/// Writes `manifest.json` and `manifest.sig` for all files under `dir`. `known` has digests of files, by their paths from there, that were
/// hashed while they were written; the others are read. `key` signs it.
///
/// # Errors
/// When a file cannot be read or written, is no regular file, or has a name that is not UTF-8.
pub fn write_manifest_with(
    dir: &Path,
    about: Value,
    known: &BTreeMap<String, Digest>,
    key: &SecretKey,
) -> Result<Manifest, BundleError> {
    write(dir, about, known, key.public().id(), &|text| key.sign(Purpose::Manifest, text))
}

fn write(
    dir: &Path,
    about: Value,
    known: &BTreeMap<String, Digest>,
    key: String,
    sign: &dyn Fn(&[u8]) -> String,
) -> Result<Manifest, BundleError> {
    let mut names = BTreeSet::new();
    let mut others = Vec::new();
    walk(dir, &mut names, &mut others)?;
    if let Some(path) = others.pop() {
        return Err(BundleError::NotAFile { path: dir.join(path) });
    }
    let mut list = Vec::new();
    for path in names.into_iter().filter(|path| path != MANIFEST && path != SIGNATURE) {
        let file = dir.join(&path);
        let found = match known.get(&path) {
            Some(sha256) => fs::metadata(&file).map(|m| (m.len(), *sha256)),
            None => digest(&file),
        };
        let (bytes, sha256) = found.map_err(io("read", &file))?;
        list.push(ManifestFile { bytes, path, sha256 });
    }
    let manifest = Manifest { about, files: list, key, v: 1 };
    let text = canonical(&manifest);
    for (name, bytes) in [(MANIFEST, text.clone()), (SIGNATURE, format!("{}\n", sign(&text)).into_bytes())] {
        let path = dir.join(name);
        fs::write(&path, bytes).map_err(io("write", &path))?;
    }
    Ok(manifest)
}

/// Names of the regular files under `dir`, from there, with `/`; what is none of them goes to `others`.
pub(crate) fn walk(dir: &Path, names: &mut BTreeSet<String>, others: &mut Vec<String>) -> Result<(), BundleError> {
    let mut folders: Vec<PathBuf> = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let path = dir.join(&folder);
        for entry in fs::read_dir(&path).map_err(io("list", &path))? {
            let entry = entry.map_err(io("list", &path))?;
            let kind = entry.file_type().map_err(io("look at", &entry.path()))?;
            let below = folder.join(entry.file_name());
            match below.to_str() {
                Some(_) if kind.is_dir() => folders.push(below),
                Some(name) if kind.is_file() => drop(names.insert(name.to_owned())),
                _ => others.push(below.display().to_string()),
            }
        }
    }
    Ok(())
}

/// Size and digest of a file.
pub(crate) fn digest(path: &Path) -> io::Result<(u64, Digest)> {
    let (mut file, mut hasher, mut buffer, mut bytes) = (File::open(path)?, Sha256::new(), vec![0; 256 * 1024], 0);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, Digest(hasher.finalize().into()))),
            n => {
                hasher.update(&buffer[..n]);
                bytes += n as u64;
            }
        }
    }
}
