//! Records of the kernel's ring. Their frame is the kernel programs' own; texts, addresses and lengths in them come from whoever
//! made the call.

use std::cell::RefCell;

use avouch_event::EventBuf;
use avouch_sensor::RecordDecoder;

/// Bytes of a record's head, and of a part's.
const HEAD: usize = 96;
const PART: usize = 8;
/// Parts that a record may have.
const PARTS: u8 = 16;

thread_local! {
    static DECODER: RefCell<RecordDecoder> = RefCell::default();
}

/// The bytes as a record as they stand, and again with a frame that fits, so that what is inside is reached.
pub fn ring(data: &[u8]) {
    check(data);
    check(&framed(data));
}

/// A record gives nothing, or hidden facts and then one event, of its thread, with no more parameters than the event has.
fn check(record: &[u8]) {
    let first = decode(record);
    let again = decode(record);
    let Some(events) = first else { return assert!(again.is_none()) };
    let same =
        again.is_some_and(|again| again.len() == events.len() && again.iter().zip(&events).all(|(a, b)| same(a, b)));
    assert!(same, "a record says the same twice");
    let Some((last, before)) = events.split_last() else { panic!("a good record gives an event") };
    assert!(!last.event().hidden && before.iter().all(|e| e.event().hidden));
    for event in &events {
        let event = event.event();
        let info = event.ty.info().expect("an event of the table");
        assert!(event.params.len() <= info.params.len(), "{}", event.ty.name());
        let bytes: usize = (0..event.params.len()).filter_map(|i| event.params.get(i)).map(<[u8]>::len).sum();
        // Paths are turned round and cut names told twice; nothing grows by more.
        assert!(bytes <= 4 * record.len() + 1024, "{bytes} of {}", record.len());
    }
}

fn same(a: &EventBuf, b: &EventBuf) -> bool {
    let (a, b) = (a.event(), b.event());
    let bytes = (0..a.params.len()).all(|i| a.params.get(i) == b.params.get(i));
    (a.ty, a.tid, a.hidden, a.params.len()) == (b.ty, b.tid, b.hidden, b.params.len()) && bytes
}

fn decode(record: &[u8]) -> Option<Vec<EventBuf>> {
    let mut events = Vec::new();
    let good = DECODER.with_borrow_mut(|d| d.decode(record, &mut |event| events.push(EventBuf::from_event(event))));
    good.then_some(events)
}

/// The same bytes, with lengths and numbers put right: each part begins with two bytes that say what it is, and two its length.
fn framed(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0; HEAD];
    let (head, mut rest) = data.split_at(data.len().min(HEAD));
    out[..head.len()].copy_from_slice(head);
    let mut parts = 0;
    while let (Some((start, after)), true) = (rest.split_first_chunk::<4>(), parts < PARTS) {
        let len = usize::from(u16::from_le_bytes([start[2], start[3]])).min(after.len());
        let (body, next) = after.split_at(len);
        out.extend_from_slice(&u16::from(start[0] % 20).to_ne_bytes());
        out.extend_from_slice(&u16::from(start[1] % 4).to_ne_bytes());
        out.extend_from_slice(&u32::try_from(len).unwrap_or(0).to_ne_bytes());
        out.extend_from_slice(body);
        out.resize(HEAD + (out.len() - HEAD).next_multiple_of(PART), 0);
        rest = next;
        parts += 1;
    }
    let len = u32::try_from(out.len()).unwrap_or(0);
    out[..4].copy_from_slice(&len.to_ne_bytes());
    // One of the four kinds, and a number of a call.
    let kind = u16::from(1 + out[4] % 4);
    out[4..6].copy_from_slice(&kind.to_ne_bytes());
    out[7] &= 1;
    out[26..28].copy_from_slice(&u16::from(parts).to_ne_bytes());
    out
}
