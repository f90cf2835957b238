//! The header of one event and the ranges of its parameters.

use avouch_event::Range;

use crate::convert::Table;
use crate::error::EventFault;

/// Most parameters that an event may carry; the table's longest has 31.
pub(crate) const MAX_PARAMS: usize = 64;

/// Dump flag: for the state only, not for rules.
pub(crate) const STATE_ONLY: u32 = 1;

/// Old events whose recorded length is 3 too large in version 1 blocks: `PPME_NOTIFICATION_E`, `PPME_INFRASTRUCTURE_EVENT_E`.
const LENGTH_THREE_TOO_LARGE: [u16; 2] = [280, 286];

/// What an event says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) cpu: u16,
    pub(crate) state_only: bool,
    pub(crate) timestamp: u64,
    pub(crate) tid: i64,
    pub(crate) number: u16,
    /// Where the parameters' bytes begin in the block's body.
    pub(crate) params_at: usize,
    pub(crate) params_end: usize,
}

/// Layout of an event block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) v1: bool,
    pub(crate) flagged: bool,
}

/// What decoding gave.
#[derive(Debug)]
pub(crate) enum Decoded {
    Event(Head),
    /// The event table has no such number.
    Unknown,
    /// The number has no meaning in the current schema.
    Dropped,
}

fn le<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

/// Decodes the header, and the parameters' ranges into `ranges`.
#[inline]
pub(crate) fn decode(
    table: &Table,
    layout: Layout,
    body: &[u8],
    ranges: &mut Vec<Range>,
) -> Result<Decoded, EventFault> {
    ranges.clear();
    // One bounds check for the fixed part: cpu, dump flags, and the version 1 header.
    let start = if layout.flagged { 6 } else { 2 };
    let cpu = u16::from_le_bytes(le(body, 0).ok_or(EventFault::Short)?);
    let state_only = layout.flagged && u32::from_le_bytes(le(body, 2).ok_or(EventFault::Short)?) & STATE_ONLY != 0;
    let event = body.get(start..).ok_or(EventFault::Short)?;
    let head: [u8; 22] = le(event, 0).ok_or(EventFault::Short)?;
    let timestamp = u64::from_le_bytes(le(&head, 0).unwrap_or_default());
    let tid = i64::from_le_bytes(le(&head, 8).unwrap_or_default());
    let mut length = u32::from_le_bytes(le(&head, 16).unwrap_or_default()) as usize;
    let number = u16::from_le_bytes(le(&head, 20).unwrap_or_default());

    let Some(row) = table.row(number) else { return Ok(Decoded::Unknown) };
    if row.dropped() {
        return Ok(Decoded::Dropped);
    }
    if layout.v1 && LENGTH_THREE_TOO_LARGE.contains(&number) {
        length = length.saturating_sub(3);
    }
    let event = event.get(..length).ok_or(EventFault::Lengths)?;
    let width = if row.large { 4 } else { 2 };
    let (lengths_at, count) = if layout.v1 {
        (22, count_v1(event, width, usize::from(row.nparams)).ok_or(EventFault::Lengths)?)
    } else {
        (26, u32::from_le_bytes(le(event, 22).ok_or(EventFault::Short)?) as usize)
    };
    if count > MAX_PARAMS || (number % 2 == 1 && count > usize::from(row.nparams)) {
        return Err(EventFault::TooManyParams);
    }
    let data_at = lengths_at + width * count;
    let lengths = event.get(lengths_at..data_at).ok_or(EventFault::Lengths)?;
    let mut at = 0_u32;
    if width == 2 {
        // At most 64 lengths of 16 bits: the sum fits.
        ranges.extend(lengths.as_chunks::<2>().0.iter().map(|l| next(&mut at, u32::from(u16::from_le_bytes(*l)))));
    } else {
        for l in lengths.as_chunks::<4>().0 {
            let len = u32::from_le_bytes(*l);
            if len as usize > event.len() {
                return Err(EventFault::Lengths);
            }
            // Each is at most the event's own length, so 64 of them fit in 32 bits up to 64 MiB; beyond, saturate and fail.
            at.checked_add(len).ok_or(EventFault::Lengths)?;
            ranges.push(next(&mut at, len));
        }
    }
    if at as usize > event.len() - data_at {
        return Err(EventFault::Lengths);
    }
    let params_at = start + data_at;
    Ok(Decoded::Event(Head { cpu, state_only, timestamp, tid, number, params_at, params_end: params_at + at as usize }))
}

#[inline]
fn next(at: &mut u32, len: u32) -> Range {
    let start = *at;
    *at += len;
    Range { start, len }
}

/// Version 1 does not say how many parameters there are: the largest number, up to the table's, whose lengths add up to the
/// event's.
fn count_v1(event: &[u8], width: usize, most: usize) -> Option<usize> {
    let lengths = event.get(22..)?;
    let mut sum = 0_usize;
    let mut found = (lengths.is_empty()).then_some(0);
    for (i, l) in lengths.chunks_exact(width).take(most).enumerate() {
        let len = match *l {
            [a, b] => usize::from(u16::from_le_bytes([a, b])),
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]) as usize,
            _ => return None,
        };
        sum = sum.checked_add(len)?;
        if width * (i + 1) + sum == lengths.len() {
            found = Some(i + 1);
        }
    }
    found
}
