//! The rules that agents are to judge by, as they are served: made anew whenever the desk loaded others, and told to the ledger.
//!
//! What is served is what the desk has loaded: rule files and mappings byte for byte, acceptances as the desk writes them. Places of
//! files on this machine are nobody else's matter: names are cut to what stands below the paths that the server was given.

mod served;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use avouch_finding::{ChangeAction, Fact, Kind, SettingChange, Time};
use avouch_store::{Period, Reader};
use serde_json::{Value as Json, json};
use tokio::sync::watch;

pub(crate) use served::Document;
use served::Served;

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
    /// Its digest; empty when it cannot be served.
    pub digest: String,
    /// Since when.
    pub since: Time,
    /// Why it cannot be served.
    pub unserved: Option<String>,
}

/// What the ledger was told last, and who changed rules or acceptances since.
#[derive(Debug, Default)]
struct Told {
    last: Option<(Wanted, String)>,
    /// Empty when nobody did by the server.
    since_by: String,
}

/// A handle on what is served.
#[derive(Clone, Debug)]
pub struct AgentRules(Arc<Mutex<Result<Arc<Document>, String>>>);

impl Default for AgentRules {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Err(NO_RULES.to_owned()))))
    }
}

impl AgentRules {
    fn lock(&self) -> MutexGuard<'_, Result<Arc<Document>, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is served now.
    ///
    /// # Errors
    /// Why nothing is.
    pub(crate) fn now(&self) -> Result<Arc<Document>, String> {
        self.lock().clone()
    }

    /// Makes anew what is served, and tells the ledger when it is another set than was told last.
    ///
    /// # Errors
    /// When the ledger cannot be asked or written. What was served before is served on.
    pub(crate) async fn renew(&self, app: &App) -> ApiResult<()> {
        let (wanted, made) = if app.desk.setup().rules.is_empty() {
            (None, Err(NO_RULES.to_owned()))
        } else {
            match Self::made(app).await? {
                Ok((wanted, document)) => (Some(wanted), Ok(Arc::new(document))),
                Err(why) => {
                    crate::log::complain(&format!("agents get no rules: {why}"));
                    let unserved = Wanted { digest: String::new(), since: app.now(), unserved: Some(why.clone()) };
                    (Some(unserved), Err(why))
                }
            }
        };
        app.health.wanted(wanted);
        *self.lock() = made;
        Ok(())
    }

    /// The document of what is loaded, told to the ledger when it is news; or why there can be none.
    async fn made(app: &App) -> ApiResult<Result<(Wanted, Document), String>> {
        let (desk, loaded) = (app.desk.clone(), app.desk.loaded());
        let work = move || Served::of(&loaded, desk.setup());
        let served = match tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)? {
            Ok(served) => served,
            Err(why) => return Ok(Err(why)),
        };
        let (wanted, by) = tell(app, &served).await?;
        let work = move || served.document(&by);
        let document = tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?;
        Ok(document.map(|document| (wanted, document)))
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

/// Since when a set is wanted and who brought it, told to the ledger when it is news.
async fn tell(app: &App, served: &Served) -> ApiResult<(Wanted, String)> {
    let told = app.readers.ask(told).await?;
    let digest = served.digest.clone();
    if let Some((wanted, by)) = told.last.as_ref().filter(|(last, _)| last.digest == digest) {
        return Ok((wanted.clone(), by.clone()));
    }
    let (since, by) = (app.now(), told.since_by);
    let fact = SettingChange {
        time: since,
        by: by.clone(),
        what: WHAT.to_owned(),
        id: "all".to_owned(),
        action: if told.last.is_some() { ChangeAction::Changed } else { ChangeAction::Added },
        detail: json!({
            "digest": digest,
            "before": told.last.map(|(last, _)| last.digest),
            "rules": served.rules,
            "files": served.files,
            "acceptances": served.acceptances,
        }),
    };
    app.centre.tell(vec![fact.into()]).await?;
    Ok((Wanted { digest, since, unserved: None }, by))
}

/// Whether a change of that kind is one of what agents judge by: an acceptance that waits for approval is none.
fn changes_rules(what: &str, detail: &Json) -> bool {
    let standing = detail.get("standing").and_then(Json::as_str);
    what == "rule_file" || (what == "acceptance" && matches!(standing, Some("approved" | "revoked")))
}

fn told(reader: &mut Reader) -> ApiResult<Told> {
    let mut out = Told::default();
    for stored in reader.facts(Kind::Setting, Period::ALL)? {
        let Fact::Setting(change) = stored.fact else { continue };
        match change.what.as_str() {
            WHAT => {
                let digest = change.detail.get("digest").and_then(Json::as_str).unwrap_or_default().to_owned();
                out.last = Some((Wanted { digest, since: change.time, unserved: None }, change.by));
                out.since_by.clear();
            }
            // What came before the first set was told is nobody's change of it.
            what if out.last.is_some() && changes_rules(what, &change.detail) => out.since_by = change.by,
            _ => {}
        }
    }
    Ok(out)
}
