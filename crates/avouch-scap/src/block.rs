//! Block types and their limits.

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockKind {
    Section,
    Machine,
    List(List),
    Event { v1: bool, flagged: bool, large: bool },
    Unknown,
}

/// A metadata list and its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Version 1 to 9.
    Processes(u8),
    /// Entries of version 2 carry their length.
    Fds {
        sized: bool,
    },
    Interfaces {
        sized: bool,
    },
    Users {
        sized: bool,
    },
}

pub(crate) const SECTION: u32 = 0x0A0D_0D0A;
pub(crate) const SECTION_MAGIC: u32 = 0x1A2B_3C4D;
/// A greater major version is refused.
pub(crate) const MAJOR: u16 = 1;
pub(crate) const MINOR: u16 = 2;

pub(crate) const MACHINE: u32 = 0x201;
pub(crate) const PROCESSES_V9: u32 = 0x215;
pub(crate) const FDS_V2: u32 = 0x218;
pub(crate) const INTERFACES_V2: u32 = 0x219;
pub(crate) const USERS_V2: u32 = 0x220;
pub(crate) const EVENT_V2: u32 = 0x216;
pub(crate) const EVENT_FLAGS_V2: u32 = 0x217;
pub(crate) const EVENT_LARGE_V2: u32 = 0x221;
pub(crate) const EVENT_FLAGS_LARGE_V2: u32 = 0x222;

/// Header and trailer of a block.
pub(crate) const FRAME: usize = 12;

/// The format's own limit for a plain event block's body.
pub(crate) const MAX_EVENT: usize = 65_536;
/// Ours for large event blocks; plugin events seen in the field stay under 1 MiB.
pub(crate) const MAX_LARGE_EVENT: usize = 64 << 20;
/// Ours for metadata blocks; one holds the process list of a whole machine, up to some 13 KB a process.
pub(crate) const MAX_METADATA: usize = 256 << 20;

impl BlockKind {
    pub(crate) const fn of(number: u32) -> Self {
        const fn event(v1: bool, flagged: bool, large: bool) -> BlockKind {
            BlockKind::Event { v1, flagged, large }
        }
        match number {
            EVENT_V2 => event(false, false, false),
            EVENT_FLAGS_V2 => event(false, true, false),
            EVENT_LARGE_V2 => event(false, false, true),
            EVENT_FLAGS_LARGE_V2 => event(false, true, true),
            0x204 | 0x8010_ABCD => event(true, false, false),
            0x208 => event(true, true, false),
            SECTION => Self::Section,
            MACHINE | 0x8002_ABCD => Self::Machine,
            0x202 | 0x8000_ABCD => Self::List(List::Processes(1)),
            0x207 | 0x8013_ABCD => Self::List(List::Processes(2)),
            0x209 | 0x8014_ABCD => Self::List(List::Processes(3)),
            0x210 => Self::List(List::Processes(4)),
            0x211 => Self::List(List::Processes(5)),
            0x212 => Self::List(List::Processes(6)),
            0x213 => Self::List(List::Processes(7)),
            0x214 => Self::List(List::Processes(8)),
            PROCESSES_V9 => Self::List(List::Processes(9)),
            0x203 | 0x8001_ABCD => Self::List(List::Fds { sized: false }),
            FDS_V2 => Self::List(List::Fds { sized: true }),
            0x205 | 0x8011_ABCD => Self::List(List::Interfaces { sized: false }),
            INTERFACES_V2 => Self::List(List::Interfaces { sized: true }),
            0x206 | 0x8012_ABCD => Self::List(List::Users { sized: false }),
            USERS_V2 => Self::List(List::Users { sized: true }),
            _ => Self::Unknown,
        }
    }
}
