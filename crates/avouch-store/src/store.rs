//! A store's folder.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::{At, Error, Result};
use crate::generation;
use crate::read::Reader;
use crate::record::{Applied, Record};
use crate::texts::SharedTexts;
use crate::write::Writer;

/// Settings of a store.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// KiB of pages that each open file keeps in memory, besides what is mapped.
    pub cache_kib: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_kib: 16 * 1024 }
    }
}

/// A store: one folder with a main file and period files.
///
/// One writer at a time; readers, each with connections of its own, while it writes and from other processes too.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
    options: Options,
    texts: SharedTexts,
}

pub(crate) fn main_path(dir: &Path) -> PathBuf {
    dir.join("main.db")
}

/// The right to write. The system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Drop for Lock {
    /// Closing the file is not enough: a process that is being started at this moment has it open too, until it runs its program.
    fn drop(&mut self) {
        self.0.unlock().ok();
    }
}

impl Lock {
    fn take(dir: &Path) -> Result<Self> {
        let path = dir.join("writer.lock");
        let file = File::create(&path).at("make", &path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { path: dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(source).at("lock", &path),
        }
    }
}

/// Records that a rebuild applies at a time.
const BATCH: usize = 10_000;

impl Store {
    /// Opens the store in a folder, which is made when it is not there. A store of an earlier version is upgraded; when a writer is at work
    /// that cannot be, and readers of it say so.
    ///
    /// # Errors
    /// When the folder or its main file cannot be made or opened, or is of a later version.
    pub fn open(dir: impl Into<PathBuf>, options: Options) -> Result<Self> {
        let store = Self { dir: dir.into(), options, texts: SharedTexts::default() };
        fs::create_dir_all(&store.dir).at("make the folder", &store.dir)?;
        match store.writer() {
            Ok(_) | Err(Error::Locked { .. }) => Ok(store),
            Err(error) => Err(error),
        }
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The writer.
    ///
    /// # Errors
    /// [`Error::Locked`] when there is one already, here or in another process.
    pub fn writer(&self) -> Result<Writer> {
        let lock = Lock::take(&self.dir)?;
        // What a rebuild that did not end has left.
        generation::clean(&self.dir)?;
        self.write_to(generation::current(&self.dir)?, lock)
    }

    fn write_to(&self, generation: u64, lock: Lock) -> Result<Writer> {
        let dir = generation::folder(&self.dir, generation);
        fs::create_dir_all(&dir).at("make the folder", &dir)?;
        Writer::new(&dir, lock, self.options.cache_kib.into())
    }

    /// Makes the store anew from the records of its ledgers, each from its first one on and without holes. Readers see the old content until
    /// the new one is whole. What retention had dropped comes back, as far as the ledgers still have it.
    ///
    /// # Errors
    /// When a record cannot be had or the store not be written; then the old content stays.
    pub fn rebuild(&self, records: impl IntoIterator<Item = Result<Record>>) -> Result<Applied> {
        let lock = Lock::take(&self.dir)?;
        generation::clean(&self.dir)?;
        let next = generation::current(&self.dir)? + 1;
        let mut writer = self.write_to(next, lock)?;
        let mut applied = Applied::default();
        let mut batch = Vec::with_capacity(BATCH);
        let mut records = records.into_iter();
        loop {
            batch.clear();
            for record in records.by_ref().take(BATCH) {
                batch.push(record?);
            }
            if batch.is_empty() {
                break;
            }
            let part = writer.apply(&batch)?;
            applied.new += part.new;
            applied.known += part.known;
            applied.repeated += part.repeated;
        }
        let lock = writer.close();
        generation::switch(&self.dir, next)?;
        generation::clean(&self.dir)?;
        drop(lock);
        Ok(applied)
    }

    /// A reader. It is for one thread; make as many as are needed.
    ///
    /// # Errors
    /// When the main file cannot be opened.
    pub fn reader(&self) -> Result<Reader> {
        Reader::new(&self.dir, self.options.cache_kib.into(), &self.texts)
    }
}
