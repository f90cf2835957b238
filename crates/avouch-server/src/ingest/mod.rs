//! Facts of agents: how many are taken in at a time, and what came of them.
//!
//! A batch is answered once everything in it is safe in the ledger. So a server that cannot keep up says so by answering late, and
//! beyond that by turning batches away; the agent keeps them on its disk and comes again.

mod audit;
mod counts;
mod facts;
mod trail;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use audit::{AuditDesk, AuditSetup, AuditStartError};
pub(crate) use audit::{AuditError, AuditTaken};
pub(crate) use counts::Came;
pub use counts::{Counted, IngestCounts};
pub(crate) use facts::{count, sort};

pub use trail::Trail;
pub(crate) use trail::{start as start_trail, state_file};

use crate::error::{ApiError, ApiResult};

/// Batches that are read and recorded at a time. Each takes some 100 MiB at the very worst, and as a rule less than one.
const AT_ONCE: usize = 16;
/// How long a batch waits for its turn before it is turned away.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the body of a batch may take to come.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(30);
/// Seconds after which a batch that was turned away may come again.
const AGAIN: u64 = 2;

/// The way in.
#[derive(Clone, Debug)]
pub struct Ingest {
    turns: Arc<Semaphore>,
    counts: Arc<Counted>,
}

impl Default for Ingest {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), counts: Arc::default() }
    }
}

impl Ingest {
    /// A turn to read and record a batch.
    ///
    /// # Errors
    /// 503 when the centre is behind.
    pub(crate) async fn turn(&self) -> ApiResult<OwnedSemaphorePermit> {
        let turns = Arc::clone(&self.turns);
        match tokio::time::timeout(PATIENCE, turns.acquire_owned()).await {
            Ok(turn) => turn.map_err(ApiError::internal),
            Err(_) => {
                self.counts.turned_away();
                Err(ApiError::busy("behind", "the server is behind with recording; send it again", AGAIN))
            }
        }
    }

    /// What came so far.
    #[must_use]
    pub fn counted(&self) -> &Counted {
        &self.counts
    }
}
