//! What /proc and the machine's files tell of processes, descriptors, users and interfaces, as items.
//!
//! This is the edge where a live source reads its start-up facts: [`Procfs::scan`] tells everything at once, as the items
//! that stand before the first event, and [`Procfs::process`] tells one process again when its birth was lost.
//! [`TaskFacts`] turns such items into the hidden events that may stand in the midst of others.
//!
//! It never fails because a process went away or may not be read: that is counted in [`Counts`], as is everything beyond
//! a limit of [`Options`]. Each process is read through a handle of its own folder, so that the facts of a process and of
//! a later one with the same number are never mixed. What is parsed is parsed by pure functions in [`parse`].
//!
//! ```
//! use avouch_event::Item;
//! use avouch_procfs::{Options, Procfs};
//!
//! let mut procfs = Procfs::open(Options::default())?;
//! let mut processes = 0;
//! procfs.scan(&mut |item: &Item<'_>| processes += usize::from(matches!(item, Item::Process(_))));
//! assert!(processes > 0);
//! # Ok::<(), avouch_procfs::ProcfsError>(())
//! ```

pub mod flags;
pub mod parse;

mod descriptors;
mod events;
mod facts;
mod files;
mod machine;
mod options;
mod overlay;
mod pidns;
mod scan;
mod sockets;
mod users;

pub use events::TaskFacts;
pub use facts::{ExeFile, Facts};
pub use machine::boot_time;
pub use options::{Counts, Options, ProcfsError};
pub use scan::Procfs;
pub use sockets::{Socket, socket_of};
