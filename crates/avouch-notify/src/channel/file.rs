//! A file with a line of JSON for each finding. It is opened for each message, so that it may be moved away at any time.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Answer, Channel, Opened, SendError};
use crate::message::Message;
use crate::outside::Outside;

/// What it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file; made when there is none, for its owner alone.
    pub path: PathBuf,
}

impl Config {
    #[expect(clippy::unnecessary_wraps, reason = "as the other channels")]
    pub(super) fn open(&self, _: Duration, _: &Arc<dyn Outside>) -> Opened {
        Ok(Box::new(File { path: self.path.clone() }))
    }
}

struct File {
    path: PathBuf,
}

impl Channel for File {
    fn send(&self, message: &Message, _: &mut usize) -> Result<Answer, SendError> {
        let wrong = |e: std::io::Error| SendError::again(format!("`{}`: {}", self.path.display(), e.kind()));
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path).map_err(wrong)?;
        let text: String = message.findings.iter().map(|f| message.line(f) + "\n").collect();
        // One write, so that lines of several processes do not mix; an attempt that failed half way leaves a broken line.
        file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(wrong)?;
        Ok(Answer(format!("{} lines", message.findings.len())))
    }
}
