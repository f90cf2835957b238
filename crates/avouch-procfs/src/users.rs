//! Users and groups, from the plain files of the machine and of containers.

use avouch_event::Item;
use rustix::fd::AsFd;

use crate::machine::file_below;
use crate::options::{Counts, Options};
use crate::parse;

/// Tells the users and groups whose files stand below `root`.
pub(crate) fn tell(
    root: impl AsFd,
    container_id: &[u8],
    buf: &mut Vec<u8>,
    options: &Options,
    counts: &mut Counts,
    emit: &mut dyn FnMut(&Item<'_>),
) {
    if file_below(&root, c"etc/passwd", buf, options.file_bytes, counts) {
        let mut users = parse::lines(buf).filter_map(|l| parse::user(l, container_id));
        users.by_ref().take(options.users).for_each(|u| emit(&Item::User(u)));
        counts.over_entries += users.count() as u64;
    }
    if file_below(&root, c"etc/group", buf, options.file_bytes, counts) {
        let mut groups = parse::lines(buf).filter_map(|l| parse::group(l, container_id));
        groups.by_ref().take(options.users).for_each(|g| emit(&Item::Group(g)));
        counts.over_entries += groups.count() as u64;
    }
}
