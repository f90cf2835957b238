//! Kubernetes audit logs and CloudTrail files as events, and the fields that rules read from them.
//!
//! [`Records`] turns bytes into events of type `pluginevent` whose data is the record's JSON: the same events that
//! Falco's plugins emit, so that records read here and plugin events found inside a capture are one thing.
//! [`JsonReader`] reads fields from such an event, [`SourceFields`] declares what fields a source has.
//!
//! This crate opens no file and reads no clock. What is no event is reported with its place and counted; nothing is
//! dropped in silence, and a broken record does not take its neighbours with it.
//!
//! Where fields differ from Falco's plugins on purpose:
//! * `ka.sourceips` and `ct.request.documentname` read what their documentation says; there a wrong key leaves them absent.
//! * `ka.req.pod.*.eff_run_as_user` and `..._group` look into the security contexts; there they look beside them and say 0.
//! * A list over containers gives the containers that have the setting; there one without it can empty the list.
//! * `ct.*` texts that are `null` are absent, as those that are missing; there some are the empty text.
//! * `evt.plugininfo` of an audit event is one line of who did what; there it is the whole record.

mod cloudtrail;
mod fields;
pub mod json;
mod k8s;
mod limits;
mod reader;
mod records;
mod resync;
mod scan;
mod source;
mod split;

pub use fields::SourceFields;
pub use limits::Limits;
pub use reader::{JsonReader, Run};
pub use records::{BadRecord, ReadError, Reason, RecordCounts, Records, Step};
pub use source::{Format, PLUGINS, Source, detect};
pub use split::Place;
