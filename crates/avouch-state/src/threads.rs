//! The thread table: adding and removing threads, their groups, and the family tree.

use std::sync::Arc;

use crate::containers::ContainerRef;
use crate::fd_table::FdTable;
use crate::state::State;
use crate::thread::{Group, Links, NONE, Thread, ThreadRef};

/// How many threads are looked at to find one to evict.
const EVICTION_SAMPLE: usize = 32;

impl State {
    pub(crate) fn at_mut(&mut self, thread: ThreadRef) -> Option<&mut Thread> {
        self.slots.get_mut(thread.0 as usize)?.as_deref_mut()
    }

    /// Handle of the thread whose tables `thread` uses: the leader, when it is known.
    pub(crate) fn main_ref(&self, thread: ThreadRef) -> Option<ThreadRef> {
        let t = self.at(thread)?;
        if t.is_main() {
            Some(thread)
        } else if t.is_invalid() {
            None
        } else {
            self.find_ref(t.pid)
        }
    }

    /// Handle of the thread whose descriptors `thread` uses: as [`Self::main_ref`], but a placeholder has its own.
    pub(crate) fn fd_root(&self, thread: ThreadRef) -> Option<ThreadRef> {
        if self.at(thread)?.is_invalid() { Some(thread) } else { self.main_ref(thread) }
    }

    /// Adds a thread and gives it its place in group and family; one of the same number is replaced.
    pub(crate) fn add_thread(&mut self, thread: Thread) -> Option<ThreadRef> {
        let added = self.add_unlinked(thread)?;
        self.link(added);
        Some(added)
    }

    /// Adds a thread without group and family. `None` when the limit allows no thread at all.
    pub(crate) fn add_unlinked(&mut self, thread: Thread) -> Option<ThreadRef> {
        if let Some(old) = self.find_ref(thread.tid) {
            self.erase(old);
        }
        if self.by_tid.len() >= self.limits.threads && !self.evict() {
            return None;
        }
        self.containers.moved(ContainerRef::HOST, thread.container);
        self.fd_count += thread.fds.len();
        let tid = thread.tid;
        let slot = match self.free.pop() {
            Some(slot) => {
                *self.slots.get_mut(slot as usize)? = Some(Box::new(thread));
                slot
            }
            None => {
                let slot = u32::try_from(self.slots.len()).ok().filter(|s| *s != NONE)?;
                self.slots.push(Some(Box::new(thread)));
                slot
            }
        };
        self.by_tid.insert(tid, slot);
        Some(ThreadRef(slot))
    }

    /// Throws out the thread that was idle longest among a few. False when there is none to throw out.
    fn evict(&mut self) -> bool {
        let keep = self.current.thread;
        let mut victim: Option<(u64, ThreadRef)> = None;
        let mut seen = 0;
        for _ in 0..self.slots.len() {
            if seen == EVICTION_SAMPLE {
                break;
            }
            self.hand = (self.hand + 1) % self.slots.len().max(1);
            let Some(Some(t)) = self.slots.get(self.hand) else { continue };
            let Ok(slot) = u32::try_from(self.hand) else { continue };
            seen += 1;
            let age = t.last_access;
            if keep != Some(ThreadRef(slot)) && victim.is_none_or(|(oldest, _)| age < oldest) {
                victim = Some((age, ThreadRef(slot)));
            }
        }
        let Some((_, victim)) = victim else { return false };
        self.erase(victim);
        self.counters.evicted_threads += 1;
        true
    }

    /// Enters the thread into its group and below its parent. An unknown parent becomes 0.
    pub(crate) fn link(&mut self, thread: ThreadRef) {
        let Some(t) = self.at_mut(thread) else { return };
        if t.is_invalid() || t.linked {
            return;
        }
        t.linked = true;
        let (pid, vpid, ptid, leads) = (t.pid, t.vpid, t.ptid, t.is_main());
        let group =
            self.groups.entry(pid).or_insert_with(|| Group { reaper: pid == 1 || vpid == 1, ..Group::default() });
        if leads {
            group.threads.insert(0, thread.0);
        } else {
            group.threads.push(thread.0);
        }
        group.alive += 1;
        if pid != 1 {
            self.enter_family(thread, ptid);
        }
    }

    /// Below the parent, in the tree. An unknown parent becomes 0.
    fn enter_family(&mut self, thread: ThreadRef, ptid: i64) {
        match self.find_ref(ptid).filter(|p| self.at(*p).is_some_and(|p| !p.is_invalid())) {
            Some(parent) => self.adopt(parent, thread),
            None => {
                if let Some(t) = self.at_mut(thread) {
                    t.ptid = 0;
                }
            }
        }
    }

    /// Makes `child` a child of `parent`, in the tree only.
    fn adopt(&mut self, parent: ThreadRef, child: ThreadRef) {
        if parent == child {
            return;
        }
        let Some(p) = self.at_mut(parent) else { return };
        let next = std::mem::replace(&mut p.links.first_child, child.0);
        if let Some(n) = self.at_mut(ThreadRef(next)) {
            n.links.prev = child.0;
        }
        if let Some(c) = self.at_mut(child) {
            (c.links.parent, c.links.next, c.links.prev) = (parent.0, next, NONE);
        }
    }

    /// Takes `child` from its parent, in the tree only.
    fn orphan(&mut self, child: ThreadRef) {
        let Some(c) = self.at_mut(child) else { return };
        let Links { parent, next, prev, .. } = c.links;
        (c.links.parent, c.links.next, c.links.prev) = (NONE, NONE, NONE);
        if let Some(n) = self.at_mut(ThreadRef(next)) {
            n.links.prev = prev;
        }
        match self.at_mut(ThreadRef(prev)) {
            Some(p) => p.links.next = next,
            None => {
                if let Some(p) = self.at_mut(ThreadRef(parent)) {
                    p.links.first_child = next;
                }
            }
        }
    }

    /// Moves the thread below the thread numbered `ptid`, or below nobody; one that has no place yet gets its place.
    pub(crate) fn set_parent(&mut self, thread: ThreadRef, ptid: i64) {
        let Some(t) = self.at_mut(thread) else { return };
        let (before, linked) = (std::mem::replace(&mut t.ptid, ptid), t.linked);
        if !linked {
            return self.link(thread);
        }
        if before == ptid {
            return;
        }
        self.orphan(thread);
        self.enter_family(thread, ptid);
    }

    /// Gives all children of `thread` to `heir`, or to nobody.
    pub(crate) fn hand_over_children(&mut self, thread: ThreadRef, heir: Option<ThreadRef>) {
        let heir = heir.filter(|h| *h != thread);
        let tid = heir.and_then(|h| self.at(h)).map_or(0, |h| h.tid);
        while let Some(child) = self.at(thread).map(|t| t.links.first_child).filter(|c| *c != NONE) {
            let child = ThreadRef(child);
            self.orphan(child);
            let Some(c) = self.at_mut(child) else { break };
            c.ptid = tid;
            if let Some(heir) = heir {
                self.adopt(heir, child);
            }
        }
    }

    /// Marks the thread dead, once.
    pub(crate) fn set_dead(&mut self, thread: ThreadRef) {
        let Some(t) = self.at_mut(thread) else { return };
        if std::mem::replace(&mut t.dead, true) {
            return;
        }
        let pid = t.pid;
        if let Some(g) = self.groups.get_mut(&pid) {
            g.alive = g.alive.saturating_sub(1);
        }
    }

    /// Who takes the orphans of `thread`: a live thread of its group, else of the nearest reaper above in the same kind
    /// of namespace.
    pub(crate) fn heir_of(&self, thread: ThreadRef) -> Option<ThreadRef> {
        let t = self.at(thread)?;
        let alive = |g: &Group| {
            g.threads.iter().map(|i| ThreadRef(*i)).find(|i| *i != thread && self.at(*i).is_some_and(|t| !t.dead))
        };
        if let Some(found) = self.groups.get(&t.pid).and_then(alive) {
            return Some(found);
        }
        let inside = t.in_pid_namespace();
        let mut above = self.parent(t);
        for _ in 0..crate::state::MAX_DEPTH {
            let a = above.filter(|a| !a.is_invalid())?;
            if a.in_pid_namespace() != inside {
                return None;
            }
            if let Some(found) = self.groups.get(&a.pid).filter(|g| g.reaper).and_then(alive) {
                return Some(found);
            }
            above = self.parent(a);
        }
        None
    }

    /// Removes a thread that exited or was replaced. A leader stays, dead, while others of its group live.
    pub(crate) fn remove_thread(&mut self, thread: ThreadRef) {
        self.remove_thread_for(thread, None);
    }

    /// As [`Self::remove_thread`]; its children go to `reaper`, if that is a thread worth the name.
    pub(crate) fn remove_thread_for(&mut self, thread: ThreadRef, reaper: Option<ThreadRef>) {
        let Some(t) = self.at(thread) else { return };
        let (pid, leads) = (t.pid, t.is_main());
        if t.is_invalid() {
            self.erase(thread);
            return;
        }
        self.set_dead(thread);
        if self.at(thread).is_some_and(|t| t.links.first_child != NONE) {
            let named = reaper.filter(|r| *r != thread && self.at(*r).is_some_and(|r| !r.is_invalid()));
            let heir = named.or_else(|| self.heir_of(thread));
            self.hand_over_children(thread, heir);
            let heir_pid = heir.and_then(|h| self.at(h)).map(|h| h.pid).filter(|p| *p != pid);
            if let Some(group) = heir_pid.and_then(|p| self.groups.get_mut(&p)) {
                group.reaper = true;
            }
        }
        let alive = self.groups.get(&pid).map_or(0, |g| g.alive);
        if leads && alive > 0 {
            return;
        }
        self.erase(thread);
        if alive == 0
            && !leads
            && let Some(main) = self.find_ref(pid)
        {
            self.erase(main);
        }
    }

    /// Takes the thread out of every table at once.
    pub(crate) fn erase(&mut self, thread: ThreadRef) {
        let Some(t) = self.at(thread) else { return };
        let (tid, pid, dead, container, fds) = (t.tid, t.pid, t.dead, t.container, t.fds.len());
        self.hand_over_children(thread, None);
        self.orphan(thread);
        if let Some(g) = self.groups.get_mut(&pid) {
            if let Some(i) = g.threads.iter().position(|i| *i == thread.0) {
                g.threads.remove(i);
                g.alive = g.alive.saturating_sub(u32::from(!dead));
            }
            if g.threads.is_empty() {
                self.groups.remove(&pid);
            }
        }
        self.containers.moved(container, ContainerRef::HOST);
        self.fd_count -= fds.min(self.fd_count);
        self.by_tid.remove(&tid);
        if let Some(slot) = self.slots.get_mut(thread.0 as usize) {
            *slot = None;
            self.free.push(thread.0);
        }
    }

    /// Moves the thread to a container.
    pub(crate) fn set_container(&mut self, thread: ThreadRef, to: ContainerRef) {
        let Some(t) = self.at_mut(thread) else { return };
        let from = std::mem::replace(&mut t.container, to);
        self.containers.moved(from, to);
    }

    /// A copy of the descriptor table for a new process; empty, and counted, when there is no room.
    pub(crate) fn copy_fds(&mut self, of: ThreadRef) -> Arc<FdTable> {
        let Some(table) = self.fd_root(of).and_then(|m| self.at(m)).map(|m| Arc::clone(&m.fds)) else {
            return Arc::default();
        };
        if self.fd_count + table.len() > self.limits.fds {
            self.counters.dropped_fds += table.len() as u64;
            return Arc::default();
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn thread(tid: i64, pid: i64, ptid: i64) -> Thread {
        Thread { pid, ptid, vtid: tid, vpid: pid, ..Thread::new(tid) }
    }

    fn state(threads: &[(i64, i64, i64)]) -> State {
        let mut s = State::default();
        for (tid, pid, ptid) in threads {
            s.add_thread(thread(*tid, *pid, *ptid)).unwrap();
        }
        s
    }

    fn ptid(s: &State, tid: i64) -> i64 {
        s.find(tid).unwrap().ptid
    }

    #[test]
    fn orphans_go_to_a_live_thread_of_the_group_then_to_the_reaper() {
        let mut s = state(&[(1, 1, 0), (10, 10, 1), (11, 10, 1), (20, 20, 10), (21, 21, 10)]);
        s.remove_thread(s.find_ref(10).unwrap());
        assert!(s.find(10).unwrap().dead, "the leader stays while its thread lives");
        assert_eq!((ptid(&s, 20), ptid(&s, 21)), (11, 11));
        s.remove_thread(s.find_ref(11).unwrap());
        assert!(s.find(10).is_none() && s.find(11).is_none());
        assert_eq!((ptid(&s, 20), ptid(&s, 21)), (1, 1));
        s.remove_thread(s.find_ref(1).unwrap());
        assert_eq!(ptid(&s, 20), 0);
    }

    #[test]
    fn full_table_throws_out_the_idlest() {
        let mut s = State::new(Limits { threads: 3, ..Limits::default() });
        for tid in 1..=3 {
            s.add_thread(Thread { last_access: 10 - tid as u64, ..thread(tid, tid, 0) }).unwrap();
        }
        s.add_thread(thread(4, 4, 3)).unwrap();
        assert!(s.find(3).is_none() && s.find(1).is_some());
        assert_eq!((s.counters().evicted_threads, s.thread_count(), ptid(&s, 4)), (1, 3, 0));
    }

    #[test]
    fn no_room_at_all_is_no_panic() {
        let mut s = State::new(Limits { threads: 0, ..Limits::default() });
        assert!(s.add_thread(thread(1, 1, 0)).is_none());
    }

    #[test]
    fn endless_lines_of_ancestors_are_cut() {
        let chain: Vec<_> = (1..3_000).map(|n| (n, n, n - 1)).collect();
        let s = state(&chain);
        assert_eq!(s.ancestors(s.find(2_999).unwrap()).count(), crate::state::MAX_DEPTH);
        assert_eq!(s.heir_of(s.find_ref(2_999).unwrap()), None);
    }

    #[test]
    fn loops_of_parents_end() {
        let mut s = state(&[(2, 2, 0), (3, 3, 2)]);
        s.at_mut(s.find_ref(2).unwrap()).unwrap().ptid = 3;
        let two = s.find(2).unwrap();
        assert!(s.ancestors(two).count() < 8);
        assert_eq!(s.heir_of(s.find_ref(2).unwrap()), None);
        let own = state(&[(5, 5, 5)]);
        assert_eq!(own.ancestors(own.find(5).unwrap()).count(), 0);
    }
}
