//! What the tests of this crate share.
#![allow(dead_code, reason = "each test file uses a part")]

use avouch_event::{Event, Item};
use avouch_scap::{Capture, Counts, ScapError};

/// Everything an item says, for comparison.
pub(crate) fn describe(item: &Item<'_>) -> String {
    match item {
        Item::Event(e) => describe_event(e),
        other => format!("{other:?}"),
    }
}

fn describe_event(e: &Event<'_>) -> String {
    let params: Vec<&[u8]> = (0..e.params.len()).map(|i| e.params.get(i).unwrap_or_default()).collect();
    format!("{} {} {} {} {:?} {} {params:?}", e.num, e.timestamp, e.tid, e.cpu, e.ty, e.hidden)
}

/// All items, how it ended, and the counters.
pub(crate) fn read_all(mut capture: Capture<'_>) -> (Vec<String>, Option<ScapError>, Counts) {
    let mut items = Vec::new();
    let end = loop {
        match capture.next() {
            Ok(Some(item)) => items.push(describe(&item)),
            Ok(None) => break None,
            Err(e) => break Some(e),
        }
    };
    assert!(matches!(capture.next(), Ok(None)), "nothing comes after the end");
    let counts = *capture.counts();
    let lost = counts.dropped_by_conversion + counts.unknown_numbers + counts.not_decoded_total();
    assert_eq!(counts.events, counts.yielded + lost, "every event is accounted for: {counts:?}");
    (items, end, counts)
}

/// Little-endian bytes of a capture written by hand.
#[derive(Default)]
pub(crate) struct Raw(pub(crate) Vec<u8>);

impl Raw {
    /// Begins with a section header of version 1.`minor`.
    pub(crate) fn section(minor: u16) -> Self {
        let mut raw = Self::default();
        raw.more_section(1, minor);
        raw
    }

    pub(crate) fn more_section(&mut self, major: u16, minor: u16) -> &mut Self {
        let mut body = 0x1A2B_3C4D_u32.to_le_bytes().to_vec();
        body.extend(major.to_le_bytes());
        body.extend(minor.to_le_bytes());
        body.extend(u64::MAX.to_le_bytes());
        self.block(0x0A0D_0D0A, &body)
    }

    pub(crate) fn block(&mut self, number: u32, body: &[u8]) -> &mut Self {
        let padding = (4 - body.len() % 4) % 4;
        let len = u32::try_from(12 + body.len() + padding).unwrap().to_le_bytes();
        self.0.extend(number.to_le_bytes());
        self.0.extend(len);
        self.0.extend(body);
        self.0.extend(&[0; 3][..padding]);
        self.0.extend(len);
        self
    }

    /// A version 1 event: no parameter count.
    pub(crate) fn event_v1(&mut self, number: u16, tid: i64, params: &[&[u8]]) -> &mut Self {
        let body = event(number, tid, params, true, false);
        self.block(0x204, &body)
    }

    pub(crate) fn event_v2(&mut self, number: u16, tid: i64, params: &[&[u8]]) -> &mut Self {
        let body = event(number, tid, params, false, false);
        self.block(0x216, &body)
    }
}

/// Body of an event block: CPU 1, time 1000.
pub(crate) fn event(number: u16, tid: i64, params: &[&[u8]], v1: bool, large: bool) -> Vec<u8> {
    let width = if large { 4 } else { 2 };
    let len = (if v1 { 22 } else { 26 }) + params.iter().map(|p| width + p.len()).sum::<usize>();
    let mut body = 1_u16.to_le_bytes().to_vec();
    body.extend(1000_u64.to_le_bytes());
    body.extend(tid.to_le_bytes());
    body.extend(u32::try_from(len).unwrap().to_le_bytes());
    body.extend(number.to_le_bytes());
    if !v1 {
        body.extend(u32::try_from(params.len()).unwrap().to_le_bytes());
    }
    for p in params {
        body.extend(&u32::try_from(p.len()).unwrap().to_le_bytes()[..width]);
    }
    for p in params {
        body.extend(*p);
    }
    body
}

/// A string of the metadata lists.
pub(crate) fn str(text: &[u8]) -> Vec<u8> {
    let mut out = u16::try_from(text.len()).unwrap().to_le_bytes().to_vec();
    out.extend(text);
    out
}
