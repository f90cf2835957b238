//! Threads, descriptors, users and containers rebuilt from events, and the field readers over them.

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
mod sock;
mod state;
mod text;
mod thread;
mod threads;
mod users;

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
