//! Takes facts.

use std::time::Duration;

use avouch_finding::{Fact, Time};
use avouch_ledger::{Draft, Ledger, OpenReport, Options, SignedHead, Source};

use crate::Result;
use crate::folder::Folder;
use crate::inbox::Inbox;
use crate::index::{Index, Indexed, Listener};

/// How evidence is kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Of the ledger.
    pub ledger: Options,
    /// How often other commands' facts are looked for.
    pub inbox_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ledger: Options::default(), inbox_every: Duration::from_secs(1) }
    }
}

/// The one process that writes a folder of evidence.
#[derive(Debug)]
pub struct Recorder {
    ledger: Ledger,
    index: Index,
    inbox: Inbox,
    inbox_every: u64,
    inbox_looked: Time,
    /// Files in the inbox that were no facts.
    refused: u64,
    /// Records whose body the store could not read.
    unreadable: u64,
    fresh: bool,
}

impl Recorder {
    /// Opens the folder, or begins it, and brings the store up to the ledger. `told` hears how many records the store was behind, as
    /// it takes them.
    ///
    /// # Errors
    /// [`avouch_ledger::LedgerError::Locked`] when another process writes it; else when a file cannot be read or written, or the
    /// ledger is damaged.
    pub fn open(
        folder: &Folder,
        settings: Settings,
        now: Time,
        told: &mut dyn FnMut(u64),
    ) -> Result<(Self, OpenReport)> {
        let (ledger, report) = Ledger::open(&folder.ledger(), settings.ledger, chain(now))?;
        let mut index = Index::open(folder, ledger.id(), ledger.last_seq())?;
        let unreadable = index.catch_up(ledger.last_seq(), told)?.unreadable;
        let inbox_every = u64::try_from(settings.inbox_every.as_nanos()).unwrap_or(u64::MAX);
        let inbox = Inbox::new(folder.inbox());
        let recorder =
            Self { ledger, index, inbox, inbox_every, inbox_looked: Time(0), refused: 0, unreadable, fresh: true };
        Ok((recorder, report))
    }

    /// Takes a fact that `source` tells. It is safe once [`Recorder::flush`] returned.
    ///
    /// # Errors
    /// When the ledger refuses it (nothing was written then), or cannot be written.
    pub fn record(&mut self, fact: &Fact, source: &Source, now: Time) -> Result<u64> {
        self.record_numbered(fact, source, None, now)
    }

    /// As [`Recorder::record`], under the number that the source gave. Numbers that are left out between the last and this one become a
    /// record of the ledger about a hole.
    ///
    /// # Errors
    /// As [`Recorder::record`]; also for a number that the source told already, see [`Recorder::last_of`].
    pub fn record_numbered(&mut self, fact: &Fact, source: &Source, source_seq: Option<u64>, now: Time) -> Result<u64> {
        let time = fact.time().unwrap_or(now);
        let draft = Draft {
            time: chain(time),
            source: source.clone(),
            source_seq,
            kind: fact.kind().to_owned(),
            body: fact.body()?,
        };
        self.fresh = true;
        Ok(self.ledger.append(draft)?.seq)
    }

    /// Makes all facts safe, takes those that other commands left, and brings the store up.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn flush(&mut self, now: Time) -> Result<Indexed> {
        let mut waiting = Vec::new();
        if now.0.saturating_sub(self.inbox_looked.0) >= self.inbox_every {
            self.inbox_looked = now;
            let (facts, refused) = self.inbox.take()?;
            self.refused += refused;
            for letter in facts {
                let source = Source { name: "command".to_owned(), run: self.ledger.id().to_owned() };
                self.record(&letter.fact, &source, now)?;
                waiting.push(letter);
            }
        }
        if !self.fresh {
            return Ok(Indexed::default());
        }
        let acknowledged = self.ledger.sync(chain(now))?;
        for letter in waiting {
            letter.done()?;
        }
        self.fresh = false;
        let indexed = self.index.catch_up(acknowledged, &mut |_| {})?;
        self.unreadable += indexed.unreadable;
        Ok(indexed)
    }

    /// Signs a head over everything so far.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn checkpoint(&mut self, now: Time) -> Result<SignedHead> {
        self.flush(now)?;
        Ok(self.ledger.checkpoint(chain(now))?)
    }

    /// Ends it in good order.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn close(mut self, now: Time) -> Result<SignedHead> {
        self.inbox_looked = Time(0);
        self.flush(now)?;
        Ok(self.ledger.close(chain(now))?)
    }

    /// Drops from the store what is older or more than the policy keeps, and says what. The ledger stays whole.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn retain(&mut self, now: Time, policy: avouch_store::RetentionPolicy) -> Result<Vec<avouch_store::Dropped>> {
        Ok(self.index.writer().retain(now, policy)?)
    }

    /// Last number that a source told; 0 when it told nothing yet.
    #[must_use]
    pub fn last_of(&self, source: &Source) -> u64 {
        self.ledger.last_of(source)
    }

    /// Lets somebody hear of every record from now on, once it is safe in the ledger and can be asked for in the store.
    pub fn listen(&mut self, listener: Listener) {
        self.index.listen(listener);
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The ledger, for what only it can do.
    pub fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// Records whose body did not read as their kind says, since this was opened: the ledger has them, and reports do not.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Files in the inbox that were no facts, so far.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

fn chain(time: Time) -> avouch_ledger::Time {
    avouch_ledger::Time(time.0)
}
