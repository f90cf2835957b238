//! Rules and acceptances that this server was given: loaded, shown, changed, and handed on to whoever judges by them.
//!
//! Two rules keep detection honest. Rule files are read-only unless the operator says otherwise: whoever can edit them alone can silence
//! a rule. An acceptance can always be asked for, for it counts only once another person has approved it.
//!
//! What was loaded here is what this server judges audit records by, and what it tries changes on. Agents have files of their own; what
//! they loaded is in the ledger.

mod accept;
mod diagnostics;
mod error;
mod files;
mod jobs;
mod loaded;
mod pending;
mod register;
mod yaml;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avouch_finding::{Fact, Time};
use avouch_pipeline::RuleSetOptions;
use tokio::sync::{Mutex, MutexGuard, watch};

pub(crate) use accept::{Approve, used_ids};
pub(crate) use diagnostics::{DiagnosticOut, out_of};
pub use error::DeskError;
pub(crate) use files::{RuleFile, Written, digest_of};
pub(crate) use jobs::{Job, Jobs, Order};
pub use loaded::Loaded;
pub(crate) use pending::Pending;
pub(crate) use yaml::{PLACEHOLDER, written};

use crate::App;
use crate::error::{ApiError, ApiResult};
use register::Register;

/// Findings of a rule that people can look at in a day. Above it the rule should be narrowed or accepted.
pub(crate) const BUDGET_A_DAY: u64 = 50;

/// What a server is given.
#[derive(Clone, Debug, Default)]
pub struct DeskSetup {
    /// Rule files, and folders of them.
    pub rules: Vec<PathBuf>,
    /// How they load.
    pub options: RuleSetOptions,
    /// Acceptances: files, and folders of them. New ones go into the first folder; into one beside the evidence when there is none.
    pub acceptances: Vec<PathBuf>,
    /// Rule files may be changed over the API.
    pub edit_rules: bool,
    /// Captures and audit archives for back-tests, beside those of the evidence: files, and folders of them.
    pub recordings: Vec<PathBuf>,
}

/// A handle on the rules and acceptances of a server.
#[derive(Clone)]
pub struct RuleDesk(Arc<Inner>);

struct Inner {
    setup: DeskSetup,
    loaded: watch::Sender<Arc<Loaded>>,
    /// Folder of the server itself.
    own: PathBuf,
    /// One change at a time. It holds what the ledger was told last.
    change: Mutex<Register>,
    jobs: Jobs,
}

impl RuleDesk {
    /// Loads what the setup names. `own` is the server's folder.
    ///
    /// # Errors
    /// When a file cannot be read, or acceptances have errors. Broken rules are left out, as everywhere.
    pub(crate) fn open(mut setup: DeskSetup, own: &Path) -> Result<Self, DeskError> {
        let kept = own.join("acceptances");
        if !setup.acceptances.iter().any(|path| path.is_dir()) {
            setup.acceptances.push(kept.clone());
        }
        for folder in [kept, own.join("pending"), own.join("texts")] {
            std::fs::create_dir_all(&folder).map_err(|e| DeskError::Write(folder.clone(), e))?;
        }
        let loaded = Loaded::load(&setup)?;
        let register = Register::read(own)?;
        let loaded = watch::Sender::new(Arc::new(loaded));
        Ok(Self(Arc::new(Inner {
            setup,
            loaded,
            own: own.to_owned(),
            change: Mutex::new(register),
            jobs: Jobs::default(),
        })))
    }

    /// What is loaded now.
    #[must_use]
    pub fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.0.loaded.borrow())
    }

    /// Tells of what is loaded whenever it changes.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<Arc<Loaded>> {
        self.0.loaded.subscribe()
    }

    /// What it was given.
    pub(crate) fn setup(&self) -> &DeskSetup {
        &self.0.setup
    }

    /// Folder of the server itself.
    pub(crate) fn own(&self) -> &Path {
        &self.0.own
    }

    /// Questions to history that take long.
    pub(crate) fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    /// Tells the ledger what is other than it was told last. To be called once the server can record.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub(crate) async fn begin(&self, app: &App) -> ApiResult<()> {
        let mut register = self.0.change.lock().await;
        let loaded = self.loaded();
        self.record(app, &mut register, &loaded, Vec::new(), "").await
    }

    /// Loads everything anew; when that does not work, what was loaded goes on.
    ///
    /// # Errors
    /// Why it did not work; the ledger is told too.
    pub async fn reload(&self, app: &App) -> ApiResult<()> {
        let mut register = self.0.change.lock().await;
        match self.load().await {
            Ok(loaded) => self.put(app, &mut register, loaded, Vec::new(), "").await,
            Err(error) => {
                let refused =
                    setting(app.now(), "", "rules", "reload", serde_json::json!({"refused": error.to_string()}));
                app.centre.tell(vec![refused]).await?;
                Err(error.into())
            }
        }
    }

    async fn load(&self) -> Result<Loaded, DeskError> {
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || Loaded::load(&inner.setup)).await.map_err(|_| DeskError::Broke)?
    }

    /// Waits for a change of somebody else to end.
    async fn lock(&self) -> MutexGuard<'_, Register> {
        self.0.change.lock().await
    }

    /// Records what is other in `loaded`, with `facts` before it, and has everybody judge by it.
    async fn put(
        &self,
        app: &App,
        register: &mut Register,
        loaded: Loaded,
        facts: Vec<Fact>,
        by: &str,
    ) -> ApiResult<()> {
        self.record(app, register, &loaded, facts, by).await?;
        self.0.loaded.send_replace(Arc::new(loaded));
        Ok(())
    }

    async fn record(
        &self,
        app: &App,
        register: &mut Register,
        loaded: &Loaded,
        mut facts: Vec<Fact>,
        by: &str,
    ) -> ApiResult<()> {
        let mut next = register.clone();
        facts.extend(next.changes(loaded, &self.0.setup, app.now(), by)?);
        if !facts.is_empty() {
            app.centre.tell(facts).await?;
        }
        *register = next.clone();
        tokio::task::spawn_blocking(move || next.write()).await.map_err(ApiError::internal)?.map_err(ApiError::from)
    }
}

/// The fact of a change of a setting; of one that was added when there is nothing else to say.
fn setting(time: Time, by: &str, what: &str, id: &str, detail: serde_json::Value) -> Fact {
    avouch_finding::SettingChange {
        time,
        by: by.to_owned(),
        what: what.to_owned(),
        id: id.to_owned(),
        action: avouch_finding::ChangeAction::Changed,
        detail,
    }
    .into()
}
