//! What a notifier needs from outside: the time, chance, secrets.

use std::time::{SystemTime, UNIX_EPOCH};

use avouch_finding::Time;

use crate::secret::{Secret, SecretRef};

/// Most bytes of a secret in a file.
const MAX_SECRET: u64 = 64 << 10;

/// The world outside, so that tests can bring their own.
pub trait Outside: Send + Sync {
    /// The time.
    fn now(&self) -> Time;

    /// A number from 0 up to 1, another each time: many senders that failed together do not try again together.
    fn jitter(&self) -> f64;

    /// Looks a secret up.
    ///
    /// # Errors
    /// When it is not there, in words that name where it should be.
    fn secret(&self, at: &SecretRef) -> Result<Secret, String>;
}

/// This machine: its clock, environment and files.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Outside for System {
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    fn jitter(&self) -> f64 {
        // 53 bits are what a double holds; without randomness the middle is as good as anything.
        getrandom::u64().map_or(0.5, |bits| (bits >> 11) as f64 / (1u64 << 53) as f64)
    }

    fn secret(&self, at: &SecretRef) -> Result<Secret, String> {
        let text = match at {
            SecretRef::Env(name) => std::env::var(name).map_err(|_| format!("secret `{at}` is not set"))?,
            SecretRef::File(path) => {
                let size = std::fs::metadata(path).map_err(|e| format!("secret `{at}`: {}", e.kind()))?.len();
                if size > MAX_SECRET {
                    return Err(format!("secret `{at}` is larger than {MAX_SECRET} bytes"));
                }
                std::fs::read_to_string(path).map_err(|e| format!("secret `{at}`: {}", e.kind()))?
            }
        };
        match text.trim() {
            "" => Err(format!("secret `{at}` is empty")),
            secret => Ok(Secret::new(secret)),
        }
    }
}
