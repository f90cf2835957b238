//! Threads, descriptors, users and containers rebuilt from events, and the field readers over them.

mod apply;
mod containers;
mod current;
mod fd;
mod fd_table;
mod interfaces;
mod limits;
mod state;
mod text;
mod thread;
mod users;

pub use containers::{Container, ContainerMeta, ContainerRef, ContainerType, Containers, Mount, Probe};
pub use current::Current;
pub use fd::{Connection, Fd, FdType, Role, SockEnds};
pub use fd_table::FdTable;
pub use interfaces::{Interface, Interfaces};
pub use limits::{Counters, Limits};
pub use state::{Ancestors, Machine, State};
pub use text::{Cmdline, Text, split_nul};
pub use thread::{Caps, ExeFile, Thread, ThreadRef, clone_flags};
pub use users::{Group, PerContainer, User};
