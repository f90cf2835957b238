//! The signing key and the salt of redactions: two files that only the writer reads, mode 0600, in a folder of mode 0700.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use avouch_chain::{Digest, SecretKey};

use crate::{
    error::{LedgerError, io},
    files::{read_small, write_whole},
};

/// The folder of secrets.
#[derive(Clone, Debug)]
pub(crate) struct Secrets(pub(crate) PathBuf);

impl Secrets {
    pub(crate) fn open(dir: &Path) -> Result<Self, LedgerError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io("create", dir))?;
        Ok(Self(dir.to_owned()))
    }

    pub(crate) fn key_path(&self) -> PathBuf {
        self.0.join("signing.key")
    }

    pub(crate) fn salt_path(&self) -> PathBuf {
        self.0.join("redaction.salt")
    }

    /// A key that is to follow, until the record that says so is safe.
    fn next_path(&self) -> PathBuf {
        self.0.join("signing.key.next")
    }

    /// The signing key; when a rotation was cut short after its record was written, the new one that record names.
    pub(crate) fn key(&self, wanted: Option<&str>) -> Result<Option<SecretKey>, LedgerError> {
        if let Some(next) = read_key(&self.next_path())?
            && wanted == Some(next.public().id().as_str())
        {
            self.promote()?;
        }
        read_key(&self.key_path())
    }

    pub(crate) fn new_key(&self, next: bool) -> Result<SecretKey, LedgerError> {
        let key = SecretKey::from_seed(random()?);
        let path = if next { self.next_path() } else { self.key_path() };
        write_whole(&path, key.to_pem().as_bytes(), 0o600)?;
        Ok(key)
    }

    /// The key that was to follow is the signing key now.
    pub(crate) fn promote(&self) -> Result<(), LedgerError> {
        fs::rename(self.next_path(), self.key_path()).map_err(io("rename", &self.next_path()))?;
        crate::files::sync_dir(&self.0)
    }

    pub(crate) fn salt(&self) -> Result<Option<[u8; 32]>, LedgerError> {
        let path = self.salt_path();
        let Some(text) = absent(read_small(&path))? else { return Ok(None) };
        // The salt is written as a digest is: 64 hex digits.
        let salt = Digest::parse(text.trim_end().as_bytes());
        salt.map(|salt| Some(salt.0)).ok_or(LedgerError::BadSecret { path, what: "64 hex digits" })
    }

    pub(crate) fn new_salt(&self) -> Result<[u8; 32], LedgerError> {
        let salt = random()?;
        write_whole(&self.salt_path(), format!("{}\n", Digest(salt)).as_bytes(), 0o600)?;
        Ok(salt)
    }
}

fn read_key(path: &Path) -> Result<Option<SecretKey>, LedgerError> {
    let Some(text) = absent(read_small(path))? else { return Ok(None) };
    let key = SecretKey::from_pem(&text);
    key.map(Some).ok_or_else(|| LedgerError::BadSecret { path: path.to_owned(), what: "an Ed25519 key in PEM" })
}

/// A file that is not there is no error.
fn absent<T>(result: Result<T, LedgerError>) -> Result<Option<T>, LedgerError> {
    match result {
        Err(LedgerError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], LedgerError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(LedgerError::Random)?;
    Ok(bytes)
}
