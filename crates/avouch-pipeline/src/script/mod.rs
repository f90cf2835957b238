//! Events written by hand, as JSON, for tests of rules.
//!
//! One object an event:
//!
//! ```json
//! {"type": "openat", "params": {"fd": 3, "name": "/etc/shadow", "flags": "O_RDONLY"},
//!  "proc": {"name": "cat", "exepath": "/usr/bin/cat", "args": ["/etc/shadow"], "ancestors": ["bash", "sshd"]}}
//! ```
//!
//! `type` is an event name of the table; its current exit event is meant. `params` are named as in `evt.arg.<name>`;
//! what is not given is absent. `proc` tells the acting process, its ancestors, user, container and open descriptors.
//! Two events whose `proc` has the same `pid` act in the same process; without `pid` each name is one process.

mod encode;
mod world;

use avouch_event::{EVENTS, EventBuf, EventType, Item, SourceCategory};
use serde_json::Value as Json;

pub use world::World;

/// Why a scripted event cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// Not an object, or a key of the wrong kind.
    #[error("`{key}` must be {expected}")]
    Shape {
        /// Which key.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    /// No event has this name.
    #[error("no event type is named `{0}`")]
    UnknownType(String),
    /// The event has no such parameter.
    #[error("event `{event}` has no parameter `{param}`; it has: {known}")]
    UnknownParam {
        /// Event name.
        event: &'static str,
        /// What was written.
        param: String,
        /// What there is.
        known: String,
    },
    /// A parameter's value does not fit its type.
    #[error("parameter `{param}`: expected {expected}")]
    Param {
        /// Which parameter.
        param: &'static str,
        /// What it must be.
        expected: String,
    },
    /// `proc` has a key that nothing reads.
    #[error("`proc` has no key `{0}`")]
    UnknownKey(String),
}

/// Steps between scripted events that give no time of their own, ns.
const STEP: u64 = 1_000_000_000;

/// Turns scripted events into what a capture would have yielded: the world first, then the events in order.
///
/// # Errors
/// Names the first event (from 0) that is not well formed, and why.
pub fn play(events: &[Json], mut each: impl FnMut(&Item<'_>)) -> Result<(), (usize, ScriptError)> {
    let mut world = World::default();
    let mut bufs = Vec::new();
    for (i, json) in events.iter().enumerate() {
        bufs.push(event(json, i, &mut world).map_err(|e| (i, e))?);
    }
    each(&Item::Reset);
    world.tell(&mut each);
    let containers = world.container_events();
    for (num, buf) in (1..).zip(containers.into_iter().chain(bufs).collect::<Vec<_>>().iter_mut()) {
        buf.num = num;
        each(&Item::Event(buf.event()));
    }
    Ok(())
}

fn event(json: &Json, index: usize, world: &mut World) -> Result<EventBuf, ScriptError> {
    let shape = |key: &str, expected| ScriptError::Shape { key: key.to_owned(), expected };
    let object = json.as_object().ok_or_else(|| shape("event", "an object"))?;
    for key in object.keys() {
        if !matches!(key.as_str(), "type" | "ts" | "tid" | "cpu" | "params" | "proc") {
            return Err(shape(key, "one of type, ts, tid, cpu, params, proc"));
        }
    }
    let name = object.get("type").and_then(Json::as_str).ok_or_else(|| shape("type", "an event name"))?;
    let ty = current_event(name).ok_or_else(|| ScriptError::UnknownType(name.to_owned()))?;
    let none = serde_json::Map::new();
    let map = |key: &str| match object.get(key) {
        None => Ok(&none),
        Some(v) => v.as_object().ok_or_else(|| shape(key, "an object")),
    };
    let process = world.process(map("proc")?)?;
    let mut params = map("params")?.clone();
    world.fill(ty, process, &mut params);
    let mut buf = encode::event(ty, &params)?;
    buf.tid = match object.get("tid") {
        None => world.tid(process),
        Some(v) => v.as_i64().ok_or_else(|| shape("tid", "a number"))?,
    };
    buf.timestamp = match object.get("ts") {
        None => world::START + STEP * (index as u64 + 1),
        Some(v) => v.as_u64().ok_or_else(|| shape("ts", "nanoseconds since the epoch"))?,
    };
    Ok(buf)
}

/// The event that a current kernel sensor emits for `name`: the newest exit, or a stand-alone one.
fn current_event(name: &str) -> Option<EventType> {
    let fits = |i: &&avouch_event::EventInfo| {
        let ty = EventType(i.number);
        i.name == name
            && i.source != SourceCategory::None
            && !ty.has(avouch_event::EventFlags::OLD_VERSION)
            && !ty.has(avouch_event::EventFlags::UNUSED)
    };
    let exit = EVENTS.iter().rev().filter(fits).find(|i| EventType(i.number).is_exit());
    exit.or_else(|| EVENTS.iter().rev().find(fits)).map(|i| EventType(i.number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use avouch_event::types;
    use serde_json::json;

    fn items(events: &[Json]) -> Vec<String> {
        let mut out = Vec::new();
        play(events, |item| {
            out.push(match item {
                Item::Process(p) => format!("process {} {}", p.tid, String::from_utf8_lossy(p.comm)),
                Item::Event(e) => format!("event {} {} tid {}", e.num, e.ty.name(), e.tid),
                Item::Fd(tid, f) => format!("fd {tid} {}", f.fd),
                other => format!("{other:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
            });
        })
        .unwrap();
        out
    }

    #[test]
    fn names_mean_the_current_exit_event() {
        assert_eq!(current_event("openat"), Some(types::OPENAT_2_X));
        assert_eq!(current_event("execve"), Some(types::EXECVE_19_X));
        assert_eq!(current_event("procexit"), Some(types::PROCEXIT_1_E));
        assert_eq!(current_event("nosuch"), None);
    }

    #[test]
    fn ancestors_stand_before_the_process() {
        let event = json!({"type": "openat", "params": {"fd": 3, "name": "/etc/shadow", "flags": "O_RDONLY"},
            "proc": {"name": "cat", "ancestors": ["bash"], "fds": {"0": "/dev/null"}}});
        let told = items(&[event]);
        assert!(told.contains(&"process 101 bash".to_owned()), "{told:?}");
        assert!(told.contains(&"process 100 cat".to_owned()), "{told:?}");
        assert!(told.contains(&"fd 100 0".to_owned()), "{told:?}");
        assert_eq!(told.last().map(String::as_str), Some("event 1 openat tid 100"));
    }

    #[test]
    fn mistakes_are_named() {
        let bad = |json| play(&[json], |_| {}).unwrap_err().1.to_string();
        assert_eq!(bad(json!({"type": "opn"})), "no event type is named `opn`");
        assert!(
            bad(json!({"type": "chdir", "params": {"pth": 1}})).starts_with("event `chdir` has no parameter `pth`")
        );
        assert_eq!(bad(json!({"type": "chdir", "proc": {"nme": 1}})), "`proc` has no key `nme`");
    }
}
