//! From the bytes of one file of /proc to what they say. Nothing here does IO, and any bytes are taken.

mod bytes;
mod cgroup;
mod limits;
mod mounts;
mod sockets;
mod stat;
mod status;
mod users;

pub use cgroup::cgroups;
pub use limits::open_files;
pub use mounts::{Mount, mounts};
pub use sockets::{InetRow, UnixRow, inet_row, netlink_inode, unix_row};
pub use stat::{Stat, stat};
pub use status::{Status, status};
pub use users::{group, user};

pub(crate) use bytes::{lines, octal, uint, words};

/// Argument 0, and the others with a NUL behind each.
#[must_use]
pub fn argv(cmdline: &[u8]) -> (&[u8], &[u8]) {
    let end = cmdline.iter().position(|b| *b == 0).unwrap_or(cmdline.len());
    (cmdline.get(..end).unwrap_or(b""), cmdline.get(end + 1..).unwrap_or(b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argv_splits_after_the_first() {
        assert_eq!(argv(b"cat\0/etc/x\0"), (&b"cat"[..], &b"/etc/x\0"[..]));
        assert_eq!(argv(b"title without end"), (&b"title without end"[..], &b""[..]));
        assert_eq!(argv(b""), (&b""[..], &b""[..]));
    }
}
