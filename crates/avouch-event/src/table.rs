//! The event table: 454 numbers, their parameters and properties (falcosecurity libs event schema 4.5.1).

use crate::flags::FlagTable;

/// Number of an event in the table, `0..454`. Exit events are odd, but for a few stand-alone ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventType(pub u16);

impl EventType {
    /// How many event numbers there are.
    pub const COUNT: usize = EVENTS.len();

    /// The table row, or `None` for a number the table does not know.
    #[must_use]
    pub fn info(self) -> Option<&'static EventInfo> {
        EVENTS.get(usize::from(self.0))
    }

    /// Event name as rules write it (`openat`); `NA` for an unknown or unused number.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().map_or("NA", |i| i.name)
    }

    /// Whether `flag` is set for this event.
    #[must_use]
    pub fn has(self, flag: EventFlags) -> bool {
        self.info().is_some_and(|i| i.flags.contains(flag))
    }

    /// Whether this is the exit of a call.
    #[must_use]
    pub fn is_exit(self) -> bool {
        self.info().is_some_and(|i| i.direction == Direction::Exit)
    }
}

/// One row of the event table.
#[derive(Debug)]
pub struct EventInfo {
    /// Index of the row.
    pub number: u16,
    /// Upstream's symbol, `PPME_SYSCALL_OPEN_X`.
    pub symbol: &'static str,
    /// Enter or exit.
    pub direction: Direction,
    /// Name as rules write it.
    pub name: &'static str,
    /// Coarse class of the call.
    pub category: Category,
    /// What kind of source emits it.
    pub source: SourceCategory,
    /// Properties.
    pub flags: EventFlags,
    /// Parameters, in order.
    pub params: &'static [ParamInfo],
}

/// Enter or exit side of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Before the call, or a stand-alone event.
    Enter,
    /// After the call.
    Exit,
}

/// Coarse class of a call, as `evt.category` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are upstream's own words")]
pub enum Category {
    Unknown,
    Other,
    File,
    Net,
    Ipc,
    Memory,
    Process,
    Sleep,
    System,
    Signal,
    User,
    Time,
    IoRead,
    IoWrite,
    IoOther,
    Wait,
    Scheduler,
    Internal,
}

/// What kind of source emits an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are upstream's own words")]
pub enum SourceCategory {
    None,
    Syscall,
    Tracepoint,
    Plugin,
    Meta,
    Iter,
}

/// Set of event properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventFlags(pub u16);

impl EventFlags {
    /// The call makes a file descriptor.
    pub const CREATES_FD: Self = Self(1);
    /// The call works on a file descriptor.
    pub const USES_FD: Self = Self(1 << 1);
    /// The call closes a file descriptor.
    pub const DESTROYS_FD: Self = Self(1 << 2);
    /// The call changes process or descriptor state.
    pub const MODIFIES_STATE: Self = Self(1 << 3);
    /// The call reads from its descriptor.
    pub const READS_FROM_FD: Self = Self(1 << 4);
    /// The call writes to its descriptor.
    pub const WRITES_TO_FD: Self = Self(1 << 5);
    /// The call waits.
    pub const WAITS: Self = Self(1 << 6);
    /// The parser leaves per-thread state alone.
    pub const SKIPPARSERESET: Self = Self(1 << 7);
    /// No longer emitted; kept to read old captures.
    pub const OLD_VERSION: Self = Self(1 << 8);
    /// Old captures of it are rewritten by the conversion table.
    pub const CONVERTER_MANAGED: Self = Self(1 << 9);
    /// The number carries no event.
    pub const UNUSED: Self = Self(1 << 10);
    /// Parameter lengths take four bytes.
    pub const LARGE_PAYLOAD: Self = Self(1 << 11);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// One parameter of an event.
#[derive(Debug)]
pub struct ParamInfo {
    /// Name as in `evt.arg.<name>`.
    pub name: &'static str,
    /// Encoding.
    pub ty: ParamType,
    /// How numbers print.
    pub format: ParamFormat,
    /// Names for its values, or where its directory descriptor stands.
    pub extra: ParamExtra,
}

/// Encoding of a parameter (`spec` of the capture format, section 4.1). Integers are little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are upstream's own type names")]
pub enum ParamType {
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Flags8,
    Flags16,
    Flags32,
    Enumflags8,
    Enumflags16,
    Enumflags32,
    Sigtype,
    Sigset,
    Syscallid,
    Port,
    Uid,
    Gid,
    Mode,
    Bool,
    Fd,
    Fd32,
    Pid,
    Pid32,
    Errno,
    Reltime,
    Abstime,
    Double,
    Ipv4addr,
    Ipv6addr,
    Charbuf,
    Bytebuf,
    Fspath,
    Fsrelpath,
    Sockaddr,
    Socktuple,
    Fdlist,
    Dyn,
    Charbufarray,
    CharbufPairArray,
}

/// How a numeric parameter prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum ParamFormat {
    Na,
    Dec,
    Hex,
    Oct,
}

/// What else the table knows of a parameter.
#[derive(Clone, Copy, Debug)]
pub enum ParamExtra {
    /// Nothing.
    None,
    /// Names of its bits or values.
    Flags(&'static FlagTable),
    /// A path relative to the descriptor in that parameter.
    DirFd(u8),
    /// A variant chosen by the first byte; the name of the variant set.
    Dynamic(&'static str),
}

include!(concat!(env!("OUT_DIR"), "/events.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_index_their_own_row() {
        for (i, info) in EVENTS.iter().enumerate() {
            assert_eq!(usize::from(info.number), i);
        }
        assert_eq!(types::OPENAT_2_X.info().map(|i| (i.number, i.name)), Some((307, "openat")));
        assert_eq!(types::ASYNCEVENT_E.0, 402);
    }

    #[test]
    fn unknown_number_has_no_row() {
        assert!(EventType(454).info().is_none());
        assert_eq!(EventType(9999).name(), "NA");
    }
}
