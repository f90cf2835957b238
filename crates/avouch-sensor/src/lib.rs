//! The kernel sensor: eBPF programs (`bpf/`), their loader, and the decoder of what they tell.
//!
//! The programs hook the exit of system calls and the birth, execution and death of processes. Calls are told on the functions of
//! the wanted ones, where the kernel lets programs stand there, so that others cost nothing; else at the tracepoint that all pass
//! ([`Calls`]). The programs hand over raw arguments
//! with what they fetched (texts, addresses, facts of tasks, files and sockets); [`Sensor::poll`] turns that into events of the
//! capture schema. What a descriptor is gets told as a hidden event just before the call that works on it, so that no table of
//! descriptors has to be kept up by watching every `open` and `close`.
//!
//! Only what [`avouch_event::Interest`] names leaves the kernel. What is lost is counted by cause and CPU
//! ([`Sensor::losses`]); what cannot be seen here is said ([`Sensor::gaps`]).
//!
//! Needs Linux 5.8 with BTF, and CAP_BPF and CAP_PERFMON (before 5.11 also room for locked memory).
//!
//! ```no_run
//! use avouch_event::{Interest, Item};
//! use avouch_sensor::{Options, Sensor};
//!
//! let mut sensor = Sensor::open(&Options { interest: Interest::everything(), ..Options::default() })?;
//! sensor.poll(&mut |item| {
//!     if let Item::Event(event) = item {
//!         println!("{} {}", event.tid, event.ty.name());
//!     }
//! })?;
//! # Ok::<(), avouch_sensor::SensorError>(())
//! ```

mod abi;
mod calls;
mod clock;
mod decode;
mod error;
mod flags;
mod hooks;
mod numbers;
mod object;
mod paths;
mod plan;
mod sensor;

pub use decode::RecordDecoder;
pub use error::SensorError;
pub use hooks::{Calls, Told};
pub use plan::hooks;
pub use sensor::{Options, Sensor};
