//! What can be wrong with a capture, and where.

use std::fmt;
use std::io;

use thiserror::Error;

/// Something wrong with a capture, and its place.
#[derive(Debug)]
pub struct ScapError {
    /// Ordinal of the block, first is 0.
    pub block: u64,
    /// Offset of the block in the (uncompressed) capture.
    pub offset: u64,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for ScapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "capture block {} at byte {}: {}", self.block, self.offset, self.fault)
    }
}

impl std::error::Error for ScapError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Fault::Read(e) => Some(e),
            _ => None,
        }
    }
}

/// What is wrong with a capture.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The stream or its compression failed; what came before was yielded.
    #[error("failed to read")]
    Read(#[source] io::Error),
    /// The capture ends inside a block; what came before was yielded.
    #[error("capture is cut off: {missing} more bytes belong to this block")]
    Truncated {
        /// Bytes that the block says it has and the input does not.
        missing: u64,
    },
    /// The capture does not begin with a section header.
    #[error("not a capture: it does not begin with a section header")]
    NotACapture,
    /// A major version this reader does not know.
    #[error("format version {0} is newer than this reader")]
    Version(u16),
    /// A length that no block can have.
    #[error("block length {0} is impossible")]
    BlockLength(u32),
    /// A block beyond the limit for its type.
    #[error("block of {0} bytes is over the limit")]
    BlockTooLarge(u32),
    /// The length at the end of a block differs from the one at its start.
    #[error("block ends with length {trailer}, begins with {length}")]
    Trailer {
        /// At the start.
        length: u32,
        /// At the end.
        trailer: u32,
    },
    /// After the first event, a block that is neither an event nor a new section header.
    #[error("block type {0:#x} cannot follow an event")]
    Misplaced(u32),
    /// An entry of a metadata list cannot be decoded; the reader goes on behind it.
    #[error("list entry not decoded: {0}")]
    Entry(EntryFault),
    /// An event cannot be decoded; the reader goes on behind it.
    #[error("event not decoded: {0}")]
    Event(EventFault),
}

/// Why a metadata entry was not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EntryFault {
    /// Its bytes end before its last field.
    #[error("too short")]
    Short,
    /// Its own length field is shorter than itself or longer than the block.
    #[error("wrong length field")]
    Length,
    /// A kind of entry without a length field that this reader does not know: nothing behind it in the block can be found.
    #[error("unknown kind {0}")]
    Kind(u16),
}

/// Why an event was not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EventFault {
    /// Its bytes end before its header does.
    #[error("shorter than its header")]
    Short,
    /// The block is over 64 KiB (over 64 MiB for large ones).
    #[error("over the size limit")]
    TooLong,
    /// More parameters than the event's type has.
    #[error("too many parameters")]
    TooManyParams,
    /// The parameters' lengths contradict the event's.
    #[error("parameter lengths contradict the event's length")]
    Lengths,
    /// An old event with a parameter count that the conversion table does not know.
    #[error("no conversion from this number of parameters")]
    NoConversion,
    /// An old event shorter than the version that it claims to be.
    #[error("conversion needs a parameter that is missing")]
    MissingParam,
    /// Conversion did not settle.
    #[error("conversion does not end")]
    EndlessConversion,
}

impl EventFault {
    /// Every reason, in the order of [`crate::Counts::not_decoded`].
    pub const ALL: [Self; 7] = [
        Self::Short,
        Self::TooLong,
        Self::TooManyParams,
        Self::Lengths,
        Self::NoConversion,
        Self::MissingParam,
        Self::EndlessConversion,
    ];
}
