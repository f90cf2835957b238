//! Questions to the store, off the async runtime, a bounded number at a time.

use std::sync::{Arc, Mutex, PoisonError};

use avouch_store::{Reader, Store};
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
    idle: Mutex<Vec<Reader>>,
    running: Semaphore,
    queue: Semaphore,
}

impl Readers {
    /// Over a store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(Arc::new(Pool {
            store,
            idle: Mutex::new(Vec::new()),
            running: Semaphore::new(AT_ONCE),
            queue: Semaphore::new(WAITING),
        }))
    }

    /// Asks a question.
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
        let answered = tokio::task::spawn_blocking(move || {
            let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut reader = match idle {
                Some(reader) => reader,
                None => pool.store.reader()?,
            };
            let answer = question(&mut reader);
            // A reader that failed is opened anew next time.
            if answer.as_ref().map_or_else(|e| e.status().is_client_error(), |_| true) {
                pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
            }
            answer
        });
        answered.await.map_err(ApiError::internal)?
    }
}
