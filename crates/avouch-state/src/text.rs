//! Byte strings that several threads may share.

use std::ops::Deref;
use std::sync::Arc;

/// Immutable bytes, shared on clone: a fork copies a pointer, not the environment. Empty costs nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text(Option<Arc<[u8]>>);

impl Text {
    /// Copies `bytes`.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self((!bytes.is_empty()).then(|| Arc::from(bytes)))
    }

    /// Replaces the content unless it is the same already, which spares the allocation.
    pub fn set(&mut self, bytes: &[u8]) {
        if &**self != bytes {
            *self = Self::new(bytes);
        }
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or(&[])
    }
}

/// Hashes as the slice does, so that a map keyed by texts can be asked with a slice.
impl std::hash::Hash for Text {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl std::borrow::Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes)
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self))
    }
}

/// The pieces of a NUL-separated list; a NUL at the very end adds no empty piece.
pub fn split_nul(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let list = list.strip_suffix(b"\0").unwrap_or(list);
    let pieces = list.split(|b| *b == 0);
    // An empty list has no pieces, where `split` would give one empty piece.
    pieces.take(if list.is_empty() { 0 } else { usize::MAX })
}

/// Command name and arguments in one buffer, `comm arg1 arg2`, so that `proc.name`, `proc.args` and `proc.cmdline` are
/// slices of it.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Cmdline {
    text: Text,
    comm_len: u32,
    /// Where each argument ends in `text`; the next one begins one blank later.
    ends: Option<Arc<[u32]>>,
}

impl Cmdline {
    /// Joins `comm` and the NUL-separated `args`.
    #[must_use]
    pub fn new(comm: &[u8], args: &[u8]) -> Self {
        if args.is_empty() {
            return Self { text: Text::new(comm), comm_len: len32(comm.len()), ends: None };
        }
        let mut text = Vec::with_capacity(comm.len() + args.len() + 1);
        let mut ends = Vec::with_capacity(8);
        text.extend_from_slice(comm);
        for arg in split_nul(args) {
            text.push(b' ');
            text.extend_from_slice(arg);
            ends.push(len32(text.len()));
        }
        Self { text: Text::new(&text), comm_len: len32(comm.len()), ends: Some(ends.into()) }
    }

    /// Whether it was made of these.
    #[must_use]
    pub fn is(&self, comm: &[u8], args: &[u8]) -> bool {
        self.comm() == comm && self.args().eq(split_nul(args))
    }

    /// The same arguments under another name.
    #[must_use]
    pub fn renamed(&self, comm: &[u8]) -> Self {
        let mut args = Vec::new();
        for arg in self.args() {
            args.extend_from_slice(arg);
            args.push(0);
        }
        Self::new(comm, &args)
    }

    /// `comm`, then the arguments, joined by single blanks.
    #[must_use]
    pub fn line(&self) -> &[u8] {
        &self.text
    }

    /// The kernel's task name.
    #[must_use]
    pub fn comm(&self) -> &[u8] {
        self.text.get(..self.comm_len as usize).unwrap_or(&[])
    }

    /// The arguments after argv\[0\], joined by single blanks.
    #[must_use]
    pub fn joined_args(&self) -> &[u8] {
        self.text.get(self.comm_len as usize + 1..).unwrap_or(&[])
    }

    /// How many arguments follow argv\[0\].
    #[must_use]
    pub fn arg_count(&self) -> usize {
        self.ends.as_deref().map_or(0, <[u32]>::len)
    }

    /// Argument `i` after argv\[0\].
    #[must_use]
    pub fn arg(&self, i: usize) -> Option<&[u8]> {
        let ends = self.ends.as_deref()?;
        let end = *ends.get(i)? as usize;
        let start = match i.checked_sub(1) {
            Some(before) => *ends.get(before)?,
            None => self.comm_len,
        };
        self.text.get(start as usize + 1..end)
    }

    /// All arguments after argv\[0\].
    pub fn args(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.arg_count()).filter_map(|i| self.arg(i))
    }
}

fn len32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_buffer_gives_name_arguments_and_line() {
        let c = Cmdline::new(b"ls", b"-l\0\0/tmp\0");
        assert_eq!(c.line(), b"ls -l  /tmp");
        assert_eq!((c.comm(), c.joined_args()), (&b"ls"[..], &b"-l  /tmp"[..]));
        assert_eq!(c.args().collect::<Vec<_>>(), [&b"-l"[..], b"", b"/tmp"]);
        assert_eq!(c.renamed(b"dir").line(), b"dir -l  /tmp");
        let bare = Cmdline::new(b"init", b"");
        assert_eq!((bare.line(), bare.joined_args(), bare.arg_count()), (&b"init"[..], &b""[..], 0));
    }

    #[test]
    fn final_nul_adds_no_piece() {
        assert_eq!(split_nul(b"a\0b\0").count(), 2);
        assert_eq!(split_nul(b"a\0b").count(), 2);
        assert_eq!(split_nul(b"").count(), 0);
        assert_eq!(split_nul(b"\0").count(), 0);
    }
}
