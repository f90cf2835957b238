//! Cut off, corrupted, or no capture at all: an error or a count, never a panic, and never a loss of what came before.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::io::{self, Read, Write as _};

use avouch_event::{EventBuf, Item, MachineInfo, ProcessEntry, types};
use avouch_scap::{Capture, Fault, Writer};
use proptest::prelude::*;
use support::{Raw, read_all};

fn small() -> Vec<u8> {
    let mut w = Writer::new(Vec::new());
    w.write(&Item::Machine(MachineInfo { hostname: b"node", ..MachineInfo::default() })).unwrap();
    for tid in 1..4 {
        w.write(&Item::Process(ProcessEntry { tid, pid: tid, comm: b"sh", ..ProcessEntry::default() })).unwrap();
    }
    for i in 0..5 {
        let mut e = EventBuf::new(types::CHDIR_X);
        e.push_i64(i).push_charbuf(b"/etc");
        w.write(&Item::Event(e.event())).unwrap();
    }
    w.finish().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut w = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    w.write_all(bytes).unwrap();
    w.finish().unwrap()
}

/// Hands out one byte at a time.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = buf.len().min(1);
        self.0.read(&mut buf[..n])
    }
}

#[test]
fn cut_anywhere_everything_before_is_yielded() {
    let bytes = small();
    let (whole, _, _) = read_all(Capture::from_slice(&bytes));
    let mut clean = 0;
    for cut in 0..bytes.len() {
        let (items, end, _) = read_all(Capture::from_slice(&bytes[..cut]));
        let (streamed, stream_end, _) = read_all(Capture::from_reader(Slow(&bytes[..cut])));
        assert_eq!(items, streamed);
        assert_eq!(end.as_ref().map(ToString::to_string), stream_end.map(|e| e.to_string()));
        let same = items.iter().zip(&whole).take_while(|(a, b)| a == b).count();
        match end.map(|e| e.fault) {
            None => clean += 1,
            Some(Fault::Truncated { .. }) => assert_eq!(same, items.len(), "cut at {cut}"),
            Some(Fault::NotACapture) => assert!(cut < 8),
            Some(other) => panic!("cut at {cut}: {other:?}"),
        }
    }
    // A cut exactly between blocks looks like a normal end: 3 metadata blocks, 5 events less the last.
    assert_eq!(clean, 7);
}

#[test]
fn gzip_members_are_one_stream_and_a_cut_one_is_an_error() {
    let bytes = small();
    let (whole, _, _) = read_all(Capture::from_slice(&bytes));
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    let packed = [gzip(head), gzip(tail)].concat();
    for capture in [Capture::from_slice(&packed), Capture::from_reader(Slow(&packed))] {
        let (items, end, _) = read_all(capture);
        assert!(end.is_none(), "{end:?}");
        assert_eq!(items, whole);
    }
    let one = gzip(&bytes);
    // Without its trailer the member is cut off, though all blocks are whole.
    let (items, end, _) = read_all(Capture::from_slice(&one[..one.len() - 4]));
    assert_eq!(items, whole);
    assert!(matches!(end.map(|e| e.fault), Some(Fault::Truncated { .. })));
}

#[test]
fn no_capture_at_all() {
    for bytes in [&b""[..], b"x", b"<html></html>", &[0x1f, 0x8b], &[0x1f, 0x8b, 8, 0, 0]] {
        let (items, end, _) = read_all(Capture::from_slice(bytes));
        assert!(items.is_empty() && end.is_some(), "{bytes:?}");
    }
    let mut newer = Raw::default();
    newer.more_section(2, 0);
    let (_, end, _) = read_all(Capture::from_slice(&newer.0));
    assert!(matches!(end.map(|e| e.fault), Some(Fault::Version(2))));
}

#[test]
fn a_length_field_alone_allocates_nothing() {
    let mut raw = Raw::section(2);
    raw.0.extend(0x215_u32.to_le_bytes());
    raw.0.extend(0x0fff_fff0_u32.to_le_bytes());
    let (_, end, _) = read_all(Capture::from_reader(&raw.0[..]));
    assert!(matches!(end.map(|e| e.fault), Some(Fault::Truncated { .. })));
    // Over the limit: refused.
    let mut raw = Raw::section(2);
    raw.0.extend(0x215_u32.to_le_bytes());
    raw.0.extend(0xffff_fff0_u32.to_le_bytes());
    let (_, end, _) = read_all(Capture::from_reader(&raw.0[..]));
    assert!(matches!(end.map(|e| e.fault), Some(Fault::BlockTooLarge(_))));
}

#[test]
fn a_failing_stream_is_named() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buf)? {
                0 => Err(io::Error::other("wire cut")),
                n => Ok(n),
            }
        }
    }
    let bytes = small();
    let (items, end, _) = read_all(Capture::from_reader(Failing(&bytes)));
    assert_eq!(items.len(), 1 + 3 + 1 + 5);
    assert!(matches!(end.map(|e| e.fault), Some(Fault::Read(_))));
}

proptest! {
    #[test]
    fn corrupted_bytes_never_panic(flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = small();
        for (at, byte) in flips {
            let i = at.index(bytes.len());
            bytes[i] = byte;
        }
        let slice = read_all(Capture::from_slice(&bytes));
        let stream = read_all(Capture::from_reader(Slow(&bytes)));
        prop_assert_eq!(slice.0, stream.0);
        prop_assert_eq!(slice.2, stream.2);
    }
}
