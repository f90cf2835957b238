//! Writes finished slices beside the run, so that a slow disk does not stop the stream.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// A thread that writes files. What it cannot take or write is counted.
pub(crate) struct SliceDisk {
    queue: Option<SyncSender<(String, Vec<u8>)>>,
    thread: Option<JoinHandle<()>>,
    done: Arc<[AtomicU64; 2]>,
}

impl SliceDisk {
    /// Makes the folder and starts the thread; twice `queue` files may wait.
    pub(crate) fn start(dir: &Path, queue: usize) -> io::Result<Self> {
        private_dir(dir)?;
        let done: Arc<[AtomicU64; 2]> = Arc::default();
        let (sender, receiver) = sync_channel(2 * queue.max(1));
        let thread = {
            let (dir, done) = (dir.to_owned(), Arc::clone(&done));
            std::thread::Builder::new().name("slices".to_owned()).spawn(move || work(&dir, &receiver, &done))?
        };
        Ok(Self { queue: Some(sender), thread: Some(thread), done })
    }

    /// Hands over a file.
    pub(crate) fn write(&self, name: String, bytes: Vec<u8>) {
        let taken = self.queue.as_ref().is_some_and(|q| q.try_send((name, bytes)).is_ok());
        if !taken {
            failed(&self.done).fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Files written, and files that were not.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (written(&self.done).load(Ordering::Relaxed), failed(&self.done).load(Ordering::Relaxed))
    }

    /// Waits until all is written.
    pub(crate) fn finish(&mut self) {
        self.queue = None;
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            failed(&self.done).fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn written(done: &[AtomicU64; 2]) -> &AtomicU64 {
    &done[0]
}

fn failed(done: &[AtomicU64; 2]) -> &AtomicU64 {
    &done[1]
}

fn work(dir: &Path, files: &Receiver<(String, Vec<u8>)>, done: &[AtomicU64; 2]) {
    for (name, bytes) in files {
        let result = write_file(&dir.join(name), &bytes);
        let count = if result.is_ok() { written(done) } else { failed(done) };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Under another name first: whoever lists the folder sees whole files only.
fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = PathBuf::from(format!("{}.part", path.display()));
    // Command lines, environments and data of all processes are in it.
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, path)
}

/// Makes a folder that only its owner can look into; one that is there is left as it is.
pub(crate) fn private_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}
