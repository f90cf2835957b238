//! Where what a live run tells goes: the terminal, files, evidence, responses.

use avouch_pipeline::live::records::Record;
use avouch_pipeline::live::{FileEvent, LiveSink, RecordFiles, RecordFilesError};
use avouch_pipeline::{Detection, RuleSet, Sink};

use crate::commands::printer::Printer;
use crate::integrity::WatchedFiles;
use crate::keeper::Keeper;
use crate::responses::{self, Responses};
use crate::terminal;

/// Detections to standard output, records to files.
pub(super) struct Output {
    pub(super) printer: Printer,
    pub(super) files: Option<RecordFiles>,
    pub(super) error: Option<RecordFilesError>,
    pub(super) responses: Option<Responses>,
    pub(super) watched_files: Option<WatchedFiles>,
    pub(super) keeper: Option<Keeper>,
}

impl Output {
    /// Tells what was done or denied meanwhile, and what was found of watched files.
    pub(super) fn acts(&mut self) {
        let acts = self.responses.as_mut().map(Responses::take).unwrap_or_default();
        self.tell(acts);
        let found = self.watched_files.as_mut().map(WatchedFiles::take).unwrap_or_default();
        found.into_iter().for_each(|record| self.record(record));
    }

    /// What responses cannot do here, and what they and the watch over files lost so far, as sentences.
    pub(super) fn gaps(&self, rules: &RuleSet) -> Vec<String> {
        let responses = self.responses.as_ref().map(|r| r.gaps(rules)).unwrap_or_default();
        let files = self.watched_files.as_ref().map(WatchedFiles::losses).unwrap_or_default();
        [responses, files].concat()
    }

    pub(super) fn tell(&mut self, acts: Vec<avouch_respond::Act>) {
        for act in acts {
            terminal::say(&responses::line(&act));
            match serde_json::to_value(&act) {
                Ok(act) => self.record(Record::Act(act)),
                Err(error) => terminal::complain(&anyhow::Error::new(error).context("failed to record an act")),
            }
        }
    }

    /// Lets everyone see what was told so far. What cannot be written ends the run: a watch that leaves nothing behind is
    /// none.
    pub(super) fn flush(&mut self) -> anyhow::Result<()> {
        if let Some(error) = self.error.take() {
            return Err(error.into());
        }
        if let Some(files) = &mut self.files {
            files.flush()?;
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.check()?;
        }
        self.printer.flush()
    }
}

impl Sink for Output {
    fn detection(&mut self, detection: &Detection<'_>) {
        self.printer.detection(detection);
        if let Some(responses) = &mut self.responses {
            responses.detection(detection);
        }
    }
}

impl LiveSink for Output {
    fn record(&mut self, record: Record) {
        if let Some(keeper) = &mut self.keeper {
            keeper.record(&record);
        }
        if let Some(files) = &mut self.files
            && self.error.is_none()
        {
            self.error = files.write(&record).err();
        }
    }

    fn wants_changes(&self) -> bool {
        self.watched_files.is_some()
    }

    fn changed(&mut self, change: &FileEvent<'_>) {
        if let Some(files) = &mut self.watched_files {
            files.changed(change);
        }
    }
}
