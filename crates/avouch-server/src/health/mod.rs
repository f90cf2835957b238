//! Is everything watched, now? A board of nodes and sources, kept from the facts as they are recorded, and gaps of agents that fell
//! silent.

mod board;
mod counts;
mod rule_sets;
mod seed;
mod silence;
mod size;
mod spans;
mod standing;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use avouch_finding::{Fact, Time};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;

pub(crate) use board::Board;
pub(crate) use counts::{Counts, outcome};
pub(crate) use size::Sizes;
pub(crate) use spans::{Expected, SourceGap, gaps};
#[cfg(test)]
pub(crate) use standing::Digests;
#[cfg(test)]
pub(crate) use standing::State;
pub(crate) use standing::{NodeHealth, SourceHealth, Standing};

use crate::App;
use crate::agent_rules::Wanted;
use crate::centre::Batch;
use crate::error::{ApiError, ApiResult, chain};

/// How often silence is looked for.
const LOOK: Duration = Duration::from_secs(2);

/// A handle on the board.
#[derive(Clone, Debug)]
pub struct Health(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    board: Mutex<Board>,
    measured: size::Measured,
}

impl Health {
    /// Of a server that begins now.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self(Arc::new(Parts { board: Mutex::new(Board::new(now)), measured: size::Measured::default() }))
    }

    /// The board.
    pub(crate) fn board(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rule set that agents are to run; `None` when there is none for them.
    pub(crate) fn wanted(&self, wanted: Option<Wanted>) {
        self.board().want(wanted);
    }

    /// How everything stands.
    pub(crate) fn standing(&self, now: Time) -> Standing {
        self.board().standing(now)
    }

    /// What the evidence takes on the disk.
    pub(crate) async fn sizes(&self, app: &App) -> ApiResult<Sizes> {
        let (parts, folder, now) = (Arc::clone(&self.0), app.folder.clone(), app.now());
        tokio::task::spawn_blocking(move || parts.measured.of(&folder, now)).await.map_err(ApiError::internal)
    }

    /// Fills the board from the store; records that come meanwhile wait in `records`, which has to be listened to before.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn seed(&self, app: &App) -> ApiResult<()> {
        let (now, known) = (app.now(), self.board().clone());
        let board = app.readers.ask(move |reader| seed::seed(reader, &known, now)).await?;
        *self.board() = board;
        Ok(())
    }

    /// Keeps the board, and records gaps, until the server ends.
    pub(crate) async fn follow(self, app: App, mut records: Receiver<Batch>) {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = app.stopping.cancelled() => return,
                batch = records.recv() => match batch {
                    Ok(batch) => {
                        let (now, mut board) = (app.now(), self.board());
                        batch.iter().for_each(|record| board.apply(&record.fact, Some(now)));
                    }
                    // What was missed stands in the store.
                    Err(RecvError::Lagged(_)) => {
                        if let Err(error) = self.seed(&app).await {
                            crate::log::complain(&format!("the state of the nodes is not up to date: {error}"));
                        }
                    }
                    Err(RecvError::Closed) => return,
                },
                _ = look.tick() => self.look(&app).await,
            }
        }
    }

    async fn look(&self, app: &App) {
        let gaps: Vec<Fact> = self.board().gaps_to_tell(app.now()).into_iter().map(Fact::from).collect();
        if gaps.is_empty() {
            return;
        }
        if let Err(error) = app.centre.tell(gaps).await {
            crate::log::complain(&format!("a gap could not be recorded: {}", chain(&error)));
        }
    }
}
