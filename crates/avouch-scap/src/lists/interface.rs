//! Interface lists.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use avouch_event::{InterfaceAddr, InterfaceEntry, Item};

use super::Found;
use crate::cursor::Cursor;
use crate::error::EntryFault;

/// Entry types; the latter two have no link speed.
pub(crate) const V4: u16 = 1;
pub(crate) const V6: u16 = 2;
const V4_NO_SPEED: u16 = 3;
const V6_NO_SPEED: u16 = 4;

pub(super) fn entry(sized: bool, rest: &[u8]) -> Found<'_> {
    let (mut c, size) = if sized {
        // Unlike elsewhere, this length does not count its own bytes.
        match Cursor::new(rest).sized(false) {
            Ok((c, size)) => (c, Some(size)),
            Err(e) => return Found::Bad(e, None),
        }
    } else {
        (Cursor::new(rest), None)
    };
    match fields(&mut c) {
        Ok(i) => Found::Entry(Item::Interface(i), size.unwrap_or(rest.len() - c.remaining())),
        Err(EntryFault::Kind(_)) if size.is_some() => Found::Skip(size.unwrap_or(rest.len())),
        Err(e) => Found::Bad(e, size),
    }
}

fn fields<'a>(c: &mut Cursor<'a>) -> Result<InterfaceEntry<'a>, EntryFault> {
    let (kind, name_len) = (c.u16()?, c.u16()?);
    let mut address = || -> Result<IpAddr, EntryFault> {
        match kind {
            V4 | V4_NO_SPEED => Ok(IpAddr::V4(Ipv4Addr::from(c.array::<4>()?))),
            V6 | V6_NO_SPEED => Ok(IpAddr::V6(Ipv6Addr::from(c.array::<16>()?))),
            _ => Err(EntryFault::Kind(kind)),
        }
    };
    let addr = InterfaceAddr { addr: address()?, mask: address()?, broadcast: address()? };
    let link_speed = if matches!(kind, V4 | V6) { c.u64()? } else { 0 };
    let name = c.take(usize::from(name_len))?;
    Ok(InterfaceEntry { name, addr, link_speed })
}
