//! The few system calls that no safe binding offers.

#![expect(
    unsafe_code,
    reason = "system calls without a safe binding: init_module, bpf, and work between fork and exec"
)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use nix::mount::{MntFlags, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{chdir, pivot_root};

/// Number of the bpf command that makes a map.
pub(crate) const BPF_MAP_CREATE: i64 = 0;
/// Number of the bpf command that loads a program.
pub(crate) const BPF_PROG_LOAD: i64 = 5;

/// Makes `command` start in a mount namespace of its own, with `root` as the root and nothing else mounted.
pub(crate) fn start_in_root(command: &mut Command, root: PathBuf) {
    let enter = move || {
        unshare(CloneFlags::CLONE_NEWNS)?;
        chdir(&root)?;
        // The old root lands on top of the new one and is taken away from there.
        pivot_root(".", ".")?;
        umount2(".", MntFlags::MNT_DETACH)?;
        chdir("/")?;
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes system calls and allocates nothing.
    unsafe { command.pre_exec(enter) };
}

/// Asks the kernel to load no bytes as a module, which it always refuses.
pub(crate) fn load_empty_module() -> io::Result<()> {
    // SAFETY: the length is zero, so the kernel reads nothing of the image; the parameters are an empty text.
    answer(unsafe { libc::syscall(libc::SYS_init_module, std::ptr::null::<u8>(), 0_usize, c"".as_ptr()) })
}

/// Asks the kernel for a bpf command with nothing but zeroes, which it always refuses.
pub(crate) fn bpf(command: i64) -> io::Result<()> {
    let attributes = [0_u8; 128];
    // SAFETY: the kernel reads the array, whose length it is told.
    answer(unsafe { libc::syscall(libc::SYS_bpf, command, attributes.as_ptr(), attributes.len()) })
}

/// Makes `descriptor` another name of `file`, across exec too. What it named before is closed.
pub(crate) fn duplicate(file: BorrowedFd<'_>, descriptor: RawFd) -> io::Result<()> {
    // SAFETY: a number goes in; callers own the descriptor they name.
    answer(i64::from(unsafe { libc::dup2(file.as_raw_fd(), descriptor) }))
}

fn answer(result: i64) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
