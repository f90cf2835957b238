//! Live runs over recordings and over scripted sources.

mod recordings;
mod scripted;
#[path = "../../../../avouch-conformance/src/recordings.rs"]
mod testdata;

use super::records::{Finding, Observation, Record};
use super::*;
use crate::judge::{Detection, Sink};

#[derive(Default)]
struct Seen {
    /// Number of the event, rule, message.
    detections: Vec<(u64, String, String)>,
    records: Vec<Record>,
}

impl Sink for Seen {
    fn detection(&mut self, d: &Detection<'_>) {
        self.detections.push((d.event.num, d.rule.name.clone(), d.message()));
    }
}

impl LiveSink for Seen {
    fn record(&mut self, record: Record) {
        self.records.push(record);
    }
}

impl Seen {
    fn findings(&self) -> Vec<&Finding> {
        self.records.iter().filter_map(|r| if let Record::Finding(f) = r { Some(&**f) } else { None }).collect()
    }

    fn observations(&self) -> Vec<&Observation> {
        self.records.iter().filter_map(|r| if let Record::Observation(o) = r { Some(&**o) } else { None }).collect()
    }
}
