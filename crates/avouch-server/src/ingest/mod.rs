//! Facts of agents: how many are taken in at a time, and what came of them.
//!
//! A batch is answered once everything in it is safe in the ledger. So a server that cannot keep up says so by answering late, and
//! beyond that by turning batches away; the agent keeps them on its disk and comes again.

mod audit;
mod counts;
mod facts;
mod room;
mod trail;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use audit::{AuditDesk, AuditSetup, AuditStartError};
pub(crate) use audit::{AuditError, AuditTaken, Parcel};
pub(crate) use counts::Came;
pub use counts::{Counted, IngestCounts};
pub(crate) use facts::{count, sort};

pub use trail::Trail;
pub(crate) use trail::{start as start_trail, state_file};

use crate::error::{ApiError, ApiResult, chain};
use room::Room;

/// Batches that are taken apart and recorded at a time. Each takes some 100 MiB at the very worst, and as a rule less than one.
const AT_ONCE: usize = 4;
/// How long a batch waits for room or its turn before it is turned away.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the body of a batch may take to come.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(30);
/// Seconds after which a batch that was turned away may come again.
const AGAIN: u64 = 2;

/// A body that came, and the room that it takes.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub bytes: Bytes,
    /// To be held as long as the bytes are.
    pub room: room::Taken,
}

async fn read(body: Body, most: usize) -> ApiResult<Bytes> {
    let read = tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, most)).await;
    let slow = || ApiError::new(StatusCode::REQUEST_TIMEOUT, "slow", "the body did not come in time");
    read.map_err(|_| slow())?.map_err(|error| {
        let error = std::error::Error::source(&error).map_or_else(|| error.to_string(), chain);
        if error.contains("length limit") {
            return too_large(most);
        }
        ApiError::bad("bad_body", format!("the body broke off: {error}"))
    })
}

/// Lets a body that is not taken go by, for a while: whoever is still sending does not read the answer.
async fn pass_over(body: Body, most: usize) {
    let mut pieces = body.into_data_stream();
    let all = async {
        let mut gone = 0;
        while let Some(Ok(piece)) = pieces.next().await {
            gone += piece.len();
            if gone > most {
                break;
            }
        }
    };
    // Whether it came to its end changes nothing.
    tokio::time::timeout(PATIENCE, all).await.unwrap_or(());
}

fn too_large(most: usize) -> ApiError {
    let text = format!("the body has more than {most} bytes; send smaller batches");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
}

/// The way in.
#[derive(Clone, Debug)]
pub struct Ingest {
    room: Room,
    turns: Arc<Semaphore>,
    counts: Arc<Counted>,
}

impl Default for Ingest {
    fn default() -> Self {
        Self { room: Room::default(), turns: Arc::new(Semaphore::new(AT_ONCE)), counts: Arc::default() }
    }
}

impl Ingest {
    /// The body of a request: within `most` bytes, within [`BODY_TIME`], and within the room for all of them.
    ///
    /// # Errors
    /// 503 when there is no room, 408 when it is slow, 413 when it is too large, 400 when it breaks off.
    pub(crate) async fn body(&self, caller: &str, request: Request, most: usize) -> ApiResult<Arrived> {
        let told = request.headers().get(CONTENT_LENGTH).and_then(|n| n.to_str().ok()?.parse::<u64>().ok());
        // One that is too large is refused without taking room.
        if told.is_some_and(|told| told > most as u64) {
            pass_over(request.into_body(), 2 * most).await;
            return Err(too_large(most));
        }
        let expected = told.and_then(|told| usize::try_from(told).ok()).unwrap_or(most);
        let room = tokio::time::timeout(PATIENCE, self.room.take(caller, expected)).await;
        let Some(room) = room.ok().flatten() else {
            self.counts.turned_away();
            return Err(ApiError::busy("behind", "too much comes at once; send it again", AGAIN));
        };
        let bytes = read(request.into_body(), most).await?;
        Ok(Arrived { bytes, room })
    }

    /// A turn to take a batch apart and record it.
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
