use avouch_event::types;
use proptest::prelude::*;
use zerocopy::IntoBytes;

use super::*;

/// A record of the call `name` with these arguments and parts.
fn record(name: &str, args: [u64; 8], parts: &[(u16, u16, &[u8])]) -> Vec<u8> {
    let nr = calls::names().find(|(_, n)| *n == name).unwrap().0;
    let mut body = Vec::new();
    for (kind, flags, bytes) in parts {
        let head = PartHead { kind: *kind, flags: *flags, len: u32::try_from(bytes.len()).unwrap() };
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.resize(body.len().next_multiple_of(8), 0);
    }
    let head = RecordHead {
        len: u32::try_from(size_of::<RecordHead>() + body.len()).unwrap(),
        kind: record::SYSCALL,
        nr,
        boot_ns: 5,
        tgid: 70,
        tid: 71,
        cpu: 3,
        parts: u16::try_from(parts.len()).unwrap(),
        pad: 0,
        args,
    };
    [head.as_bytes(), &body].concat()
}

fn decode(bytes: &[u8]) -> Result<Vec<EventBuf>, BadRecord> {
    let mut out = Vec::new();
    Decoder::default().decode(bytes, |e| out.push(EventBuf::from_event(&e.event())))?;
    Ok(out)
}

const AT_FDCWD: u64 = 0xffff_ff9c;

#[test]
fn open_has_the_schema_s_parameters() {
    let bytes = record("openat", [AT_FDCWD, 0x7f00, 0o2_000_101, 0o644, 0, 0, 3, 0], &[(part::STR, 0, b"/etc/x\0")]);
    let events = decode(&bytes).unwrap();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    let event = event.event();
    assert_eq!((event.ty, event.tid, event.cpu, event.params.len()), (types::OPENAT_2_X, 71, 3, 7));
    assert_eq!((event.params.i64(0), event.params.i64(1)), (Some(3), Some(-100)));
    assert_eq!(event.params.charbuf(2), Some(&b"/etc/x"[..]));
    assert_eq!(event.params.u32(4), Some(0o644));
}

#[test]
fn unreadable_text_is_absent_not_empty() {
    let bytes = record("unlink", [1, 0, 0, 0, 0, 0, -14i64 as u64, 0], &[(part::STR, part::FAULT, b"")]);
    // arm64 has no such call.
    if let Ok(events) = decode(&bytes) {
        assert_eq!(events[0].event().params.get(1), None);
    }
}

#[test]
fn a_record_cut_anywhere_is_refused() {
    let whole = record("openat", [AT_FDCWD, 1, 0, 0, 0, 0, 3, 0], &[(part::STR, 0, b"/a\0"), (part::STR, 0, b"/b\0")]);
    assert!(decode(&whole).is_ok());
    // The last part's padding may miss.
    for end in 0..whole.len() - 8 {
        assert_eq!(decode(&whole[..end]).unwrap_err(), BadRecord, "{end}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        drop(decode(&bytes));
    }

    #[test]
    fn no_parts_panic(
        nr in 0u16..512, kind in 0u16..6, args in any::<[u64; 8]>(),
        parts in proptest::collection::vec((0u16..20, 0u16..4, proptest::collection::vec(any::<u8>(), 0..500)), 0..8),
    ) {
        let parts: Vec<(u16, u16, &[u8])> = parts.iter().map(|(k, f, b)| (*k, *f, b.as_slice())).collect();
        let mut bytes = record("read", args, &parts);
        bytes[4..6].copy_from_slice(&kind.to_le_bytes());
        bytes[6..8].copy_from_slice(&nr.to_le_bytes());
        drop(decode(&bytes));
    }
}
