//! Users, sessions and tokens, off the runtime's threads, and every change of them in the ledger.

use std::path::Path;
use std::sync::Arc;

use avouch_auth::{Accounts, Changed, Error, Settings};
use avouch_finding::Time;
use axum::http::StatusCode;
use tokio::sync::watch;

use crate::App;
use crate::error::{ApiError, ApiResult, chain};

/// The accounts of a server.
#[derive(Clone, Debug)]
pub struct AccountDesk {
    accounts: Arc<Accounts>,
    /// Tells those who are answered at length that somebody may have lost the right to it.
    changed: Arc<watch::Sender<()>>,
}

impl AccountDesk {
    /// Opens the file of accounts.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let accounts = Arc::new(Accounts::open(path, Settings::default())?);
        Ok(Self { accounts, changed: Arc::new(watch::Sender::new(())) })
    }

    /// The accounts, for a thread that may wait.
    #[must_use]
    pub fn accounts(&self) -> &Arc<Accounts> {
        &self.accounts
    }

    /// Wakes whenever accounts were changed by this server.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Asks the accounts.
    ///
    /// # Errors
    /// What the question says.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Accounts) -> Result<T, Error> + Send + 'static,
    ) -> ApiResult<T> {
        let accounts = Arc::clone(&self.accounts);
        tokio::task::spawn_blocking(move || question(&accounts)).await.map_err(ApiError::internal)?.map_err(told)
    }

    /// Changes the accounts, and records it. When the change is made and cannot be recorded, it is owed and recorded later.
    ///
    /// # Errors
    /// What the change says; also when it could not be recorded.
    pub async fn change<T: Send + 'static>(
        &self,
        app: &App,
        change: impl FnOnce(&Accounts) -> Result<Changed<T>, Error> + Send + 'static,
    ) -> ApiResult<T> {
        let changed = self.ask(change).await;
        // Also after a refusal, which may have ended sessions; and before it is recorded: what was revoked ends at once.
        self.changed.send_replace(());
        let changed = changed?;
        let (ids, facts): (Vec<i64>, Vec<_>) = changed.owed.into_iter().map(|o| (o.id, o.fact)).unzip();
        if !facts.is_empty() {
            app.centre.tell(facts).await?;
            self.ask(move |accounts| accounts.settle(ids)).await?;
        }
        Ok(changed.value)
    }

    /// Records what a crash between a change and its record has left.
    ///
    /// # Errors
    /// When accounts or evidence cannot be read or written.
    pub(crate) async fn settle(&self, app: &App) -> ApiResult<()> {
        self.change(app, |accounts| Ok(Changed { value: (), owed: accounts.owed()? })).await
    }

    /// The secret of a new one-time link for the first login; `None` when somebody can log in already, unless one is wanted anyway.
    ///
    /// # Errors
    /// When the accounts cannot be read or written.
    pub(crate) async fn setup_secret(&self, app: &App, anyway: bool, now: Time) -> ApiResult<Option<String>> {
        if !anyway && !self.ask(Accounts::setup_needed).await? {
            return Ok(None);
        }
        let link = self.change(app, move |accounts| accounts.setup_link(now)).await?;
        Ok(Some(link.secret.expose().to_owned()))
    }
}

/// What a caller is told of a refusal.
fn told(error: Error) -> ApiError {
    use avouch_auth::Refusal;
    let Error::Refused(refusal) = &error else { return ApiError::internal(chain(&error)) };
    let text = refusal.to_string();
    match refusal {
        Refusal::Limited { retry_after_s } => ApiError::busy("rate_limited", text, *retry_after_s),
        Refusal::Busy => ApiError::busy("busy", text, 1),
        Refusal::WrongCredentials | Refusal::LinkInvalid => {
            ApiError::new(StatusCode::UNAUTHORIZED, refusal.code(), text)
        }
        Refusal::NoRole { .. } => ApiError::new(StatusCode::FORBIDDEN, refusal.code(), text),
        Refusal::Unknown { .. } => ApiError::not_found(text),
        Refusal::NameTaken { .. } | Refusal::LastAdmin { .. } => {
            ApiError::new(StatusCode::CONFLICT, refusal.code(), text)
        }
        _ => ApiError::bad(refusal.code(), text),
    }
}
