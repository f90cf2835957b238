//! Files of the queue's folder, which only its owner reads: the folder has mode 0700, every file 0600.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::SpoolError;

/// Largest small file that is read: what was told last may hold a register of acceptances.
const MAX_SMALL: u64 = 64 << 20;

/// Facts of a run wait in two rows of segments, so that activity can go first when there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// Commands, connections, changes of files.
    Activity,
    /// Everything else.
    Facts,
}

impl Lane {
    pub(super) const ALL: [Self; 2] = [Self::Activity, Self::Facts];

    pub(super) fn of(kind: &str) -> Self {
        if matches!(kind, "command" | "connection" | "file") { Self::Activity } else { Self::Facts }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Facts => "facts",
        }
    }
}

/// Which segment a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// Runs are sent in this order.
    pub(super) run: u64,
    pub(super) lane: Lane,
    pub(super) number: u64,
}

impl Name {
    /// Its file.
    pub(super) fn path(self, dir: &Path) -> PathBuf {
        dir.join(format!("{:08}-{}-{:08}.seg", self.run, self.lane.name(), self.number))
    }

    /// Its file once it was dropped, until a fact that says so is safe.
    pub(super) fn dropped(self, dir: &Path) -> PathBuf {
        self.path(dir).with_added_extension("dropped")
    }

    fn parse(name: &str) -> Option<(Self, bool)> {
        let (stem, dropped) = match name.strip_suffix(".seg.dropped") {
            Some(stem) => (stem, true),
            None => (name.strip_suffix(".seg")?, false),
        };
        let mut parts = stem.split('-');
        let run = parts.next()?.parse().ok()?;
        let lane = parts.next()?;
        let lane = Lane::ALL.into_iter().find(|l| l.name() == lane)?;
        let number = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some((Self { run, lane, number }, dropped))
    }
}

pub(super) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    let path = path.to_owned();
    move |source| SpoolError::Io { what, path, source }
}

/// Makes the folder, when it is not there.
pub(crate) fn make_folder(dir: &Path) -> Result<(), SpoolError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed("make the folder", dir))
}

/// Makes the folder and holds it for this process, as long as the file lives.
pub(super) fn lock(dir: &Path) -> Result<File, SpoolError> {
    make_folder(dir)?;
    let path = dir.join("lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = open.map_err(failed("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SpoolError::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
    }
}

/// Segments that are there, in the order in which they are sent, and those that were dropped.
pub(super) fn list(dir: &Path) -> Result<(Vec<Name>, Vec<Name>), SpoolError> {
    let (mut waiting, mut gone) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(dir).map_err(failed("list", dir))? {
        let name = entry.map_err(failed("list", dir))?.file_name();
        match name.to_str().and_then(Name::parse) {
            Some((name, false)) => waiting.push(name),
            Some((name, true)) => gone.push(name),
            None => {}
        }
    }
    waiting.sort_unstable();
    gone.sort_unstable();
    Ok((waiting, gone))
}

/// A new segment.
pub(super) fn create(path: &Path) -> Result<File, SpoolError> {
    OpenOptions::new().create_new(true).append(true).mode(0o600).open(path).map_err(failed("create", path))
}

/// Makes names in a folder survive a loss of power.
pub(super) fn sync_dir(dir: &Path) -> Result<(), SpoolError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed("sync", dir))
}

/// A small file; `None` when it is not there.
pub(super) fn read_small(path: &Path) -> Result<Option<Vec<u8>>, SpoolError> {
    read_bounded(path, MAX_SMALL)
}

/// The same, of at most so many bytes.
pub(crate) fn read_bounded(path: &Path, most: u64) -> Result<Option<Vec<u8>>, SpoolError> {
    let mut out = Vec::new();
    match File::open(path).and_then(|file| file.take(most).read_to_end(&mut out)) {
        Ok(_) => Ok(Some(out)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// Replaces a small file. `safe`: also against a loss of power.
pub(crate) fn write_small(path: &Path, bytes: &[u8], safe: bool) -> Result<(), SpoolError> {
    let draft = path.with_added_extension("new");
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        if safe {
            file.sync_all()?;
        }
        fs::rename(&draft, path)
    };
    write().map_err(failed("write", path))?;
    if safe { sync_dir(path.parent().unwrap_or(Path::new("."))) } else { Ok(()) }
}

/// The salt of this queue's redactions, made when there is none. It is not the server's: texts that are replaced here cannot be
/// compared with those of another machine.
pub(super) fn salt(dir: &Path) -> Result<[u8; 32], SpoolError> {
    let path = dir.join("redaction.salt");
    if let Some(bytes) = read_small(&path)?
        && let Ok(salt) = <[u8; 32]>::try_from(bytes)
    {
        return Ok(salt);
    }
    // One that was torn is made anew: nothing but the sameness of digests hangs on it.
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).map_err(SpoolError::Random)?;
    write_small(&path, &salt, true)?;
    Ok(salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let dir = Path::new("d");
        for lane in Lane::ALL {
            let name = Name { run: 7, lane, number: 123_456_789 };
            let text = |path: PathBuf| path.file_name().and_then(|n| n.to_str()).map(str::to_owned).expect("a name");
            assert_eq!(Name::parse(&text(name.path(dir))), Some((name, false)));
            assert_eq!(Name::parse(&text(name.dropped(dir))), Some((name, true)));
        }
        for other in
            ["lock", "acked", "00000001-facts.seg", "00000001-facts-00000001-1.seg", "1-other-1.seg", "a-facts-1.seg"]
        {
            assert_eq!(Name::parse(other), None, "{other}");
        }
    }
}
