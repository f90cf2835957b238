//! Questions to the store, off the async runtime, a bounded number at a time. Whoever goes away ends his question.

use std::sync::Arc;

use avouch_store::{Reader, ReaderPool, Stop, Store};
use tokio::sync::Semaphore;

use crate::error::{ApiError, ApiResult};

/// Questions at a time at most. More wait; each may use a whole core.
const AT_ONCE: usize = 4;
/// Questions that wait at most; beyond it callers are told to come back.
const WAITING: usize = 256;

/// Readers of the store.
#[derive(Clone)]
pub struct Readers(Arc<Pool>);

struct Pool {
    store: Store,
    readers: ReaderPool,
    /// Questions wait here, and not on threads that block.
    running: Semaphore,
    queue: Semaphore,
}

/// Stops a question when nobody waits for its answer any more.
struct Abandoned(Stop);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Readers {
    /// Over a store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(Arc::new(Pool {
            readers: ReaderPool::new(store.clone(), AT_ONCE),
            store,
            running: Semaphore::new(AT_ONCE),
            queue: Semaphore::new(WAITING),
        }))
    }

    /// Asks a question. It ends early when the future is dropped: the caller hung up.
    ///
    /// # Errors
    /// What the question says; 503 when too many wait.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Reader) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let pool = Arc::clone(&self.0);
        let _queued = self
            .0
            .queue
            .try_acquire()
            .map_err(|_| ApiError::busy("busy", "too many questions wait for the store", 1))?;
        let _running = self.0.running.acquire().await.map_err(ApiError::internal)?;
        let stop = Stop::default();
        let _abandoned = Abandoned(stop.clone());
        // A caller who asked for what is not there says nothing against the reader.
        let told = |reader: &mut Reader| match question(reader) {
            Err(error) if !error.status().is_client_error() => Err(error),
            answer => Ok(answer),
        };
        let answered = tokio::task::spawn_blocking(move || pool.readers.ask(&stop, told));
        answered.await.map_err(ApiError::internal)?.flatten()
    }

    /// A reader of its own, for a walk through much that may wait for its caller: it keeps nobody else from asking.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub fn own(&self) -> ApiResult<Reader> {
        Ok(self.0.store.reader()?)
    }
}
