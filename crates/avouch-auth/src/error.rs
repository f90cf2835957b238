//! What can go wrong, and what is refused.

use std::io;
use std::path::PathBuf;

/// An operation failed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for may not be, and why.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A file.
    #[error("cannot {act} `{}`", path.display())]
    File {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database.
    #[error("cannot {act} in `{}`", path.display())]
    Database {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The database is of a later version.
    #[error("`{}` is of schema version {found}, this program knows up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The latest version that is known.
        known: u32,
    },
    /// The database holds what was never written there.
    #[error("the accounts hold {what} that cannot be read")]
    Damaged {
        /// What.
        what: &'static str,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random {
        /// Why.
        source: getrandom::Error,
    },
    /// A password could not be hashed.
    #[error("a password could not be hashed: {message}")]
    Hash {
        /// Why.
        message: String,
    },
}

/// Why something is refused. Each has a code for programs; the text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Name and password do not belong together, or the user may not log in. It is not said which.
    #[error("the name or the password is wrong, or the account may not log in")]
    WrongCredentials,
    /// Too many attempts failed.
    #[error("too many attempts failed; try again in {retry_after_s} s")]
    Limited {
        /// Seconds until the next attempt is heard, rounded up.
        retry_after_s: u64,
    },
    /// As many passwords are being checked as may be.
    #[error("too many people log in at this moment; try again")]
    Busy,
    /// The link was used, is too old, or never was one.
    #[error("the link was used, has expired or never was one; ask for a new one")]
    LinkInvalid,
    /// The provider gave no role that counts here.
    #[error("the provider gives `{name}` no role here")]
    NoRole {
        /// How the provider names the user.
        name: String,
    },
    /// An auditor needs a period.
    #[error("an auditor needs the period that may be asked about")]
    PeriodMissing,
    /// Only an auditor has a period.
    #[error("only an auditor has a period")]
    PeriodUnexpected,
    /// No such name is possible.
    #[error("a name has 1 to 64 of the characters A-Z, a-z, 0-9 and `._@+-`")]
    BadName,
    /// The name belongs to somebody, or did.
    #[error("the name `{name}` is or was somebody's; evidence tells people by name, so it is not given again")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// The password is too weak or too long.
    #[error("{reason}")]
    BadPassword {
        /// Why.
        reason: &'static str,
    },
    /// Nobody could run the server any more.
    #[error("`{name}` is the last admin who can log in")]
    LastAdmin {
        /// The name.
        name: String,
    },
    /// There is none.
    #[error("there is no {what} `{id}`")]
    Unknown {
        /// Of what.
        what: &'static str,
        /// Which was asked for.
        id: String,
    },
    /// A token that cannot be.
    #[error("{reason}")]
    BadToken {
        /// Why.
        reason: &'static str,
    },
    /// There are as many as may be.
    #[error("there are {limit} {what} already")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many may be.
        limit: u32,
    },
}

impl Refusal {
    /// Its code: stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::Limited { .. } => "limited",
            Self::Busy => "busy",
            Self::LinkInvalid => "link_invalid",
            Self::NoRole { .. } => "no_role",
            Self::PeriodMissing => "period_missing",
            Self::PeriodUnexpected => "period_unexpected",
            Self::BadName => "bad_name",
            Self::NameTaken { .. } => "name_taken",
            Self::BadPassword { .. } => "bad_password",
            Self::LastAdmin { .. } => "last_admin",
            Self::Unknown { .. } => "unknown",
            Self::BadToken { .. } => "bad_token",
            Self::TooMany { .. } => "too_many",
        }
    }
}

/// Result of an operation on accounts.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a step within a transaction did not work; the path and the act are added outside of it.
#[derive(Debug)]
pub(crate) enum Step {
    Sql(rusqlite::Error),
    Other(Error),
}

impl From<rusqlite::Error> for Step {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Step {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<Refusal> for Step {
    fn from(refusal: Refusal) -> Self {
        Self::Other(Error::Refused(refusal))
    }
}
