//! Fields of the user and group that a thread acts as.

use avouch_event::{FieldType as T, Value};

use super::ctx::{Ctx, int, text, uint};
use super::row::{Class, Row};
use crate::User;

const U: Class = Class("user");
const G: Class = Class("group");

/// What is known of user `uid`; `root` for a 0 that no list names, since there is always one.
fn user<'e>(c: &Ctx<'e>, uid: u32, what: fn(&User) -> &[u8], root: &'static str) -> Option<Value<'e>> {
    let known = c.state.user(c.thread()?.container, uid);
    text(known.map_or(if uid == 0 { root.as_bytes() } else { b"<NA>" }, what))
}

pub(super) const USER: &[Row] = &[
    U.field("user.uid", T::Uint32, "Effective user id.", |c, _| uint(c.thread()?.uid)),
    U.text("user.name", "Name of the effective user, <NA> when unknown.", |c, _| {
        user(c, c.thread()?.uid, |u| &u.name, "root")
    }),
    U.text("user.homedir", "Home directory of the effective user, <NA> when unknown.", |c, _| {
        user(c, c.thread()?.uid, |u| &u.home, "/root")
    }),
    U.text("user.shell", "Login shell of the effective user, <NA> when unknown.", |c, _| {
        user(c, c.thread()?.uid, |u| &u.shell, "<NA>")
    }),
    U.field("user.loginuid", T::Int64, "Id of the user who logged in (audit user id), -1 when none did.", |c, _| {
        int(match c.thread()?.loginuid {
            u32::MAX => -1,
            uid => i64::from(uid),
        })
    }),
    U.text("user.loginname", "Name of the user who logged in, <NA> when unknown.", |c, _| {
        user(c, c.thread()?.loginuid, |u| &u.name, "root")
    }),
];

pub(super) const GROUP: &[Row] = &[
    G.field("group.gid", T::Uint32, "Effective group id.", |c, _| uint(c.thread()?.gid)),
    G.text("group.name", "Name of the effective group, <NA> when unknown.", |c, _| {
        let thread = c.thread()?;
        let known = c.state.group(thread.container, thread.gid);
        text(known.map_or(if thread.gid == 0 { b"root" } else { b"<NA>" }, |g| &g.name))
    }),
];
