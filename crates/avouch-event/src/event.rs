//! One event and its parameters, borrowed from whatever bytes it was decoded from.

use crate::table::EventType;

/// Where one parameter lies in the event's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// First byte.
    pub start: u32,
    /// Length in bytes; 0 is "absent".
    pub len: u32,
}

/// One event after conversion to the current schema.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Ordinal in this run, first is 1; counts every event that survives conversion, hidden ones included (`evt.num`).
    pub num: u64,
    /// Nanoseconds since the epoch.
    pub timestamp: u64,
    /// Thread that acted; -1 for audit records and asynchronous events.
    pub tid: i64,
    /// CPU it happened on.
    pub cpu: u16,
    /// Number in the event table.
    pub ty: EventType,
    /// Applied to the state, but never shown to rules (stored enter events, state-only blocks).
    pub hidden: bool,
    /// Parameters.
    pub params: Params<'a>,
}

/// Parameters of an event: ranges into shared bytes, so that decoding allocates nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Params<'a> {
    ranges: &'a [Range],
    bytes: &'a [u8],
}

impl<'a> Params<'a> {
    /// Parameters at `ranges` of `bytes`. Ranges outside the bytes read as absent.
    #[must_use]
    pub fn new(ranges: &'a [Range], bytes: &'a [u8]) -> Self {
        Self { ranges, bytes }
    }

    /// How many parameters the event carries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether it carries none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Raw bytes of parameter `i`, or `None` when it is missing or has no bytes: a zero-length parameter is absent.
    #[must_use]
    #[inline]
    pub fn get(&self, i: usize) -> Option<&'a [u8]> {
        let r = self.ranges.get(i)?;
        let start = r.start as usize;
        let bytes = self.bytes.get(start..start.checked_add(r.len as usize)?)?;
        (!bytes.is_empty()).then_some(bytes)
    }

    #[inline]
    fn fixed<const N: usize>(&self, i: usize) -> Option<[u8; N]> {
        self.get(i)?.first_chunk::<N>().copied()
    }

    /// One-byte parameter.
    #[must_use]
    pub fn u8(&self, i: usize) -> Option<u8> {
        self.fixed::<1>(i).map(|b| b[0])
    }

    /// Two-byte parameter.
    #[must_use]
    pub fn u16(&self, i: usize) -> Option<u16> {
        self.fixed(i).map(u16::from_le_bytes)
    }

    /// Four-byte parameter.
    #[must_use]
    #[inline]
    pub fn u32(&self, i: usize) -> Option<u32> {
        self.fixed(i).map(u32::from_le_bytes)
    }

    /// Eight-byte parameter.
    #[must_use]
    #[inline]
    pub fn u64(&self, i: usize) -> Option<u64> {
        self.fixed(i).map(u64::from_le_bytes)
    }

    /// Signed four-byte parameter.
    #[must_use]
    #[inline]
    pub fn i32(&self, i: usize) -> Option<i32> {
        self.fixed(i).map(i32::from_le_bytes)
    }

    /// Signed eight-byte parameter (FD, PID, ERRNO).
    #[must_use]
    #[inline]
    pub fn i64(&self, i: usize) -> Option<i64> {
        self.fixed(i).map(i64::from_le_bytes)
    }

    /// Text parameter without its final NUL. `None` for the null pointer, which captures write as nothing or `(NULL)`.
    #[must_use]
    pub fn charbuf(&self, i: usize) -> Option<&'a [u8]> {
        let bytes = self.get(i)?;
        let text = memchr::memchr(0, bytes).and_then(|end| bytes.get(..end)).unwrap_or(bytes);
        (bytes != b"(NULL)\0").then_some(text)
    }
}

/// An event that owns its bytes: for sources that compose events, and for tests.
#[derive(Clone, Debug)]
pub struct EventBuf {
    /// See [`Event::num`].
    pub num: u64,
    /// See [`Event::timestamp`].
    pub timestamp: u64,
    /// See [`Event::tid`].
    pub tid: i64,
    /// See [`Event::cpu`].
    pub cpu: u16,
    /// See [`Event::ty`].
    pub ty: EventType,
    /// See [`Event::hidden`].
    pub hidden: bool,
    ranges: Vec<Range>,
    bytes: Vec<u8>,
}

impl EventBuf {
    /// An event without parameters, at time 0, of no thread.
    #[must_use]
    pub fn new(ty: EventType) -> Self {
        Self { num: 0, timestamp: 0, tid: -1, cpu: 0, ty, hidden: false, ranges: Vec::new(), bytes: Vec::new() }
    }

    /// Copies `event`.
    #[must_use]
    pub fn from_event(event: &Event<'_>) -> Self {
        let mut buf = Self::new(event.ty);
        buf.copy_from(event);
        buf
    }

    /// Replaces the content by a copy of `event`, keeping the allocations.
    pub fn copy_from(&mut self, event: &Event<'_>) {
        self.clear(event.ty);
        (self.num, self.timestamp, self.tid) = (event.num, event.timestamp, event.tid);
        (self.cpu, self.hidden) = (event.cpu, event.hidden);
        for i in 0..event.params.len() {
            self.push(event.params.get(i).unwrap_or(&[]));
        }
    }

    /// Empties the parameters and sets the type, keeping the allocations.
    pub fn clear(&mut self, ty: EventType) {
        self.ty = ty;
        self.ranges.clear();
        self.bytes.clear();
    }

    /// Appends a parameter as raw bytes; empty means absent.
    ///
    /// Bytes beyond 4 GiB in one event are cut, which no source reaches.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) -> &mut Self {
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.ranges.push(Range { start, len });
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Appends a signed eight-byte parameter.
    #[inline]
    pub fn push_i64(&mut self, v: i64) -> &mut Self {
        self.push(&v.to_le_bytes())
    }

    /// Appends an unsigned eight-byte parameter.
    #[inline]
    pub fn push_u64(&mut self, v: u64) -> &mut Self {
        self.push(&v.to_le_bytes())
    }

    /// Appends a four-byte parameter.
    #[inline]
    pub fn push_u32(&mut self, v: u32) -> &mut Self {
        self.push(&v.to_le_bytes())
    }

    /// Appends a two-byte parameter.
    #[inline]
    pub fn push_u16(&mut self, v: u16) -> &mut Self {
        self.push(&v.to_le_bytes())
    }

    /// Appends a one-byte parameter.
    #[inline]
    pub fn push_u8(&mut self, v: u8) -> &mut Self {
        self.push(&[v])
    }

    /// Appends text with its final NUL.
    pub fn push_charbuf(&mut self, text: &[u8]) -> &mut Self {
        self.push(text);
        self.bytes.push(0);
        if let Some(r) = self.ranges.last_mut() {
            r.len = r.len.saturating_add(1);
        }
        self
    }

    /// The event, borrowed.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        Event {
            num: self.num,
            timestamp: self.timestamp,
            tid: self.tid,
            cpu: self.cpu,
            ty: self.ty,
            hidden: self.hidden,
            params: Params::new(&self.ranges, &self.bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types;

    #[test]
    fn short_and_null_parameters_are_absent() {
        let mut buf = EventBuf::new(types::OPEN_X);
        buf.push_i64(-2).push(b"").push(b"(NULL)\0").push(&[1, 2]);
        let p = buf.event().params;
        assert_eq!(p.i64(0), Some(-2));
        assert_eq!((p.get(1), p.charbuf(2), p.u32(3), p.get(9)), (None, None, None, None));
    }

    #[test]
    fn ranges_outside_the_bytes_are_absent() {
        let r = [Range { start: 3, len: u32::MAX }];
        assert_eq!(Params::new(&r, b"abcd").get(0), None);
    }
}
