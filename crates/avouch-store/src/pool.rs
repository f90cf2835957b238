//! Readers for many who ask.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::Error;
use crate::read::Reader;
use crate::stop::Stop;
use crate::store::Store;

/// A bounded number of readers of one store. They are opened when they are needed and kept; one whose question failed is not used again.
///
/// ```
/// use avouch_store::{Error, Filter, Options, ReaderPool, Stop, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// let pool = ReaderPool::new(Store::open(dir.path(), Options::default())?, 4);
/// let count: Result<u64, Error> = pool.ask(&Stop::default(), |reader| reader.count(&Filter::default()));
/// assert_eq!(count?, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ReaderPool {
    store: Store,
    most: usize,
    state: Mutex<State>,
    free: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Reader>,
    /// Readers that answer.
    busy: usize,
}

/// How often somebody who waits for a reader looks whether he was stopped.
const LOOK: Duration = Duration::from_millis(50);

/// A place of the pool. It is free again when this goes, also when a question panics.
struct Place<'a> {
    pool: &'a ReaderPool,
    /// To be used again.
    reader: Option<Reader>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.busy -= 1;
        state.idle.extend(self.reader.take());
        self.pool.free.notify_one();
    }
}

impl ReaderPool {
    /// A pool of at most `most` readers, of one at least.
    #[must_use]
    pub fn new(store: Store, most: usize) -> Self {
        Self { store, most: most.max(1), state: Mutex::default(), free: Condvar::new() }
    }

    /// Asks a question with one of the readers, and waits for one when all of them answer. When `stop` is stopped, waiting and
    /// reading end with [`Error::Stopped`].
    ///
    /// # Errors
    /// Those of the question, and when no reader can be opened.
    pub fn ask<T, E: From<Error>>(
        &self,
        stop: &Stop,
        question: impl FnOnce(&mut Reader) -> Result<T, E>,
    ) -> Result<T, E> {
        let (mut place, kept) = self.place(stop)?;
        let mut reader = match kept {
            Some(reader) => reader,
            None => self.store.reader()?,
        };
        reader.until(stop);
        let answer = question(&mut reader);
        // An error may be the connection's. Not so when somebody went away, which happens often.
        if (answer.is_ok() || stop.stopped()) && reader.sound() {
            reader.until(&Stop::default());
            place.reader = Some(reader);
        }
        drop(place);
        answer
    }

    fn place(&self, stop: &Stop) -> Result<(Place<'_>, Option<Reader>), Error> {
        let mut state = self.state();
        while state.busy >= self.most {
            stop.check()?;
            state = self.free.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.busy += 1;
        let kept = state.idle.pop();
        Ok((Place { pool: self, reader: None }, kept))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What it guards is whole at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
