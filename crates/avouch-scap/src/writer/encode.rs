//! Entries of the metadata lists, newest layouts.

use std::net::{IpAddr, Ipv6Addr};

use avouch_event::{FdEntry, FdKind, GroupEntry, InterfaceEntry, ProcessEntry, UserEntry};

use super::WriteError;
use crate::lists::fd::kind;
use crate::lists::{interface, user};

/// Little-endian bytes under construction.
#[derive(Default)]
pub(super) struct Encoder {
    pub(super) bytes: Vec<u8>,
}

type Done = Result<(), WriteError>;

impl Encoder {
    pub(super) fn u8(&mut self, v: u8) {
        self.bytes.push(v);
    }

    pub(super) fn u16(&mut self, v: u16) {
        self.bytes.extend_from_slice(&v.to_le_bytes());
    }

    pub(super) fn u32(&mut self, v: u32) {
        self.bytes.extend_from_slice(&v.to_le_bytes());
    }

    pub(super) fn u64(&mut self, v: u64) {
        self.bytes.extend_from_slice(&v.to_le_bytes());
    }

    pub(super) fn i64(&mut self, v: i64) {
        self.bytes.extend_from_slice(&v.to_le_bytes());
    }

    fn str(&mut self, what: &'static str, text: &[u8]) -> Done {
        let len = u16::try_from(text.len()).map_err(|_| WriteError::TooLong { what, len: text.len() })?;
        self.u16(len);
        self.bytes.extend_from_slice(text);
        Ok(())
    }

    /// An entry in front of which stands its length; `including` whether the length counts its own four bytes.
    fn sized(&mut self, including: bool, write: impl FnOnce(&mut Self) -> Done) -> Done {
        let start = self.bytes.len();
        self.u32(0);
        write(self)?;
        let len = self.bytes.len() - start - if including { 0 } else { 4 };
        // Entries hold some strings of 64 KiB at most.
        let len = u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(at) = self.bytes.get_mut(start..start + 4) {
            at.copy_from_slice(&len);
        }
        Ok(())
    }

    pub(super) fn process(&mut self, p: &ProcessEntry<'_>) -> Done {
        self.sized(true, |e| {
            for id in [p.tid, p.pid, p.ptid, p.sid, p.vpgid] {
                e.i64(id);
            }
            e.str("comm", p.comm)?;
            e.str("exe", p.exe)?;
            e.str("exepath", p.exepath)?;
            e.str("args", p.args)?;
            e.str("cwd", p.cwd)?;
            e.i64(p.fdlimit);
            for v in [p.flags, p.uid, p.gid, p.vmsize, p.vmrss, p.vmswap] {
                e.u32(v);
            }
            e.u64(p.pfmajor);
            e.u64(p.pfminor);
            e.str("env", p.env)?;
            e.i64(p.vtid);
            e.i64(p.vpid);
            e.str("cgroups", p.cgroups)?;
            e.str("root", p.root)?;
            e.u64(p.pidns_init_start_ts);
            e.u32(p.tty);
            e.u32(p.loginuid);
            e.u8(u8::from(p.exe_writable));
            for v in [p.cap_inheritable, p.cap_permitted, p.cap_effective] {
                e.u64(v);
            }
            e.u8(u8::from(p.exe_upper_layer));
            for v in [p.exe_ino, p.exe_ino_ctime, p.exe_ino_mtime] {
                e.u64(v);
            }
            e.u8(u8::from(p.exe_from_memfd));
            e.u8(u8::from(p.exe_lower_layer));
            e.i64(p.pgid);
            Ok(())
        })
    }

    pub(super) fn fd(&mut self, fd: &FdEntry<'_>) -> Done {
        self.sized(true, |e| {
            e.i64(fd.fd);
            e.u64(fd.ino);
            let (number, name) = match fd.kind {
                FdKind::File { name, open_flags, dev } => {
                    e.u8(kind::FILE_V2);
                    e.u32(open_flags);
                    e.str("file name", name)?;
                    e.u32(dev);
                    return Ok(());
                }
                FdKind::Socket { source, dest, proto } => {
                    let v4 = source.0.is_ipv4() && dest.0.is_ipv4();
                    e.u8(if v4 { kind::IPV4 } else { kind::IPV6 });
                    e.ip(source.0, v4);
                    e.ip(dest.0, v4);
                    e.u16(source.1);
                    e.u16(dest.1);
                    e.u8(proto as u8);
                    return Ok(());
                }
                FdKind::ServerSocket { local, proto } => {
                    let v4 = local.0.is_ipv4();
                    e.u8(if v4 { kind::IPV4_SERVER } else { kind::IPV6_SERVER });
                    e.ip(local.0, v4);
                    e.u16(local.1);
                    e.u8(proto as u8);
                    return Ok(());
                }
                FdKind::Unix { source, dest, name } => {
                    e.u8(kind::UNIX);
                    e.u64(source);
                    e.u64(dest);
                    return e.str("socket path", name);
                }
                FdKind::Directory { name } => (kind::DIRECTORY, name),
                FdKind::Fifo { name } => (kind::FIFO, name),
                FdKind::Unsupported { name } => (kind::UNSUPPORTED, name),
                FdKind::Event { name } => (kind::EVENT, name),
                FdKind::Signalfd { name } => (kind::SIGNALFD, name),
                FdKind::Eventpoll { name } => (kind::EVENTPOLL, name),
                FdKind::Inotify { name } => (kind::INOTIFY, name),
                FdKind::Timerfd { name } => (kind::TIMERFD, name),
                FdKind::Netlink { name } => (kind::NETLINK, name),
                FdKind::Bpf { name } => (kind::BPF, name),
                FdKind::Userfaultfd { name } => (kind::USERFAULTFD, name),
                FdKind::IoUring { name } => (kind::IO_URING, name),
                FdKind::Memfd { name } => (kind::MEMFD, name),
                FdKind::Pidfd { name } => (kind::PIDFD, name),
            };
            e.u8(number);
            e.str("descriptor name", name)
        })
    }

    /// Address bytes in network order. With one end of each family, both are written as version 6, the other mapped.
    fn ip(&mut self, addr: IpAddr, v4: bool) {
        match addr {
            IpAddr::V4(a) if v4 => self.bytes.extend_from_slice(&a.octets()),
            IpAddr::V4(a) => self.v6(a.to_ipv6_mapped()),
            IpAddr::V6(a) => self.v6(a),
        }
    }

    fn v6(&mut self, addr: Ipv6Addr) {
        self.bytes.extend_from_slice(&addr.octets());
    }

    pub(super) fn interface(&mut self, i: &InterfaceEntry<'_>) -> Done {
        self.sized(false, |e| {
            let a = i.addr;
            let v4 = [a.addr, a.mask, a.broadcast].iter().all(IpAddr::is_ipv4);
            let what = "interface name";
            let len = u16::try_from(i.name.len()).map_err(|_| WriteError::TooLong { what, len: i.name.len() })?;
            e.u16(if v4 { interface::V4 } else { interface::V6 });
            e.u16(len);
            for addr in [a.addr, a.mask, a.broadcast] {
                e.ip(addr, v4);
            }
            e.u64(i.link_speed);
            e.bytes.extend_from_slice(i.name);
            Ok(())
        })
    }

    pub(super) fn user(&mut self, u: &UserEntry<'_>) -> Done {
        self.sized(true, |e| {
            e.u8(user::USER);
            e.u32(u.uid);
            e.u32(u.gid);
            e.str("user name", u.name)?;
            e.str("home", u.home)?;
            e.str("shell", u.shell)
        })
    }

    pub(super) fn group(&mut self, g: &GroupEntry<'_>) -> Done {
        self.sized(true, |e| {
            e.u8(user::GROUP);
            e.u32(g.gid);
            e.str("group name", g.name)
        })
    }
}
