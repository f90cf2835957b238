//! What a thread is and may do: ids, capabilities, limits, memory.

use avouch_event::{Event, types};

use crate::state::State;
use crate::thread::{Caps, Thread, clone_flags};

/// Resource number of the limit on open descriptors, in the capture format.
const RLIMIT_NOFILE: u8 = 7;

impl State {
    fn current_mut(&mut self) -> Option<&mut Thread> {
        self.current.thread.and_then(|t| self.at_mut(t))
    }

    pub(super) fn on_setid(&mut self, e: &Event<'_>) {
        if e.params.i64(0) != Some(0) {
            return;
        }
        let (param, group) = match e.ty {
            types::SETUID_X => (1, false),
            types::SETGID_X => (1, true),
            types::SETREUID_X | types::SETRESUID_X => (2, false),
            _ => (2, true),
        };
        // All ones leave the id as it is.
        let Some(id) = e.params.u32(param).filter(|id| *id != u32::MAX) else { return };
        let Some(t) = self.current_mut() else { return };
        if group {
            t.gid = id;
        } else {
            t.uid = id;
        }
    }

    pub(super) fn on_setsid(&mut self, e: &Event<'_>) {
        let Some(sid) = e.params.i64(0).filter(|r| *r >= 0) else { return };
        if let Some(t) = self.current_mut() {
            t.sid = sid;
        }
    }

    pub(super) fn on_capset(&mut self, e: &Event<'_>) {
        let p = &e.params;
        if p.i64(0).is_none_or(|r| r < 0) {
            return;
        }
        if let Some(t) = self.current_mut() {
            t.caps.inheritable = p.u64(1).unwrap_or(t.caps.inheritable);
            t.caps.permitted = p.u64(2).unwrap_or(t.caps.permitted);
            t.caps.effective = p.u64(3).unwrap_or(t.caps.effective);
        }
    }

    /// A new user namespace gives all capabilities in it.
    pub(super) fn on_namespace(&mut self, e: &Event<'_>) {
        let p = &e.params;
        let flags = if e.ty == types::UNSHARE_X { p.u32(1) } else { p.u32(2) };
        if p.i64(0).is_none_or(|r| r < 0) || flags.unwrap_or(0) & clone_flags::NEWUSER == 0 {
            return;
        }
        if let Some(t) = self.current_mut() {
            t.caps = Caps { inheritable: ALL_CAPS, permitted: ALL_CAPS, effective: ALL_CAPS };
        }
    }

    pub(super) fn on_prctl(&mut self, e: &Event<'_>) {
        const SET_CHILD_SUBREAPER: u32 = 36;
        const GET_CHILD_SUBREAPER: u32 = 37;
        let p = &e.params;
        let tells = matches!(p.u32(1), Some(SET_CHILD_SUBREAPER | GET_CHILD_SUBREAPER));
        if p.i64(0).is_none_or(|r| r < 0) || !tells {
            return;
        }
        let on = p.i64(3).unwrap_or(0) != 0;
        let Some(pid) = self.thread().map(|t| t.pid) else { return };
        if let Some(group) = self.groups.get_mut(&pid) {
            group.reaper = on;
        }
    }

    pub(super) fn on_rlimit(&mut self, e: &Event<'_>) {
        let p = &e.params;
        if p.i64(0).is_none_or(|r| r < 0) {
            return;
        }
        let (resource, limit, target) = match e.ty {
            types::PRLIMIT_X => (p.u8(6), p.i64(1), p.i64(5).filter(|pid| *pid != 0)),
            _ => (p.u8(3), p.i64(1), None),
        };
        // -1 as new limit: `prlimit` only asked.
        let Some(limit) = limit.filter(|l| *l != -1 && resource == Some(RLIMIT_NOFILE)) else { return };
        let target = target.map_or(self.current.thread, |tid| self.find_ref(tid));
        if let Some(t) = target.and_then(|t| self.main_ref(t)).and_then(|t| self.at_mut(t)) {
            t.fdlimit = limit;
        }
    }

    pub(super) fn on_memory(&mut self, e: &Event<'_>) {
        let p = &e.params;
        if let Some(t) = self.current_mut() {
            t.vmsize = p.u32(1).unwrap_or(t.vmsize);
            t.vmrss = p.u32(2).unwrap_or(t.vmrss);
            t.vmswap = p.u32(3).unwrap_or(t.vmswap);
        }
    }

    /// Page faults are the thread's own, memory is told of its leader only.
    pub(super) fn on_switch(&mut self, e: &Event<'_>) {
        let p = &e.params;
        let Some(thread) = self.current.thread else { return };
        if let Some(t) = self.at_mut(thread) {
            t.pfmajor = p.u64(1).unwrap_or(t.pfmajor);
            t.pfminor = p.u64(2).unwrap_or(t.pfminor);
        }
        if let Some(t) = self.main_ref(thread).and_then(|main| self.at_mut(main)) {
            t.vmsize = p.u32(3).unwrap_or(t.vmsize);
            t.vmrss = p.u32(4).unwrap_or(t.vmrss);
            t.vmswap = p.u32(5).unwrap_or(t.vmswap);
        }
    }
}

/// Every capability of the capture format's numbering, 41 of them (Linux 5.9 and later).
const ALL_CAPS: u64 = (1 << 41) - 1;
