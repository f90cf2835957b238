//! Events and the vocabulary that reads them.
//!
//! An [`Event`] is one thing that happened: a system call's exit, a Kubernetes audit record, a CloudTrail record. Sources
//! (`avouch-scap`, `avouch-audit`, later the sensor) produce [`Item`]s; `avouch-state` applies them; the rule engine reads
//! fields through [`FieldCatalog`] and [`FieldReader`] and never knows where a value came from.
//!
//! This crate does no IO, reads no clock and no environment.
//!
//! ```
//! use avouch_event::{types, EventBuf};
//! let mut buf = EventBuf::new(types::CHDIR_X);
//! buf.push_i64(0).push_charbuf(b"/etc");
//! let event = buf.event();
//! assert_eq!(event.params.charbuf(1), Some(&b"/etc"[..]));
//! assert_eq!(event.ty.name(), "chdir");
//! ```

mod event;
mod field;
pub mod flags;
mod interest;
mod item;
mod losses;
pub mod syscalls;
mod table;
mod time;
mod value;

pub use event::{Event, EventBuf, Params, Range};
pub use field::{
    ArgSpec, FieldArg, FieldCatalog, FieldDecl, FieldError, FieldFlags, FieldId, FieldReader, FieldRef, FieldType,
    Output, Print, Reads, Shape,
};
pub use interest::{Interest, ReadPaths, Want};
pub use item::{
    FdEntry, FdKind, GroupEntry, InterfaceAddr, InterfaceEntry, Item, L4Proto, MachineInfo, ProcessEntry, UserEntry,
};
pub use losses::{LossCause, Losses};
pub use table::{
    Category, Direction, EVENTS, EventFlags, EventInfo, EventType, ParamExtra, ParamFormat, ParamInfo, ParamType,
    SourceCategory, types,
};
pub use time::{TimeStyle, TimeText, parse_rfc3339, time_text};
pub use value::{IpNet, Value};

/// Arena for values that must be composed (`proc.cmdline` of an ancestor, `evt.args`) while one event is judged.
pub type Arena = bumpalo::Bump;
