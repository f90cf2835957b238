//! From the kernel's constants to the numbers that captures use for the same names.

use std::sync::OnceLock;

use avouch_event::flags::FlagTable;

/// Kernel constants, and the names that a table of the capture format knows them by; numbers are looked up once.
#[derive(Debug)]
struct Names {
    table: &'static str,
    names: &'static [(u64, &'static str)],
    resolved: OnceLock<Vec<(u64, u64)>>,
}

impl Names {
    const fn new(table: &'static str, names: &'static [(u64, &'static str)]) -> Self {
        Self { table, names, resolved: OnceLock::new() }
    }

    fn resolved(&self) -> &[(u64, u64)] {
        self.resolved.get_or_init(|| {
            let table = FlagTable::by_name(self.table);
            let resolve = |name: &str| table.and_then(|t| t.value(name)).unwrap_or(0);
            self.names.iter().map(|(kernel, name)| (*kernel, resolve(name))).collect()
        })
    }

    /// Bits of which several may be set.
    fn bits(&self, value: u64) -> u32 {
        let out = self.resolved().iter().filter(|(bit, _)| value & bit == *bit).fold(0, |out, (_, ours)| out | ours);
        u32::try_from(out).unwrap_or(0)
    }

    /// One of several values; 0 when the capture has none for it.
    fn one(&self, value: u64) -> u64 {
        self.resolved().iter().find(|(kernel, _)| *kernel == value).map_or(0, |(_, ours)| *ours)
    }
}

/// `open` flags, with the access mode, which is a number inside of them.
pub(crate) fn open(value: u64) -> u32 {
    u32::try_from(ACCESS.one(value & 3)).unwrap_or(0) | FILE.bits(value)
}

/// Flags of calls that make descriptors (`dup3`, `pipe2`, `socket`): no access mode.
pub(crate) fn file_bits(value: u64) -> u32 {
    FILE.bits(value)
}

/// `clone`, `unshare` and `setns` flags.
pub(crate) fn clone(value: u64) -> u32 {
    CLONE.bits(value)
}

/// `epoll_create1` flags.
pub(crate) fn epoll_create(value: u64) -> u32 {
    EPOLL_CREATE.bits(value)
}

/// `openat2` resolution flags.
pub(crate) fn resolve(value: u64) -> u32 {
    RESOLVE.bits(value)
}

/// `fchownat` flags.
pub(crate) fn fchownat(value: u64) -> u32 {
    FCHOWNAT.bits(value)
}

/// Memory protection.
pub(crate) fn prot(value: u64) -> u32 {
    PROT.bits(value)
}

/// `mmap` flags.
pub(crate) fn mmap(value: u64) -> u32 {
    MMAP.bits(value)
}

/// `fcntl` commands.
pub(crate) fn fcntl(value: u64) -> u64 {
    FCNTL.one(value)
}

/// `ptrace` requests.
pub(crate) fn ptrace(value: u64) -> u64 {
    PTRACE.one(value)
}

/// The few flags of `open` that differ by processor (`fcntl.h` of the kernel's `arch` folders).
#[cfg(target_arch = "x86_64")]
mod arch {
    pub(super) const DIRECT: u64 = 0o40_000;
    pub(super) const LARGEFILE: u64 = 0o100_000;
    pub(super) const DIRECTORY: u64 = 0o200_000;
}

/// The few flags of `open` that differ by processor.
#[cfg(target_arch = "aarch64")]
mod arch {
    pub(super) const DIRECTORY: u64 = 0o40_000;
    pub(super) const DIRECT: u64 = 0o200_000;
    pub(super) const LARGEFILE: u64 = 0o400_000;
}

static ACCESS: Names = Names::new("file_flags", &[(0, "O_RDONLY"), (1, "O_WRONLY"), (2, "O_RDWR")]);

static FILE: Names = Names::new(
    "file_flags",
    &[
        (0o100, "O_CREAT"),
        (0o200, "O_EXCL"),
        (0o1000, "O_TRUNC"),
        (0o2000, "O_APPEND"),
        (0o4000, "O_NONBLOCK"),
        (0o10000, "O_DSYNC"),
        (0o4_010_000, "O_SYNC"),
        (arch::DIRECT, "O_DIRECT"),
        (arch::LARGEFILE, "O_LARGEFILE"),
        (arch::DIRECTORY, "O_DIRECTORY"),
        (0o2_000_000, "O_CLOEXEC"),
        (0o20_000_000 | arch::DIRECTORY, "O_TMPFILE"),
    ],
);

static CLONE: Names = Names::new(
    "clone_flags",
    &[
        (0x100, "CLONE_VM"),
        (0x200, "CLONE_FS"),
        (0x400, "CLONE_FILES"),
        (0x800, "CLONE_SIGHAND"),
        (0x2000, "CLONE_PTRACE"),
        (0x4000, "CLONE_VFORK"),
        (0x8000, "CLONE_PARENT"),
        (0x1_0000, "CLONE_THREAD"),
        (0x2_0000, "CLONE_NEWNS"),
        (0x4_0000, "CLONE_SYSVSEM"),
        (0x8_0000, "CLONE_SETTLS"),
        (0x10_0000, "CLONE_PARENT_SETTID"),
        (0x20_0000, "CLONE_CHILD_CLEARTID"),
        (0x80_0000, "CLONE_UNTRACED"),
        (0x100_0000, "CLONE_CHILD_SETTID"),
        (0x200_0000, "CLONE_NEWCGROUP"),
        (0x400_0000, "CLONE_NEWUTS"),
        (0x800_0000, "CLONE_NEWIPC"),
        (0x1000_0000, "CLONE_NEWUSER"),
        (0x2000_0000, "CLONE_NEWPID"),
        (0x4000_0000, "CLONE_NEWNET"),
        (0x8000_0000, "CLONE_IO"),
    ],
);

static EPOLL_CREATE: Names = Names::new("epoll_create1_flags", &[(0o2_000_000, "EPOLL_CLOEXEC")]);

static RESOLVE: Names = Names::new(
    "openat2_flags",
    &[
        (0x1, "RESOLVE_NO_XDEV"),
        (0x2, "RESOLVE_NO_MAGICLINKS"),
        (0x4, "RESOLVE_NO_SYMLINKS"),
        (0x8, "RESOLVE_BENEATH"),
        (0x10, "RESOLVE_IN_ROOT"),
        (0x20, "RESOLVE_CACHED"),
    ],
);

static FCHOWNAT: Names = Names::new("fchownat_flags", &[(0x100, "AT_SYMLINK_NOFOLLOW"), (0x1000, "AT_EMPTY_PATH")]);

static FCNTL: Names = Names::new(
    "fcntl_commands",
    &[
        (0, "F_DUPFD"),
        (1, "F_GETFD"),
        (2, "F_SETFD"),
        (3, "F_GETFL"),
        (4, "F_SETFL"),
        (5, "F_GETLK"),
        (6, "F_SETLK"),
        (7, "F_SETLKW"),
        (8, "F_SETOWN"),
        (9, "F_GETOWN"),
        (10, "F_SETSIG"),
        (11, "F_GETSIG"),
        (15, "F_SETOWN_EX"),
        (16, "F_GETOWN_EX"),
        (36, "F_OFD_GETLK"),
        (37, "F_OFD_SETLK"),
        (38, "F_OFD_SETLKW"),
        (1024, "F_SETLEASE"),
        (1025, "F_GETLEASE"),
        (1026, "F_NOTIFY"),
        (1029, "F_CANCELLK"),
        (1030, "F_DUPFD_CLOEXEC"),
        (1031, "F_SETPIPE_SZ"),
        (1032, "F_GETPIPE_SZ"),
    ],
);

static PTRACE: Names = Names::new(
    "ptrace_requests",
    &[
        (0, "PTRACE_TRACEME"),
        (1, "PTRACE_PEEKTEXT"),
        (2, "PTRACE_PEEKDATA"),
        (3, "PTRACE_PEEKUSR"),
        (4, "PTRACE_POKETEXT"),
        (5, "PTRACE_POKEDATA"),
        (6, "PTRACE_POKEUSR"),
        (7, "PTRACE_CONT"),
        (8, "PTRACE_KILL"),
        (9, "PTRACE_SINGLESTEP"),
        (12, "PTRACE_GETREGS"),
        (13, "PTRACE_SETREGS"),
        (16, "PTRACE_ATTACH"),
        (17, "PTRACE_DETACH"),
        (24, "PTRACE_SYSCALL"),
        (0x4200, "PTRACE_SETOPTIONS"),
        (0x4201, "PTRACE_GETEVENTMSG"),
        (0x4202, "PTRACE_GETSIGINFO"),
        (0x4203, "PTRACE_SETSIGINFO"),
        (0x4204, "PTRACE_GETREGSET"),
        (0x4205, "PTRACE_SETREGSET"),
        (0x4206, "PTRACE_SEIZE"),
        (0x4207, "PTRACE_INTERRUPT"),
        (0x4208, "PTRACE_LISTEN"),
    ],
);

static PROT: Names = Names::new(
    "prot_flags",
    &[
        (0x1, "PROT_READ"),
        (0x2, "PROT_WRITE"),
        (0x4, "PROT_EXEC"),
        (0x8, "PROT_SEM"),
        (0x100_0000, "PROT_GROWSDOWN"),
        (0x200_0000, "PROT_GROWSUP"),
    ],
);

static MMAP: Names = Names::new(
    "mmap_flags",
    &[
        (0x1, "MAP_SHARED"),
        (0x2, "MAP_PRIVATE"),
        (0x10, "MAP_FIXED"),
        (0x20, "MAP_ANONYMOUS"),
        (0x40, "MAP_32BIT"),
        (0x100, "MAP_GROWSDOWN"),
        (0x800, "MAP_DENYWRITE"),
        (0x1000, "MAP_EXECUTABLE"),
        (0x2000, "MAP_LOCKED"),
        (0x4000, "MAP_NORESERVE"),
        (0x8000, "MAP_POPULATE"),
        (0x1_0000, "MAP_NONBLOCK"),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_only_is_a_bit_in_captures() {
        assert_eq!(open(0), 0x1);
        assert_eq!(open(0o2_000_102), 0x3 | 0x4 | 0x1000);
        assert_eq!(file_bits(0o2_000_000), 0x1000);
    }

    #[test]
    fn every_name_is_in_its_table() {
        for names in [&ACCESS, &FILE, &CLONE, &EPOLL_CREATE, &RESOLVE, &FCHOWNAT, &FCNTL, &PTRACE, &PROT, &MMAP] {
            let table = FlagTable::by_name(names.table).unwrap();
            for (_, name) in names.names {
                assert!(table.value(name).is_some(), "{name}");
            }
        }
    }
}
