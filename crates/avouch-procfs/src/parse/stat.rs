//! `/proc/PID/stat`.

use super::bytes::{int, uint, words};

/// What the line says; fields by their names in proc(5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat<'a> {
    /// Name of the task, with whatever bytes it was given.
    pub comm: &'a [u8],
    /// One letter; `Z` is a zombie.
    pub state: u8,
    /// Process id of the parent.
    pub ppid: i64,
    /// Process group.
    pub pgrp: i64,
    /// Session.
    pub session: i64,
    /// Controlling terminal, 0 for none.
    pub tty_nr: u32,
    /// `PF_*` bits.
    pub flags: u64,
    /// Page faults without IO.
    pub minflt: u64,
    /// Page faults with IO.
    pub majflt: u64,
    /// Threads of the process.
    pub num_threads: u64,
    /// When it started, in ticks (hundredths of a second) since boot.
    pub starttime: u64,
    /// Processor it ran on last.
    pub processor: u16,
}

impl Stat<'_> {
    /// A thread of the kernel's own: no program, no descriptors.
    #[must_use]
    pub fn is_kernel(&self) -> bool {
        const PF_KTHREAD: u64 = 0x0020_0000;
        self.flags & PF_KTHREAD != 0
    }

    /// Dead, but not waited for: only its numbers are left.
    #[must_use]
    pub fn is_zombie(&self) -> bool {
        matches!(self.state, b'Z' | b'X')
    }
}

/// Reads the line; `None` when it is not one. The name may hold blanks and brackets, so its end is the last bracket.
#[must_use]
pub fn stat(line: &[u8]) -> Option<Stat<'_>> {
    let open = line.iter().position(|b| *b == b'(')?;
    let close = line.iter().rposition(|b| *b == b')')?;
    let mut out = Stat { comm: line.get(open + 1..close)?, ..Stat::default() };
    // Fields of proc(5) are counted from 1; the state is the third.
    for (word, field) in words(line.get(close + 1..)?).zip(3..) {
        match field {
            3 => out.state = *word.first()?,
            4 => out.ppid = int(word)?,
            5 => out.pgrp = int(word)?,
            6 => out.session = int(word)?,
            7 => out.tty_nr = u32::try_from(int(word)?).unwrap_or(0),
            9 => out.flags = uint(word)?,
            10 => out.minflt = uint(word)?,
            12 => out.majflt = uint(word)?,
            20 => out.num_threads = uint(word)?,
            22 => out.starttime = uint(word)?,
            39 => {
                out.processor = u16::try_from(uint(word)?).unwrap_or(0);
                return Some(out);
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &[u8] =
        b" S 1 2 3 34816 4 4194560 120 7 9 0 1 2 3 4 20 0 5 0 777 8 9 10 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0\n";

    #[test]
    fn names_may_hold_blanks_and_brackets() {
        let line = [b"7 (a) b (c) ", &b")"[..], REST].concat();
        let s = stat(&line).unwrap();
        assert_eq!((s.comm, s.state, s.ppid, s.pgrp, s.session), (&b"a) b (c) "[..], b'S', 1, 2, 3));
        assert_eq!((s.tty_nr, s.minflt, s.majflt, s.num_threads, s.starttime), (34816, 120, 9, 5, 777));
        assert_eq!((s.processor, s.is_kernel(), s.is_zombie()), (1, false, false));
    }

    #[test]
    fn half_a_line_is_none() {
        let line = [b"7 (x)", REST].concat();
        assert_eq!(stat(&line[..60]), None);
        assert_eq!(stat(b"7 )x( S 1"), None);
    }
}
