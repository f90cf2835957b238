//! How sending fares.

use std::fmt;

use avouch_finding::Time;

/// How sending fares. `Display` is a few words for a health line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Facts that wait in the queue.
    pub waiting: u64,
    /// Bytes of the queue on the disk.
    pub queue_bytes: u64,
    /// Facts that were dropped because the queue was full, or could not be read from it, in this life.
    pub dropped: u64,
    /// Facts that the server acknowledged in this life.
    pub sent: u64,
    /// Batches that it acknowledged.
    pub batches: u64,
    /// Facts that it does not take.
    pub refused: u64,
    /// When it acknowledged last.
    pub last_ack: Option<Time>,
    /// When the oldest fact that waits was put into the queue.
    pub oldest: Option<Time>,
    /// What is wrong at the moment.
    pub failing: Option<Failing>,
}

/// See [`Status::failing`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// Since when.
    pub since: Time,
    /// Why the last try failed.
    pub why: String,
    /// The server refuses: it does not get better by itself.
    pub refused: bool,
}

impl Status {
    /// Seconds for which the oldest fact waits; 0 when none does.
    #[must_use]
    pub fn oldest_seconds(&self, now: Time) -> u64 {
        self.oldest.map_or(0, |oldest| now.seconds_since(oldest))
    }

    /// A few words for a health line.
    #[must_use]
    pub fn line(&self, now: Time) -> String {
        Line(self, now).to_string()
    }
}

struct Line<'a>(&'a Status, Time);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(status, now) = self;
        write!(f, "server: {} sent, {} waiting", status.sent, status.waiting)?;
        if status.waiting > 0 && status.oldest_seconds(*now) > 0 {
            write!(f, " (oldest {} s)", status.oldest_seconds(*now))?;
        }
        if status.dropped > 0 {
            write!(f, ", {} DROPPED from the queue", status.dropped)?;
        }
        if status.refused > 0 {
            write!(f, ", {} NOT TAKEN", status.refused)?;
        }
        match &status.failing {
            Some(failing) if failing.refused => write!(f, ", REFUSES: {}", failing.why),
            Some(failing) => write!(f, ", not reached for {} s: {}", now.seconds_since(failing.since), failing.why),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_waits_and_what_is_wrong() {
        let now = Time(100_000_000_000);
        let mut status = Status { sent: 7, ..Status::default() };
        assert_eq!(status.line(now), "server: 7 sent, 0 waiting");
        status.waiting = 3;
        status.oldest = Some(Time(58_000_000_000));
        status.dropped = 2;
        let since = Time(60_000_000_000);
        status.failing = Some(Failing { since, why: "no route".to_owned(), refused: false });
        let text = "server: 7 sent, 3 waiting (oldest 42 s), 2 DROPPED from the queue, not reached for 40 s: no route";
        assert_eq!(status.line(now), text);
        status.failing = Some(Failing { since, why: "bad token".to_owned(), refused: true });
        assert!(status.line(now).ends_with("REFUSES: bad token"));
    }
}
