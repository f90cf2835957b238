//! A call's event, parameter by parameter, as its row says.

use avouch_event::EventBuf;
use zerocopy::FromBytes;

use super::socket::{self, Way};
use super::{Part, Record, fd};
use crate::abi::{FdFacts, part};
use crate::calls::{Param, Row};
use crate::flags;

const PR_SET_NAME: u32 = 15;

/// Fills the parameters of `buf`, whose type is set.
pub(super) fn fill(record: &Record<'_>, row: &Row, buf: &mut EventBuf, scratch: &mut Vec<u8>) {
    let mut texts = record.all(part::STR);
    let opened = opened(record);
    for param in row.params {
        push(record, *param, opened.as_ref(), &mut texts, buf, scratch);
    }
    // A shorter list would tell a reader that an older schema was meant.
    for _ in row.params.len()..row.event.info().map_or(0, |i| i.params.len()) {
        buf.push(&[]);
    }
}

fn push<'a>(
    record: &Record<'a>,
    param: Param,
    opened: Option<&FdFacts>,
    texts: &mut impl Iterator<Item = Part<'a>>,
    buf: &mut EventBuf,
    scratch: &mut Vec<u8>,
) {
    let low = |i| record.low(i);
    match param {
        Param::Ret => buf.push_i64(record.ret()),
        Param::RetU32 => buf.push_u32((record.ret() & 0xffff_ffff) as u32),
        Param::Fd(i) | Param::DirFd(i) | Param::Pid(i) => buf.push_i64(i64::from(record.int(i))),
        Param::I32(i) | Param::U32(i) => buf.push_u32(low(i)),
        Param::U16(i) => buf.push_u16((low(i) & 0xffff) as u16),
        Param::U8(i) => buf.push_u8((low(i) & 0xff) as u8),
        Param::U64(i) => buf.push_u64(record.arg(i)),
        Param::Absent | Param::Task => buf.push(&[]),
        Param::Zero32 => buf.push_u32(0),
        Param::Dyn(i) => {
            scratch.clear();
            scratch.push(0);
            scratch.extend_from_slice(&record.arg(i).to_le_bytes());
            buf.push(scratch)
        }
        Param::SockType(i) => buf.push_u32(low(i) & 0xf),
        Param::PrctlText => match texts.next() {
            Some(text) if low(0) == PR_SET_NAME => push_text(buf, text),
            _ => buf.push(&[]),
        },
        Param::PrctlNumber => match low(0) {
            PR_SET_NAME => buf.push(&[]),
            _ => buf.push_u64(record.arg(1)),
        },
        Param::Path(_) => match texts.next() {
            Some(text) => push_text(buf, text),
            None => buf.push(&[]),
        },
        Param::Open(i) => {
            let layers = opened.map_or(0, |f| fd::file_flags(f) & !0x3fff);
            buf.push_u32(flags::open(record.arg(i)) | layers)
        }
        Param::HowFlags(_) => {
            let layers = opened.map_or(0, |f| fd::file_flags(f) & !0x3fff);
            // The structure may have been changed since the call. How the file may be used is what the file says.
            const ACCESS: u64 = 3;
            let asked = word64(record, 0);
            let flags = opened.map_or(asked, |f| (asked & !ACCESS) | (u64::from(f.open_flags) & ACCESS));
            buf.push_u32(flags::open(flags) | layers)
        }
        Param::HowMode(_) => buf.push_u32((word64(record, 8) & 0xffff_ffff) as u32),
        Param::HowResolve(_) => buf.push_u32(flags::resolve(word64(record, 16))),
        Param::Caps(i) => {
            let at = usize::from(i) * 8;
            buf.push(record.bytes(part::CAPS).get(at..at + 8).unwrap_or_default())
        }
        Param::Mode(flags, mode) => {
            const O_CREAT: u64 = 0o100;
            const TMPFILE: u64 = 0o20_000_000;
            buf.push_u32(if record.arg(flags) & (O_CREAT | TMPFILE) == 0 { 0 } else { low(mode) })
        }
        Param::File(i, width) => {
            let bits = flags::file_bits(record.arg(i)).to_le_bytes();
            buf.push(bits.get(..usize::from(width)).unwrap_or(&bits))
        }
        Param::CloneFlags(i) => buf.push_u32(flags::clone(record.arg(i))),
        Param::Bits(i, names) => buf.push_u32(names(record.arg(i))),
        Param::OneOf(i, names, width) => {
            let number = names(u64::from(low(i))).to_le_bytes();
            buf.push(number.get(..usize::from(width)).unwrap_or(&number))
        }
        Param::Code(i, mask) => buf.push_u32(low(i) & mask),
        Param::Dev => buf.push_u32(opened.map_or(0, |f| device(f.dev))),
        Param::Ino => buf.push_u64(opened.map_or(0, |f| f.ino)),
        Param::CreatLayer => buf.push_u16(opened.map_or(0, |f| (f.flags & 3) as u16)),
        Param::Data(_) | Param::Send(..) | Param::Iov(..) | Param::MsgData(_) => buf.push(record.bytes(part::BUF)),
        Param::Outbound(i) | Param::OutboundTo(i, ..) | Param::OutboundMsg(i, _) => {
            ends(record, i, Way::Out, buf, scratch)
        }
        Param::Inbound(i) | Param::InboundFrom(i, _) | Param::InboundMsg(i, _) => {
            ends(record, i, Way::In, buf, scratch)
        }
        Param::Accepted => {
            let facts = i32::try_from(record.ret()).ok().and_then(|n| socket::facts(record, n));
            scratch.clear();
            if let Some(s) = facts {
                socket::tuple(&s, Way::In, None, b"", scratch);
            }
            buf.push(scratch)
        }
        Param::QueuePct(i) => match socket::facts(record, record.int(i)) {
            Some(s) => buf.push_u8(percent(s.backlog, s.max_backlog)),
            None => buf.push(&[]),
        },
        Param::QueueLen(i) => match socket::facts(record, record.int(i)) {
            Some(s) => buf.push_u32(s.backlog),
            None => buf.push(&[]),
        },
        Param::QueueMax(i) => match socket::facts(record, record.int(i)) {
            Some(s) => buf.push_u32(s.max_backlog),
            None => buf.push(&[]),
        },
        Param::Sockaddr(..) => {
            socket::sockaddr(record.bytes(part::SOCKADDR), scratch);
            buf.push(scratch)
        }
        Param::FirstFd(_) => buf.push_i64(i64::from(word(record, 0).cast_signed())),
        Param::SecondFd(_) => buf.push_i64(i64::from(word(record, 1).cast_signed())),
        Param::Word(_, n, _) => buf.push_u32(word(record, n)),
    };
}

fn push_text<'b>(buf: &'b mut EventBuf, text: Part<'_>) -> &'b mut EventBuf {
    if text.flags & part::FAULT != 0 {
        return buf.push(&[]);
    }
    let end = text.bytes.iter().position(|b| *b == 0).unwrap_or(text.bytes.len());
    buf.push_charbuf(text.bytes.get(..end).unwrap_or_default())
}

/// The file that the call opened.
fn opened(record: &Record<'_>) -> Option<FdFacts> {
    let number = i32::try_from(record.ret()).ok().filter(|n| *n >= 0)?;
    record
        .all(part::FD)
        .filter_map(|p| FdFacts::read_from_prefix(p.bytes).ok())
        .map(|(f, _)| f)
        .find(|f| f.fd == number)
}

/// The device number as user space writes it (`new_encode_dev` of the kernel).
fn device(kernel: u32) -> u32 {
    let (major, minor) = (kernel >> 20, kernel & 0xf_ffff);
    (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)
}

fn word(record: &Record<'_>, n: u8) -> u32 {
    let at = usize::from(n) * 4;
    let bytes = record.bytes(part::MEM).get(at..at + 4).and_then(|b| b.first_chunk::<4>());
    bytes.map_or(0, |b| u32::from_le_bytes(*b))
}

fn word64(record: &Record<'_>, at: usize) -> u64 {
    let bytes = record.bytes(part::MEM).get(at..at + 8).and_then(|b| b.first_chunk::<8>());
    bytes.map_or(0, |b| u64::from_le_bytes(*b))
}

fn percent(part: u32, of: u32) -> u8 {
    u8::try_from(u64::from(part) * 100 / u64::from(of.max(1))).unwrap_or(100)
}

fn ends<'b>(record: &Record<'_>, i: u8, way: Way, buf: &'b mut EventBuf, scratch: &mut Vec<u8>) -> &'b mut EventBuf {
    scratch.clear();
    if let Some(s) = socket::facts(record, record.int(i)) {
        let named = record.bytes(part::SOCKADDR);
        let path = if named.first_chunk::<2>() == Some(&[1, 0]) {
            crate::paths::unix_name(named.get(2..).unwrap_or_default())
        } else {
            Vec::new()
        };
        socket::tuple(&s, way, socket::end_of(named), &path, scratch);
    }
    buf.push(scratch)
}
