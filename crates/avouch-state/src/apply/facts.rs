//! Users, groups and containers that events tell of.

use avouch_event::{Event, GroupEntry, UserEntry, types};

use crate::container_json;
use crate::state::State;

impl State {
    pub(super) fn on_user(&mut self, e: &Event<'_>) {
        let p = &e.params;
        let Some(uid) = p.u32(0) else { return };
        let text = |i| p.charbuf(i).unwrap_or(b"");
        if e.ty == types::USER_DELETED_E {
            self.users.remove(text(5), uid);
            return;
        }
        let gid = p.u32(1).unwrap_or(u32::MAX);
        self.add_user(&UserEntry { uid, gid, name: text(2), home: text(3), shell: text(4), container_id: text(5) });
    }

    pub(super) fn on_group(&mut self, e: &Event<'_>) {
        let p = &e.params;
        let Some(gid) = p.u32(0) else { return };
        let text = |i| p.charbuf(i).unwrap_or(b"");
        if e.ty == types::GROUP_DELETED_E {
            self.user_groups.remove(text(2), gid);
        } else {
            self.add_group(&GroupEntry { gid, name: text(1), container_id: text(2) });
        }
    }

    pub(super) fn on_container_json(&mut self, e: &Event<'_>) {
        if let Some(json) = e.params.charbuf(0) {
            self.learn_container(json, e.timestamp);
        }
    }

    pub(super) fn on_async(&mut self, e: &Event<'_>) {
        let Some(data) = e.params.get(2) else { return };
        let data = data.split(|b| *b == 0).next().unwrap_or(data);
        match e.params.charbuf(1) {
            Some(b"container") => self.learn_container(data, e.timestamp),
            Some(b"container_removed") => {
                let Some((id, _)) = container_json::parse(data) else {
                    self.counters.bad_container_json += 1;
                    return;
                };
                self.users.remove_container(id.as_bytes());
                self.user_groups.remove_container(id.as_bytes());
                if let Some(c) = self.containers.find(id.as_bytes()) {
                    self.containers.removed(c);
                }
            }
            _ => {}
        }
    }

    fn learn_container(&mut self, json: &[u8], now: u64) {
        let parsed = if json.len() > self.limits.container_json { None } else { container_json::parse(json) };
        let Some((id, meta)) = parsed else {
            self.counters.bad_container_json += 1;
            return;
        };
        if id.is_empty() || &*id == "host" {
            return;
        }
        let full_id = meta.full_id.as_bytes();
        match self.containers.intern(id.as_bytes(), full_id, meta.ty, now, self.limits.containers) {
            Some(c) => {
                if let Some(slot) = self.containers.get_mut(c) {
                    slot.meta = Some(Box::new(meta));
                }
            }
            None => self.counters.dropped_containers += 1,
        }
    }
}
