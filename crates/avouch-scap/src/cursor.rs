//! Little-endian reading that cannot run past the end.

use crate::error::EntryFault;

/// A place in borrowed bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

type Read<T> = Result<T, EntryFault>;

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn take(&mut self, n: usize) -> Read<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(n).ok_or(EntryFault::Short)?;
        self.rest = tail;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(EntryFault::Short)?;
        self.rest = tail;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Read<u8> {
        self.array::<1>().map(|[b]| b)
    }

    pub(crate) fn u16(&mut self) -> Read<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Read<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Read<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// Two bytes of length, then that many bytes.
    pub(crate) fn str(&mut self) -> Read<&'a [u8]> {
        let len = self.u16()?;
        self.take(usize::from(len))
    }

    /// Cuts off an entry that begins with its own length; returns the entry behind the length field, and how many bytes
    /// of the block it takes. `including`: whether the length counts its own four bytes.
    pub(crate) fn sized(&self, including: bool) -> Read<(Self, usize)> {
        let mut c = *self;
        let len = c.u32()? as usize;
        let body = if including { len.checked_sub(4) } else { Some(len) }.ok_or(EntryFault::Length)?;
        let body = c.take(body).map_err(|_| EntryFault::Length)?;
        Ok((Self::new(body), body.len() + 4))
    }
}
