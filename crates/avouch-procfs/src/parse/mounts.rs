//! `/proc/PID/mountinfo`.

use super::bytes::{int, lines, uint};

/// One mount of a mount namespace. Paths are as the process sees them, without the file's escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    /// Number of the mount.
    pub id: i64,
    /// Number of the mount it stands on.
    pub parent: i64,
    /// Device of the file system: major, minor.
    pub dev: (u32, u32),
    /// Which folder of the file system is mounted.
    pub root: Vec<u8>,
    /// Where it is mounted.
    pub mount_point: Vec<u8>,
    /// Options of the mount, as `rw,nosuid`.
    pub options: Vec<u8>,
    /// `ext4`, `overlay` and so on.
    pub fs_type: Vec<u8>,
    /// Device or other origin.
    pub source: Vec<u8>,
    /// Options of the file system, still escaped: a comma within a value is `\054` or `\,`.
    pub super_options: Vec<u8>,
}

impl Mount {
    /// Value of an option of the file system.
    #[must_use]
    pub fn super_option(&self, name: &[u8]) -> Option<Vec<u8>> {
        let value = self.super_options.split(|b| *b == b',').find_map(|o| o.strip_prefix(name)?.strip_prefix(b"="))?;
        Some(unescaped(value))
    }

    /// What `path` of the namespace is called below this mount point; `None` when it does not lie below.
    #[must_use]
    pub fn below<'a>(&self, path: &'a [u8]) -> Option<&'a [u8]> {
        let rest = path.strip_prefix(self.mount_point.strip_suffix(b"/").unwrap_or(&self.mount_point))?;
        match rest.first() {
            None => Some(rest),
            Some(b'/') => rest.get(1..),
            Some(_) => None,
        }
    }
}

/// Reads the file. Lines that are not mounts are left out, and lines beyond `limit`; how many, is told beside.
#[must_use]
pub fn mounts(text: &[u8], limit: usize) -> (Vec<Mount>, usize) {
    let mut out = Vec::new();
    let mut left = 0;
    for line in lines(text) {
        match mount(line).filter(|_| out.len() < limit) {
            Some(mount) => out.push(mount),
            None => left += 1,
        }
    }
    (out, left)
}

fn mount(line: &[u8]) -> Option<Mount> {
    let mut f = line.split(|b| *b == b' ');
    let (id, parent) = (int(f.next()?)?, int(f.next()?)?);
    let mut dev = f.next()?.splitn(2, |b| *b == b':').map(|n| uint(n).and_then(|n| u32::try_from(n).ok()));
    let dev = (dev.next()??, dev.next()??);
    let (root, mount_point, options) = (unescaped(f.next()?), unescaped(f.next()?), f.next()?.to_vec());
    // Optional fields end with a hyphen.
    f.find(|w| *w == b"-")?;
    let (fs_type, source) = (unescaped(f.next()?), unescaped(f.next()?));
    let super_options = f.next().unwrap_or(b"").to_vec();
    Some(Mount { id, parent, dev, root, mount_point, options, fs_type, source, super_options })
}

/// The kernel writes blanks, backslashes and the like as a backslash with three octal digits.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let escaped = (*byte == b'\\').then(|| super::octal(after.get(..3)?)).flatten();
        match escaped.and_then(|n| u8::try_from(n).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = after.get(3..).unwrap_or(b"");
            }
            None => {
                out.push(*byte);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_before_and_after_the_hyphen() {
        let text = b"36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n\
            junk\n37 35 0:3 / /proc rw - proc proc rw\n";
        let (found, left) = mounts(text, 10);
        assert_eq!((found.len(), left), (2, 1));
        let m = &found[0];
        assert_eq!(
            (m.id, m.parent, m.dev, &*m.root, &*m.mount_point),
            (36, 35, (98, 0), &b"/mnt1"[..], &b"/mnt 2"[..])
        );
        assert_eq!((&*m.fs_type, &*m.source, &*m.options), (&b"ext3"[..], &b"/dev/root"[..], &b"rw,noatime"[..]));
        assert_eq!(m.super_option(b"errors"), Some(b"continue".to_vec()));
        assert_eq!(mounts(text, 1).1, 2);
    }

    #[test]
    fn what_lies_below() {
        let m = |at: &[u8]| Mount { mount_point: at.to_vec(), ..Mount::default() };
        assert_eq!(m(b"/").below(b"/bin/x"), Some(&b"bin/x"[..]));
        assert_eq!(m(b"/srv").below(b"/srv/x"), Some(&b"x"[..]));
        assert_eq!((m(b"/srv").below(b"/srvx"), m(b"/srv").below(b"/srv")), (None, Some(&b""[..])));
    }
}
