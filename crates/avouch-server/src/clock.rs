//! What time it is: asked for at the edge, an argument everywhere else.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use avouch_finding::Time;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// The clock of this machine.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    })
}
