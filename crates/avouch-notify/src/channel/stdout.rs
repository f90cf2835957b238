//! The output of the process: a line of JSON for each finding.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Answer, Channel, Opened, SendError};
use crate::message::Message;
use crate::outside::Outside;

/// It needs to know nothing: `stdout: {}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

impl Config {
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as the other channels")]
    pub(super) fn open(&self, _: Duration, _: &Arc<dyn Outside>) -> Opened {
        Ok(Box::new(Stdout))
    }
}

struct Stdout;

impl Channel for Stdout {
    fn send(&self, message: &Message, _: &mut usize) -> Result<Answer, SendError> {
        let text: String = message.findings.iter().map(|f| message.line(f) + "\n").collect();
        let mut out = std::io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        written.map_err(|e| SendError::never(format!("standard output: {}", e.kind())))?;
        Ok(Answer(format!("{} lines", message.findings.len())))
    }
}
