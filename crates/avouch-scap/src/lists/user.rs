//! Users and groups.

use avouch_event::{GroupEntry, Item, UserEntry};

use super::Found;
use crate::cursor::Cursor;
use crate::error::EntryFault;

/// Entry type of a user; any other is a group.
pub(crate) const USER: u8 = 0;
pub(crate) const GROUP: u8 = 1;

pub(super) fn entry(sized: bool, rest: &[u8]) -> Found<'_> {
    let (mut c, size) = if sized {
        match Cursor::new(rest).sized(true) {
            Ok((c, size)) => (c, Some(size)),
            Err(e) => return Found::Bad(e, None),
        }
    } else {
        (Cursor::new(rest), None)
    };
    match fields(&mut c) {
        Ok(item) => Found::Entry(item, size.unwrap_or(rest.len() - c.remaining())),
        Err(e) => Found::Bad(e, size),
    }
}

fn fields<'a>(c: &mut Cursor<'a>) -> Result<Item<'a>, EntryFault> {
    if c.u8()? == USER {
        let (uid, gid) = (c.u32()?, c.u32()?);
        let (name, home, shell) = (c.str()?, c.str()?, c.str()?);
        Ok(Item::User(UserEntry { uid, gid, name, home, shell, container_id: b"" }))
    } else {
        Ok(Item::Group(GroupEntry { gid: c.u32()?, name: c.str()?, container_id: b"" }))
    }
}
