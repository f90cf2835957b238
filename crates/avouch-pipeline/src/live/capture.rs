//! A recording in place of the kernel: to try a configuration, and to test that live runs judge as replays do.

use std::io::Read;
use std::time::Duration;

use avouch_event::{Interest, Item, Losses};
use avouch_scap::Capture;

use super::source::{LiveSource, SourceError};

/// Items handed out at one poll: about what a busy kernel delivers between two.
const BATCH: u64 = 2_048;

/// A capture as a live source; it begins with the facts that the capture holds.
pub struct CaptureSource {
    capture: Capture<'static>,
    ended: bool,
}

impl CaptureSource {
    /// Reads from `stream`, plain or gzip.
    pub fn new(stream: impl Read + Send + 'static) -> Self {
        Self { capture: Capture::from_reader(stream), ended: false }
    }
}

impl LiveSource for CaptureSource {
    fn poll(&mut self, emit: &mut dyn FnMut(&Item<'_>)) -> Result<u64, SourceError> {
        let mut events = 0;
        for _ in 0..BATCH {
            match self.capture.next() {
                Ok(Some(item)) => {
                    events += u64::from(matches!(item, Item::Event(_)));
                    emit(&item);
                }
                Ok(None) => {
                    self.ended = true;
                    break;
                }
                Err(error) => {
                    self.ended = true;
                    return Err(SourceError::Poll { source_name: "the recording", source: Box::new(error) });
                }
            }
        }
        Ok(events)
    }

    fn pause(&self) -> Duration {
        Duration::ZERO
    }

    fn losses(&self) -> Losses {
        Losses::default()
    }

    /// A recording holds what it holds.
    fn set_interest(&mut self, _interest: &Interest) -> Result<(), SourceError> {
        Ok(())
    }

    fn gaps(&self) -> Vec<String> {
        vec!["a recording stands in for the kernel: what happens on this machine is not seen".to_owned()]
    }

    fn ended(&self) -> bool {
        self.ended
    }
}
