//! How much of what comes in may lie in memory at a time, and how much of that one caller may take.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of all bodies that are read, or wait to be judged or recorded.
const BYTES: usize = 256 << 20;
/// Bodies of one caller at a time: one that sends slowly must not keep the others away. An API server sends a few at once.
const OF_ONE: usize = 8;
/// Room is counted in pieces of so many bytes, and every body takes one.
const PIECE: usize = 64 << 10;

/// Room for bodies.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pieces: Arc<Semaphore>,
    callers: Callers,
}

/// Places of callers that have a body here, or wait with one.
type Callers = Arc<Mutex<HashMap<String, Places>>>;

#[derive(Debug)]
struct Places {
    free: Arc<Semaphore>,
    /// How many hold one or wait for one.
    users: usize,
}

/// A part of the room; it is given back when this goes out of scope.
#[derive(Debug)]
pub(crate) struct Taken {
    _pieces: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
    _user: User,
}

/// A caller that holds a place or waits for one.
#[derive(Debug)]
struct User {
    callers: Callers,
    name: String,
}

impl Default for Room {
    fn default() -> Self {
        Self { pieces: Arc::new(Semaphore::new(BYTES / PIECE)), callers: Callers::default() }
    }
}

impl Room {
    /// Room for a body of `bytes` at most. Waits until there is some; `None` never, as long as the server runs.
    pub(super) async fn take(&self, caller: &str, bytes: usize) -> Option<Taken> {
        let (user, free) = self.user(caller);
        let place = free.acquire_owned().await.ok()?;
        let pieces = bytes.clamp(1, BYTES).div_ceil(PIECE);
        let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
        let pieces = Arc::clone(&self.pieces).acquire_many_owned(pieces).await.ok()?;
        Some(Taken { _pieces: pieces, _place: place, _user: user })
    }

    fn user(&self, caller: &str) -> (User, Arc<Semaphore>) {
        let mut callers = lock(&self.callers);
        let new = || Places { free: Arc::new(Semaphore::new(OF_ONE)), users: 0 };
        let places = callers.entry(caller.to_owned()).or_insert_with(new);
        places.users += 1;
        let free = Arc::clone(&places.free);
        drop(callers);
        (User { callers: Arc::clone(&self.callers), name: caller.to_owned() }, free)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let mut callers = lock(&self.callers);
        if let Some(places) = callers.get_mut(&self.name) {
            places.users = places.users.saturating_sub(1);
            if places.users == 0 {
                callers.remove(&self.name);
            }
        }
    }
}

fn lock(callers: &Callers) -> MutexGuard<'_, HashMap<String, Places>> {
    callers.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn now<T>(future: impl Future<Output = T>) -> Option<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async { tokio::time::timeout(Duration::from_millis(20), future).await.ok() })
    }

    #[test]
    fn one_caller_has_a_few_places_and_gives_them_back() {
        let room = Room::default();
        let mut held: Vec<Taken> = (0..OF_ONE).map(|_| now(room.take("a", 1)).flatten().unwrap()).collect();
        assert!(now(room.take("a", 1)).is_none(), "it waits for its own");
        assert!(now(room.take("b", 1)).unwrap().is_some());
        held.pop();
        assert!(now(room.take("a", 1)).unwrap().is_some());
        drop(held);
        assert!(lock(&room.callers).is_empty(), "who has gone is forgotten");
    }

    #[test]
    fn beyond_the_bytes_a_body_waits() {
        let room = Room::default();
        let large = now(room.take("a", BYTES - PIECE)).flatten().unwrap();
        let small = now(room.take("b", 1)).flatten().unwrap();
        assert!(now(room.take("c", 1)).is_none(), "there is no room, and it waits");
        drop(large);
        assert!(now(room.take("c", BYTES)).is_none());
        drop(small);
        assert!(now(room.take("c", usize::MAX)).unwrap().is_some(), "no body is larger than the room");
    }
}
