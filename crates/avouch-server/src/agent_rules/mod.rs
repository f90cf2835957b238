//! The rules that agents are to judge by, as they are served: made anew whenever the desk loaded others, and told to the ledger.
//!
//! What is served is what the desk has loaded: rule files and mappings byte for byte, acceptances as the desk writes them. Places of
//! files on this machine are nobody else's matter: names are cut to what stands below the paths that the server was given.

mod served;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use avouch_finding::{ChangeAction, Fact, Kind, SettingChange, Time};
use avouch_store::{Period, Reader};
use serde_json::json;
use tokio::sync::watch;

pub(crate) use served::Served;

use crate::App;
use crate::desk::Loaded;
use crate::error::{ApiError, ApiResult};

/// What facts call it.
const WHAT: &str = "agent_rule_set";
/// Why nothing is served.
const NO_RULES: &str = "this server was given no rules, and has none for agents";

/// The set that agents are to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Its digest.
    pub digest: String,
    /// Since when.
    pub since: Time,
}

/// A handle on what is served.
#[derive(Clone, Debug)]
pub struct AgentRules(Arc<Mutex<Result<Arc<Served>, String>>>);

impl Default for AgentRules {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Err(NO_RULES.to_owned()))))
    }
}

impl AgentRules {
    fn lock(&self) -> MutexGuard<'_, Result<Arc<Served>, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is served now.
    ///
    /// # Errors
    /// Why nothing is.
    pub(crate) fn now(&self) -> Result<Arc<Served>, String> {
        self.lock().clone()
    }

    /// Makes anew what is served, and tells the ledger when it is another set than was told last.
    ///
    /// # Errors
    /// When the ledger cannot be asked or written. What was served before is served on.
    pub(crate) async fn renew(&self, app: &App) -> ApiResult<()> {
        let (desk, loaded) = (app.desk.clone(), app.desk.loaded());
        let made = if app.desk.setup().rules.is_empty() {
            Err(NO_RULES.to_owned())
        } else {
            let work = move || Served::of(&loaded, desk.setup());
            tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?
        };
        let wanted = match &made {
            Ok(served) => Some(self.tell(app, served).await?),
            Err(why) => {
                if why != NO_RULES {
                    crate::log::complain(&format!("agents get no rules: {why}"));
                }
                None
            }
        };
        app.health.wanted(wanted);
        *self.lock() = made.map(Arc::new);
        Ok(())
    }

    /// Since when a set is wanted; told to the ledger when it is news.
    async fn tell(&self, app: &App, served: &Served) -> ApiResult<Wanted> {
        let last = app.readers.ask(last_told).await?;
        let digest = served.digest.clone();
        if let Some(wanted) = last.as_ref().filter(|last| last.digest == digest) {
            return Ok(wanted.clone());
        }
        let since = app.now();
        let fact = SettingChange {
            time: since,
            // Who changed a file or an acceptance stands in the fact of that.
            by: String::new(),
            what: WHAT.to_owned(),
            id: "all".to_owned(),
            action: if last.is_some() { ChangeAction::Changed } else { ChangeAction::Added },
            detail: json!({
                "digest": digest,
                "before": last.map(|last| last.digest),
                "rules": served.rules,
                "files": served.files,
                "acceptances": served.acceptances,
            }),
        };
        app.centre.tell(vec![fact.into()]).await?;
        Ok(Wanted { digest, since })
    }

    /// Keeps up with what the desk has loaded until the server ends.
    pub(crate) async fn follow(self, app: App, mut loaded: watch::Receiver<Arc<Loaded>>) {
        loop {
            tokio::select! {
                () = app.stopping.cancelled() => return,
                changed = loaded.changed() => if changed.is_err() { return },
            }
            if let Err(error) = self.renew(&app).await {
                crate::log::complain(&format!("agents get the rules of before: {error}"));
            }
        }
    }
}

/// The set that the ledger was told of last.
fn last_told(reader: &mut Reader) -> ApiResult<Option<Wanted>> {
    let told = reader.facts(Kind::Setting, Period::ALL)?;
    Ok(told.into_iter().rev().find_map(|stored| match stored.fact {
        Fact::Setting(change) if change.what == WHAT => {
            let digest = change.detail.get("digest")?.as_str()?.to_owned();
            Some(Wanted { digest, since: change.time })
        }
        _ => None,
    }))
}
