//! Which of a store's files are in use.
//!
//! The files of a store stand in a subfolder named by a number, and the file `generation` has the number. A store that is made anew is
//! built in the next subfolder, and comes into use when `generation` is replaced, which is one step; whoever reads the old one sees it.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::error::{At, Result};

/// Number of the files in use; 1 when nothing says otherwise.
pub(crate) fn current(dir: &Path) -> Result<u64> {
    let path = dir.join("generation");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().parse().unwrap_or(1)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(1),
        Err(error) => Err(error).at("read", &path),
    }
}

/// Folder of a generation.
pub(crate) fn folder(dir: &Path, generation: u64) -> PathBuf {
    dir.join(generation.to_string())
}

/// Brings a generation into use. It is when this returns, or a crash may have left the one before.
pub(crate) fn switch(dir: &Path, generation: u64) -> Result<()> {
    let (path, new) = (dir.join("generation"), dir.join("generation.new"));
    let write = || {
        let mut file = fs::File::create(&new)?;
        writeln!(file, "{generation}")?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        fs::File::open(dir)?.sync_all()
    };
    write().at("replace", &path)
}

/// Removes every generation but the one in use.
pub(crate) fn clean(dir: &Path) -> Result<()> {
    let current = current(dir)?;
    for entry in fs::read_dir(dir).at("list", dir)? {
        let entry = entry.at("list", dir)?;
        let number = entry.file_name().to_str().and_then(|name| name.parse::<u64>().ok());
        if number.is_some_and(|n| n != current) {
            fs::remove_dir_all(entry.path()).at("remove", &entry.path())?;
        }
    }
    Ok(())
}
