//! Lines of `/etc/passwd` and `/etc/group`, read plainly: what a name service adds is not seen.

use avouch_event::{GroupEntry, UserEntry};

use super::bytes::uint;

fn id(text: &[u8]) -> Option<u32> {
    u32::try_from(uint(text)?).ok()
}

/// A line of `passwd`; `None` for comments and what is not one.
#[must_use]
pub fn user<'a>(line: &'a [u8], container_id: &'a [u8]) -> Option<UserEntry<'a>> {
    let mut f = line.split(|b| *b == b':');
    let name = f.next().filter(|n| !n.is_empty() && !n.starts_with(b"#"))?;
    let (uid, gid) = (id(f.nth(1)?)?, id(f.next()?)?);
    let (home, shell) = (f.nth(1)?, f.next()?);
    Some(UserEntry { uid, gid, name, home, shell, container_id })
}

/// A line of `group`; `None` for comments and what is not one.
#[must_use]
pub fn group<'a>(line: &'a [u8], container_id: &'a [u8]) -> Option<GroupEntry<'a>> {
    let mut f = line.split(|b| *b == b':');
    let name = f.next().filter(|n| !n.is_empty() && !n.starts_with(b"#"))?;
    Some(GroupEntry { gid: id(f.nth(1)?)?, name, container_id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_plain() {
        let u = user(b"web:x:33:34:www,,,:/var/www:/usr/sbin/nologin", b"c1").unwrap();
        assert_eq!(
            (u.uid, u.gid, u.name, u.home, u.shell),
            (33, 34, &b"web"[..], &b"/var/www"[..], &b"/usr/sbin/nologin"[..])
        );
        assert_eq!(u.container_id, b"c1");
        assert!(
            user(b"+::::::", b"").is_none()
                && user(b"#x:x:1:1::/:/", b"").is_none()
                && user(b"x:x:-1:1::/:/", b"").is_none()
        );
        let g = group(b"adm:x:4:syslog", b"").unwrap();
        assert_eq!((g.gid, g.name), (4, &b"adm"[..]));
    }
}
