//! Writes the newest format: section 1.2, process lists of version 9, the others of version 2.

mod encode;

use std::io::{self, BufWriter, Write};

use avouch_event::{Event, Item, MachineInfo};
use flate2::Compression;
use flate2::write::GzEncoder;
use thiserror::Error;

use self::encode::Encoder;
use crate::block::{
    EVENT_FLAGS_LARGE_V2, EVENT_FLAGS_V2, EVENT_LARGE_V2, EVENT_V2, FDS_V2, FRAME, INTERFACES_V2, MACHINE, MAJOR,
    MAX_EVENT, MAX_LARGE_EVENT, MINOR, PROCESSES_V9, SECTION, SECTION_MAGIC, USERS_V2,
};
use crate::convert::{Table, is_snapshot};
use crate::event::{MAX_PARAMS, STATE_ONLY};
use crate::lists::machine::HOSTNAME;

/// A list block is closed at this size and another begun.
const LIST_BLOCK: usize = 32 << 20;

/// Why an item was not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The output failed.
    #[error("failed to write capture")]
    Io(#[from] io::Error),
    /// Text or bytes beyond what the format's length fields can say.
    #[error("{what} of {len} bytes is too long for a capture")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its length.
        len: usize,
    },
    /// An event number that the event table does not have.
    #[error("event number {0} is unknown")]
    UnknownEvent(u16),
    /// More parameters than the event's type has, or than any may have.
    #[error("event number {number} with {params} parameters")]
    TooManyParams {
        /// The event's number.
        number: u16,
        /// Its parameters.
        params: usize,
    },
    /// A user or group of a container: the format has only those of the machine; containers' are told by events.
    #[error("users of containers have no place in a capture's lists")]
    ContainerUser,
    /// Metadata after the first event: readers take it for the start of another capture.
    #[error("metadata after the first event")]
    Misplaced,
}

enum Sink<W: Write> {
    Plain(BufWriter<W>),
    Gzip(Box<GzEncoder<BufWriter<W>>>),
}

impl<W: Write> Sink<W> {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(w) => w.write_all(bytes),
            Self::Gzip(w) => w.write_all(bytes),
        }
    }
}

/// Writes a capture item by item; what it wrote reads back as the same items.
///
/// Entries of one list that come one after the other share a block. Nothing is complete before [`Self::finish`].
pub struct Writer<W: Write> {
    sink: Sink<W>,
    begun: bool,
    events: bool,
    /// No event yet but those that belong to the snapshot.
    leading: bool,
    /// List block in hand: its number, its thread when it is a descriptor list, and its body.
    list: Option<(u32, i64)>,
    body: Encoder,
    event: Encoder,
    table: &'static Table,
}

impl<W: Write> Writer<W> {
    /// Writes plain.
    pub fn new(inner: W) -> Self {
        Self::with(Sink::Plain(BufWriter::with_capacity(64 << 10, inner)))
    }

    /// Writes compressed.
    pub fn gzip(inner: W) -> Self {
        let buffered = BufWriter::with_capacity(64 << 10, inner);
        Self::with(Sink::Gzip(Box::new(GzEncoder::new(buffered, Compression::default()))))
    }

    fn with(sink: Sink<W>) -> Self {
        let table = Table::current();
        Self {
            sink,
            begun: false,
            events: false,
            leading: true,
            list: None,
            body: Encoder::default(),
            event: Encoder::default(),
            table,
        }
    }

    /// Writes one item. [`Item::Reset`] begins another capture behind this one.
    ///
    /// # Errors
    /// When the output fails, or the format has no place for the item; then nothing of the item is written.
    pub fn write(&mut self, item: &Item<'_>) -> Result<(), WriteError> {
        if !self.begun {
            self.section()?;
            if matches!(item, Item::Reset) {
                return Ok(());
            }
        }
        if self.events && !matches!(item, Item::Event(_) | Item::Reset | Item::SnapshotEnd) {
            return Err(WriteError::Misplaced);
        }
        match item {
            Item::Reset => {
                self.close_list()?;
                self.section()?;
                (self.events, self.leading) = (false, true);
                Ok(())
            }
            Item::SnapshotEnd => self.close_list(),
            Item::Machine(m) => {
                self.close_list()?;
                self.machine(m)
            }
            Item::Process(p) => self.entry(PROCESSES_V9, 0, |e| e.process(p)),
            Item::Fd(tid, fd) => self.entry(FDS_V2, *tid, |e| e.fd(fd)),
            Item::Interface(i) => self.entry(INTERFACES_V2, 0, |e| e.interface(i)),
            Item::User(u) if !u.container_id.is_empty() => Err(WriteError::ContainerUser),
            Item::Group(g) if !g.container_id.is_empty() => Err(WriteError::ContainerUser),
            Item::User(u) => self.entry(USERS_V2, 0, |e| e.user(u)),
            Item::Group(g) => self.entry(USERS_V2, 0, |e| e.group(g)),
            Item::Event(event) => {
                self.close_list()?;
                self.events = true;
                self.event(event)
            }
        }
    }

    /// The output, which what was written last may not have reached.
    pub fn get_ref(&self) -> &W {
        match &self.sink {
            Sink::Plain(w) => w.get_ref(),
            Sink::Gzip(w) => w.get_ref().get_ref(),
        }
    }

    /// Completes the capture and gives the output back.
    ///
    /// # Errors
    /// When the output fails.
    pub fn finish(mut self) -> Result<W, WriteError> {
        if !self.begun {
            self.section()?;
        }
        self.close_list()?;
        let buffered = match self.sink {
            Sink::Plain(w) => w,
            Sink::Gzip(w) => w.finish()?,
        };
        buffered.into_inner().map_err(|e| WriteError::Io(e.into_error()))
    }

    fn section(&mut self) -> Result<(), WriteError> {
        self.begun = true;
        let mut e = Encoder::default();
        e.u32(SECTION_MAGIC);
        e.u16(MAJOR);
        e.u16(MINOR);
        // The length of the section is not known beforehand; all ones says so.
        e.u64(u64::MAX);
        self.block(SECTION, &e.bytes)
    }

    fn machine(&mut self, m: &MachineInfo<'_>) -> Result<(), WriteError> {
        if m.hostname.len() > HOSTNAME {
            return Err(WriteError::TooLong { what: "host name", len: m.hostname.len() });
        }
        let mut e = Encoder::default();
        e.u32(m.cpus);
        e.u64(m.memory_bytes);
        e.u64(m.max_pid);
        e.bytes.extend_from_slice(m.hostname);
        e.bytes.resize(e.bytes.len() + HOSTNAME - m.hostname.len(), 0);
        e.u64(m.boot_time);
        // Flags and two reserved numbers.
        e.bytes.extend_from_slice(&[0; 24]);
        self.block(MACHINE, &e.bytes)
    }

    /// Appends an entry to the list in hand, or begins a list with it.
    fn entry(
        &mut self,
        number: u32,
        tid: i64,
        encode: impl FnOnce(&mut Encoder) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        if self.list != Some((number, tid)) || self.body.bytes.len() > LIST_BLOCK {
            self.close_list()?;
            self.list = Some((number, tid));
            if number == FDS_V2 {
                self.body.i64(tid);
            }
        }
        let before = self.body.bytes.len();
        let result = encode(&mut self.body);
        if result.is_err() {
            self.body.bytes.truncate(before);
        }
        result
    }

    fn close_list(&mut self) -> Result<(), WriteError> {
        let Some((number, _)) = self.list.take() else { return Ok(()) };
        let mut body = std::mem::take(&mut self.body);
        let result = self.block(number, &body.bytes);
        body.bytes.clear();
        self.body = body;
        result
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), WriteError> {
        let number = event.ty.0;
        let row = *self.table.row(number).ok_or(WriteError::UnknownEvent(number))?;
        let count = event.params.len();
        if count > MAX_PARAMS || (number % 2 == 1 && count > usize::from(row.nparams)) {
            return Err(WriteError::TooManyParams { number, params: count });
        }
        // Readers hide these without a mark.
        let leading = self.leading && is_snapshot(event.ty);
        let flagged = event.hidden && !row.hidden && !leading;
        let mut e = std::mem::take(&mut self.event);
        e.bytes.clear();
        e.u16(event.cpu);
        if flagged {
            e.u32(STATE_ONLY);
        }
        let start = e.bytes.len();
        e.u64(event.timestamp);
        e.i64(event.tid);
        e.u32(0);
        e.u16(number);
        e.u32(u32::try_from(count).unwrap_or(u32::MAX));
        let params = || (0..count).map(|i| event.params.get(i).unwrap_or_default());
        let mut longest = 0;
        for p in params() {
            longest = longest.max(p.len());
            if row.large {
                e.u32(u32::try_from(p.len()).unwrap_or(u32::MAX));
            } else {
                e.u16(u16::try_from(p.len()).unwrap_or(u16::MAX));
            }
        }
        for p in params() {
            e.bytes.extend_from_slice(p);
        }
        let length = e.bytes.len() - start;
        if let Some(at) = e.bytes.get_mut(start + 16..start + 20) {
            at.copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        }
        let limit = if row.large { MAX_LARGE_EVENT } else { MAX_EVENT };
        // Padding counts: readers compare the whole block.
        let result = if !row.large && longest > usize::from(u16::MAX) || e.bytes.len() + 3 > limit {
            Err(WriteError::TooLong { what: "event", len: e.bytes.len() })
        } else {
            let number = match (flagged, row.large) {
                (false, false) => EVENT_V2,
                (true, false) => EVENT_FLAGS_V2,
                (false, true) => EVENT_LARGE_V2,
                (true, true) => EVENT_FLAGS_LARGE_V2,
            };
            self.block(number, &e.bytes)
        };
        self.event = e;
        self.leading = leading || (self.leading && result.is_err());
        result
    }

    /// A block: number, length, body, zeros up to a multiple of 4, length.
    fn block(&mut self, number: u32, body: &[u8]) -> Result<(), WriteError> {
        let padding = body.len().wrapping_neg() % 4;
        let length = u32::try_from(FRAME + body.len() + padding)
            .map_err(|_| WriteError::TooLong { what: "block", len: body.len() })?;
        let mut head = [0; 8];
        head[..4].copy_from_slice(&number.to_le_bytes());
        head[4..].copy_from_slice(&length.to_le_bytes());
        self.sink.write_all(&head)?;
        self.sink.write_all(body)?;
        self.sink.write_all([0; 3].get(..padding).unwrap_or_default())?;
        self.sink.write_all(&length.to_le_bytes())?;
        Ok(())
    }
}
