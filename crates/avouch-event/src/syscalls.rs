//! Syscall codes of the capture format (not the kernel's numbers), generated from `tables/syscalls.tsv`.

/// One syscall code.
#[derive(Debug)]
pub struct Syscall {
    /// Code as stored in generic events.
    pub code: u16,
    /// Name as rules write it.
    pub name: &'static str,
    /// No event of its own: it appears only inside the generic event.
    pub generic_only: bool,
}

include!(concat!(env!("OUT_DIR"), "/syscalls.rs"));
