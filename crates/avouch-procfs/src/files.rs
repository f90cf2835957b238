//! Files and links below a folder's handle, read into buffers that are kept.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use rustix::buffer::spare_capacity;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, RawDir, ResolveFlags, SeekFrom, openat, openat2, readlinkat_raw, seek};
use rustix::io::{Errno, read};
use rustix::path::Arg;

use crate::parse;

/// Longest link that is read; the kernel itself gives no more than a page.
const LINK: usize = 4096;
/// First size of a file's buffer: nearly every file of /proc fits.
const FILE: usize = 8192;

/// Opens a folder below `dir`.
pub(crate) fn folder(dir: impl AsFd, path: impl Arg) -> Result<OwnedFd, Errno> {
    openat(dir, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// Opens a folder by its absolute path.
pub(crate) fn folder_at(path: impl Arg) -> Result<OwnedFd, Errno> {
    folder(CWD, path)
}

/// Opens a path of a container: links in it cannot lead out of `root`, and a pipe in place of a file does not block.
pub(crate) fn inside(root: impl AsFd, path: &CStr, flags: OFlags) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NONBLOCK;
    openat2(root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS)
}

/// Reads a file of procfs that its kernel side hands out in one piece, up to `limit` bytes. Returns whether it was cut.
pub(crate) fn whole(dir: impl AsFd, name: impl Arg, buf: &mut Vec<u8>, limit: usize) -> Result<bool, Errno> {
    buf.clear();
    let file = openat(dir, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    buf.reserve(FILE);
    loop {
        let room = buf.capacity() - buf.len();
        // A read that leaves room met the end: another one would only say so.
        if read(&file, spare_capacity(buf))? < room {
            break;
        }
        if buf.len() > limit {
            break;
        }
        buf.reserve(buf.len());
    }
    let cut = buf.len() > limit;
    buf.truncate(limit);
    Ok(cut)
}

/// Reads any file to its end, up to `limit` bytes. Returns whether it was cut.
pub(crate) fn to_end(file: impl AsFd, buf: &mut Vec<u8>, limit: usize) -> Result<bool, Errno> {
    buf.clear();
    while buf.len() <= limit {
        buf.reserve(FILE);
        if read(&file, spare_capacity(buf))? == 0 {
            break;
        }
    }
    let cut = buf.len() > limit;
    buf.truncate(limit);
    Ok(cut)
}

/// Hands out the lines of a file of any length. A line longer than the buffer is left out; how many, is returned.
pub(crate) fn each_line(file: impl AsFd, buf: &mut Vec<u8>, mut take: impl FnMut(&[u8])) -> Result<u64, Errno> {
    const BLOCK: usize = 64 << 10;
    let (mut too_long, mut skipping) = (0, false);
    buf.clear();
    buf.reserve(BLOCK);
    loop {
        let end = read(&file, spare_capacity(buf))? == 0;
        let whole = if end { buf.len() } else { buf.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1) };
        let mut block = buf.get(..whole).unwrap_or(b"");
        if skipping && whole > 0 {
            // The rest of the line that was too long.
            let rest = block.iter().position(|b| *b == b'\n').map_or(block.len(), |i| i + 1);
            block = block.get(rest..).unwrap_or(b"");
            skipping = false;
        }
        parse::lines(block).for_each(&mut take);
        if end {
            return Ok(too_long);
        }
        buf.drain(..whole);
        if buf.len() == buf.capacity() {
            too_long += u64::from(!skipping);
            skipping = true;
            buf.clear();
        }
    }
}

/// Reads a link. The buffer is empty when that fails.
pub(crate) fn link(dir: impl AsFd, name: impl Arg, buf: &mut Vec<u8>) -> Result<(), Errno> {
    buf.clear();
    buf.reserve(LINK);
    readlinkat_raw(dir, name, spare_capacity(buf)).map(|_| ())
}

/// Entries of a folder that are numbers, into `out`, at most `limit`. Returns how many were left out.
pub(crate) fn numbers(dir: impl AsFd, buf: &mut Vec<u8>, out: &mut Vec<i32>, limit: usize) -> Result<u64, Errno> {
    out.clear();
    buf.clear();
    buf.reserve(FILE);
    // A handle that is kept stands where its last listing ended.
    seek(&dir, SeekFrom::Start(0))?;
    let mut left = 0;
    let spare: &mut [MaybeUninit<u8>] = buf.spare_capacity_mut();
    let mut entries = RawDir::new(dir, spare);
    while let Some(entry) = entries.next() {
        let number = parse::uint(entry?.file_name().to_bytes()).and_then(|n| i32::try_from(n).ok());
        match number {
            Some(n) if out.len() < limit => out.push(n),
            Some(_) => left += 1,
            None => {}
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn lines_of(text: &[u8]) -> (Vec<usize>, u64) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let mut seen = Vec::new();
        let too_long = each_line(&file, &mut Vec::new(), |l| seen.push(l.len())).unwrap();
        (seen, too_long)
    }

    #[test]
    fn lines_across_blocks_are_whole_and_endless_ones_left_out() {
        let mut text = Vec::new();
        for n in 0..3000 {
            text.extend(vec![b'x'; 50 + n % 7]);
            text.push(b'\n');
        }
        let (seen, too_long) = lines_of(&text);
        assert_eq!((seen.len(), too_long), (3000, 0));
        assert!(seen.iter().enumerate().all(|(n, len)| *len == 50 + n % 7));

        let text = [&b"first\n"[..], &vec![b'y'; 200_000], b"\nlast"].concat();
        assert_eq!(lines_of(&text), (vec![5, 4], 1));
    }

    #[test]
    fn files_are_cut_at_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("f"), vec![b'z'; 20_000]).unwrap();
        let handle = folder_at(dir.path()).unwrap();
        let mut buf = Vec::new();
        assert_eq!((whole(&handle, c"f", &mut buf, 30_000), buf.len()), (Ok(false), 20_000));
        assert_eq!((whole(&handle, c"f", &mut buf, 9_000), buf.len()), (Ok(true), 9_000));
        assert_eq!(whole(&handle, c"g", &mut buf, 9_000), Err(Errno::NOENT));
    }
}
