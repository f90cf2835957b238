//! Threads, descriptors, users and containers rebuilt from events, and the field readers over them.
//!
//! [`State`] has one way in, [`State::apply`]: the facts of a snapshot and the events after it, as [`avouch_event::Item`]s. It
//! reads no clock and does no IO, so the same items always give the same state. What it may hold is bounded by [`Limits`];
//! what did not fit or was odd stands in [`Counters`]. Input is hostile: nothing here panics or fails.
//!
//! ```
//! use avouch_event::{EventBuf, Item, ProcessEntry, types};
//! use avouch_state::{Limits, State};
//!
//! let mut state = State::new(Limits::default());
//! state.apply(&Item::Process(ProcessEntry { tid: 7, pid: 7, comm: b"sh", cwd: b"/srv", ..ProcessEntry::default() }));
//! state.apply(&Item::SnapshotEnd);
//!
//! let mut open = EventBuf::new(types::OPEN_X);
//! open.tid = 7;
//! open.push_i64(3).push_charbuf(b"../etc/passwd").push_u32(1).push_u32(0).push_u32(0).push_u64(0);
//! state.apply(&Item::Event(open.event()));
//!
//! assert_eq!(state.thread().map(|t| t.comm()), Some(&b"sh"[..]));
//! assert_eq!(state.current_fd().map(|fd| &*fd.name), Some(&b"/etc/passwd"[..]));
//! ```

mod apply;
mod cgroup;
mod container_json;
mod containers;
mod current;
mod fd;
mod fd_table;
mod fields;
mod interfaces;
mod limits;
pub mod path;
mod snapshot;
mod sock;
mod state;
mod text;
mod thread;
mod threads;
mod users;

pub use cgroup::{CgroupContainer, find as container_of_cgroups};
pub use containers::{Container, ContainerMeta, ContainerRef, ContainerType, Containers, Mount, Probe};
pub use current::Current;
pub use fd::{Fd, FdType, RawName, Role, SockEnds};
pub use fd_table::FdTable;
pub use fields::{SyscallFields, SyscallReader};
pub use interfaces::{Interface, Interfaces};
pub use limits::{Counters, Limits};
pub use sock::{IpText, SockAddr, SockTuple};
pub use state::{Ancestors, Machine, State};
pub use text::{Cmdline, Text, split_nul};
pub use thread::{Caps, ExeFile, Thread, ThreadRef, clone_flags};
pub use users::{Group, PerContainer, User};
