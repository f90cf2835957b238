//! Watching live: a source that goes on, the state, the rules, and what a run leaves behind.
//!
//! [`Live`] takes items of a [`LiveSource`] through an [`Intake`] (numbers, and waiting for metadata of containers), tells
//! them to the state, judges them as a replay does, and hands detections and [`records`] to a [`LiveSink`]. [`Activity`]
//! condenses events to commands, connections and file changes; [`SliceOptions`] keeps a small capture of each detection;
//! [`RecordFiles`] writes records to files. Clocks are arguments; only the meter of own use, the record files and the
//! slices touch the machine.

mod activity;
pub mod audit;
mod capture;
mod changes;
mod containers;
mod digest;
mod disk;
mod files;
mod intake;
mod log;
mod own;
pub mod records;
mod repair;
mod run;
mod slices;
mod source;
#[cfg(test)]
mod tests;
mod who;

pub use activity::{Activity, ActivityLimits};
pub use capture::CaptureSource;
pub use changes::FileEvent;
pub use containers::{Answer, ContainerLookup};
pub use digest::RulesDigest;
pub use files::{RecordFiles, RecordFilesError};
pub use intake::{ContainerCounts, HoldLimits, Intake};
pub use repair::{RepairCounts, TaskLookup};
pub use run::{Health, Live, LiveOptions, LiveSink, Now};
pub use slices::{SliceCounts, SliceOptions};
pub use source::{LiveSource, SourceError};
pub use who::who;
