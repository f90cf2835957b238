//! From a record of the ring to events. Pure: bytes in, events out; a record that says nonsense is counted by the caller.

mod call;
mod fd;
mod socket;
mod task;
#[cfg(test)]
mod tests;

use avouch_event::{Event, EventBuf, EventFlags, EventType, types};
use zerocopy::FromBytes;

use crate::abi::{self, PartHead, RecordHead, part, record};
use crate::calls::{self, Param, Row};

/// The record is none: too short, or a part goes beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadRecord;

/// One fetched piece.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) bytes: &'a [u8],
}

/// A record, its parts found.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) head: RecordHead,
    parts: [Part<'a>; MAX_PARTS],
    len: usize,
}

/// Parts of one record: eight fetches, of which one may give six.
const MAX_PARTS: usize = 16;

impl<'a> Record<'a> {
    /// Finds the parts.
    ///
    /// # Errors
    /// When lengths and numbers in the record do not fit it.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, BadRecord> {
        let (head, rest) = RecordHead::read_from_prefix(bytes).map_err(|_| BadRecord)?;
        let body_len = usize::try_from(head.len).map_err(|_| BadRecord)?.checked_sub(size_of::<RecordHead>());
        let mut body = body_len.and_then(|n| rest.get(..n)).ok_or(BadRecord)?;
        let len = usize::from(head.parts);
        let mut parts = [Part { kind: 0, flags: 0, bytes: &[] }; MAX_PARTS];
        for slot in parts.get_mut(..len).ok_or(BadRecord)? {
            let (part, rest) = PartHead::read_from_prefix(body).map_err(|_| BadRecord)?;
            let len = usize::try_from(part.len).map_err(|_| BadRecord)?;
            let bytes = rest.get(..len).ok_or(BadRecord)?;
            *slot = Part { kind: part.kind, flags: part.flags, bytes };
            body = rest.get(len.next_multiple_of(8)..).unwrap_or_default();
        }
        Ok(Self { head, parts, len })
    }

    /// Parts of one kind, in order.
    pub(crate) fn all(&self, kind: u16) -> impl Iterator<Item = Part<'a>> + '_ {
        self.parts().filter(move |p| p.kind == kind)
    }

    /// The first part of a kind.
    pub(crate) fn part(&self, kind: u16) -> Option<Part<'a>> {
        self.all(kind).next()
    }

    /// Bytes of the first part of a kind; empty when there is none.
    pub(crate) fn bytes(&self, kind: u16) -> &'a [u8] {
        self.part(kind).map_or(&[], |p| p.bytes)
    }

    fn parts(&self) -> impl Iterator<Item = Part<'a>> + '_ {
        self.parts.iter().take(self.len).copied()
    }

    /// The return value.
    pub(crate) fn ret(&self) -> i64 {
        self.head.args[usize::from(calls::RET)].cast_signed()
    }

    /// Argument `i`.
    pub(crate) fn arg(&self, i: u8) -> u64 {
        self.head.args.get(usize::from(i)).copied().unwrap_or(0)
    }

    /// Argument `i` as the kernel looks at an `int`.
    pub(crate) fn int(&self, i: u8) -> i32 {
        self.low(i).cast_signed()
    }

    /// Lower half of argument `i`.
    pub(crate) fn low(&self, i: u8) -> u32 {
        (self.arg(i) & 0xffff_ffff) as u32
    }
}

/// What each system call number is: its row, or the code that generic events carry.
#[derive(Debug)]
pub(crate) struct Numbers {
    rows: Vec<Option<&'static Row>>,
    /// Codes of calls without an event of their own.
    generic: Vec<u16>,
}

impl Default for Numbers {
    fn default() -> Self {
        let mut rows = vec![None; abi::SYSCALLS];
        let mut generic = vec![0; abi::SYSCALLS];
        for (nr, name) in calls::names() {
            let nr = usize::from(nr);
            if let (Some(row), Some(code)) = (rows.get_mut(nr), generic.get_mut(nr)) {
                *row = calls::by_name(name);
                *code = avouch_event::syscalls::SYSCALLS.iter().find(|s| s.name == name).map_or(0, |s| s.code);
            }
        }
        Self { rows, generic }
    }
}

impl Numbers {
    /// The row of call number `nr`.
    pub(crate) fn row(&self, nr: u16) -> Option<&'static Row> {
        self.rows.get(usize::from(nr)).copied().flatten()
    }
}

/// Turns records into events; keeps what it needs between records to allocate nothing.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    numbers: Numbers,
    event: Option<EventBuf>,
    scratch: Vec<u8>,
}

impl Decoder {
    /// Hands the events of one record to `emit`: hidden facts of descriptors first, then the event itself. Number and time are
    /// set by `emit`.
    ///
    /// # Errors
    /// When the record is none; then nothing was emitted.
    pub(crate) fn decode(&mut self, bytes: &[u8], mut emit: impl FnMut(&mut EventBuf)) -> Result<(), BadRecord> {
        let record = Record::parse(bytes)?;
        let mut buf = self.event.take().unwrap_or_else(|| EventBuf::new(types::GENERIC_X));
        let done = self.fill(&record, &mut buf, &mut emit);
        if done.is_ok() {
            emit(&mut buf);
        }
        self.event = Some(buf);
        done
    }

    fn fill(
        &mut self,
        record: &Record<'_>,
        buf: &mut EventBuf,
        emit: &mut impl FnMut(&mut EventBuf),
    ) -> Result<(), BadRecord> {
        match record.head.kind {
            record::SYSCALL => {
                let nr = record.head.nr;
                let Some(row) = self.numbers.row(nr) else {
                    start(buf, record, types::GENERIC_X);
                    let code = self.numbers.generic.get(usize::from(nr)).copied().unwrap_or(0);
                    buf.push_u16(code).push_u16(nr);
                    return Ok(());
                };
                // Executions tell the process whole, in the form of those that succeed.
                if row.params.iter().any(|p| matches!(p, Param::Task)) {
                    return task::failed_exec(record, row.event, buf, &mut self.scratch);
                }
                self.facts(record, row, buf, emit);
                start(buf, record, row.event);
                call::fill(record, row, buf, &mut self.scratch);
                Ok(())
            }
            record::EXEC => task::exec(record, buf, &mut self.scratch),
            record::FORK => task::fork(record, buf, &mut self.scratch),
            record::EXIT => {
                task::exit(record, buf);
                Ok(())
            }
            _ => Err(BadRecord),
        }
    }

    /// What descriptors are, told before the call that works on them; what the call itself makes is told by it.
    fn facts(&mut self, record: &Record<'_>, row: &Row, buf: &mut EventBuf, emit: &mut impl FnMut(&mut EventBuf)) {
        let made = row.event.has(EventFlags::CREATES_FD).then(|| record.ret());
        let mut parts = record.parts().peekable();
        while let Some(p) = parts.next() {
            let told = match p.kind {
                part::FD => {
                    let path = parts.next_if(|next| next.kind == part::PATH);
                    fd::tell_file(record, &p, path, buf, &mut self.scratch)
                }
                part::SOCK => fd::tell_socket(record, &p, made, row.event == types::CONNECT_X, buf),
                _ => false,
            };
            if told {
                buf.hidden = true;
                emit(buf);
            }
        }
    }
}

/// The decoder alone, without a kernel: for whoever has a record's bytes, as tests with hostile ones do.
#[derive(Debug, Default)]
pub struct RecordDecoder(Decoder);

impl RecordDecoder {
    /// Hands the events of one record to `emit`, without number and time. Whether it was one; if not, nothing was emitted.
    pub fn decode(&mut self, record: &[u8], emit: &mut dyn FnMut(&Event<'_>)) -> bool {
        self.0.decode(record, |event| emit(&event.event())).is_ok()
    }
}

/// Begins an event of the record's thread.
fn start(buf: &mut EventBuf, record: &Record<'_>, ty: EventType) {
    buf.clear(ty);
    buf.hidden = false;
    buf.tid = i64::from(record.head.tid);
    buf.cpu = record.head.cpu;
}
