//! From a wish to an acceptance in force: asked for by one person, approved by another, taken back with a reason.

use std::collections::BTreeSet;
use std::path::PathBuf;

use avouch_controls::{Acceptance, AcceptanceSet, Narrowing, Time as ControlTime, lint_acceptances, parse_acceptances};
use avouch_diagnostics::{FileId, SourceMap};
use avouch_finding::{ChangeAction, Fact, Kind, SettingChange, Time};
use avouch_pipeline::Acceptances;
use avouch_store::{Period, Reader};
use serde_json::{Value as Json, json};

use super::diagnostics::{DiagnosticOut, out_of};
use super::files::{digest_of, put_back, put_file, read_if_there};
use super::{DeskError, Loaded, PLACEHOLDER, Pending, RuleDesk, written};
use crate::App;
use crate::error::{ApiError, ApiResult};

/// What backtest writes when nobody gave a reason.
const NO_REASON: &str = "to be given";
/// Name of the text in diagnostics.
const OWN: &str = "acceptance";

/// An acceptance that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) pending: Pending,
    pub(crate) diagnostics: Vec<DiagnosticOut>,
}

/// What is approved: an id, and the text that was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Approve {
    pub(crate) id: String,
    pub(crate) digest: String,
}

/// Where an acceptance is that is to be taken back.
enum Spot {
    Pending(Pending),
    File { acceptance: Box<Acceptance>, path: PathBuf, text: String },
}

fn change(time: Time, by: &str, id: &str, action: ChangeAction, detail: Json) -> Fact {
    SettingChange { time, by: by.to_owned(), what: "acceptance".to_owned(), id: id.to_owned(), action, detail }.into()
}

/// Ids that the ledger knows of: none is ever used again.
pub(crate) fn used_ids(reader: &mut Reader) -> ApiResult<BTreeSet<String>> {
    let mut out = BTreeSet::new();
    for stored in reader.facts(Kind::Acceptance, Period::ALL)? {
        if let Fact::Acceptance(change) = stored.fact {
            out.insert(change.id.to_lowercase());
        }
    }
    for stored in reader.facts(Kind::Setting, Period::ALL)? {
        match stored.fact {
            Fact::Setting(change) if change.what == "acceptance" => drop(out.insert(change.id.to_lowercase())),
            _ => {}
        }
    }
    Ok(out)
}

impl RuleDesk {
    /// An id that was never used, of the year of `now`.
    pub(crate) fn fresh_id(&self, used: &BTreeSet<String>, now: Time) -> ApiResult<String> {
        let own = self.loaded().acceptances.all().iter().map(|a| a.id.to_lowercase()).collect::<BTreeSet<_>>();
        let pending: BTreeSet<String> = self.all_pending()?.into_iter().map(|p| p.id.to_lowercase()).collect();
        let year: String = now.to_string().chars().take(4).collect();
        let free = |id: &String| {
            let id = id.to_lowercase();
            !used.contains(&id) && !own.contains(&id) && !pending.contains(&id)
        };
        let mut all = (1..100_000_u32).map(|n| format!("ACC-{year}-{n:03}"));
        all.find(free).ok_or_else(|| ApiError::conflict("no id is left for this year; write one by hand"))
    }

    /// Reads the text of one acceptance and says what is wrong with it; errors keep it from being saved.
    pub(crate) fn read_acceptance(&self, text: &str) -> (Option<Acceptance>, Vec<DiagnosticOut>) {
        let mut map = SourceMap::default();
        map.add(OWN, text);
        let (read, mut problems) = parse_acceptances(FileId(0), text);
        problems.extend(lint_acceptances(&read, None, None));
        let mut out: Vec<DiagnosticOut> = problems.iter().map(|d| out_of(&map, d, OWN)).collect();
        let failed = out.iter().any(DiagnosticOut::is_error);
        let [acceptance] = read.as_slice() else {
            if !failed {
                let message = format!("there are {} acceptances in it", read.len());
                out.push(DiagnosticOut::error("C0000", &message, 1, "write exactly one, below `acceptances:`"));
            }
            return (None, out);
        };
        let line = |key: &str| {
            let starts = |l: &str| l.trim_start().trim_start_matches("- ").starts_with(key);
            text.lines().position(starts).map_or(1, |n| n + 1)
        };
        let reason = acceptance.reason.trim();
        if reason.is_empty() || reason == NO_REASON {
            let hint = "say why this is expected, and for whom";
            out.push(DiagnosticOut::error("C0000", "an acceptance needs a reason", line("reason:"), hint));
        }
        if acceptance.narrowing != Narrowing::Nothing {
            let one = AcceptanceSet::new(vec![acceptance.clone()]);
            for failed in Acceptances::new(one, &self.loaded().rules).1 {
                let key = if text.contains("condition:") { "condition:" } else { "subject:" };
                let hint = "name fields of the rule's source, as in its output";
                out.push(DiagnosticOut::error("C0000", &failed.why, line(key), hint));
            }
        }
        (Some(acceptance.clone()), out)
    }

    /// Keeps an acceptance that `by` asks for until another person approves it. Whoever asks is the requester, whatever the text says.
    ///
    /// # Errors
    /// 400 when it has errors; 409 when its id was used before.
    pub(crate) async fn ask_for(&self, app: &App, by: &str, text: String) -> ApiResult<Kept> {
        let _turn = self.lock().await;
        let used = app.readers.ask(used_ids).await?;
        let (desk, by, time) = (self.clone(), by.to_owned(), app.now());
        let work = move || desk.make_pending(&used, &by, time, &text);
        let kept = tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)??;
        let p = &kept.pending;
        let detail = json!({"standing": "pending", "sha256": p.digest, "text": p.yaml});
        if let Err(error) = app.centre.tell(vec![change(time, &p.requester, &p.id, ChangeAction::Added, detail)]).await
        {
            self.drop_pending(&p.id)?;
            return Err(error.into());
        }
        Ok(kept)
    }

    fn make_pending(&self, used: &BTreeSet<String>, by: &str, asked: Time, text: &str) -> ApiResult<Kept> {
        let (read, diagnostics) = self.read_acceptance(text);
        if let Some(error) = diagnostics.iter().find(|d| d.is_error()) {
            let message = format!("it is not saved, as it has errors: line {}: {}", error.line, error.message);
            return Err(ApiError::bad("acceptance_errors", message).hint(error.hint.clone().unwrap_or_default()));
        }
        let Some(mut acceptance) = read else { return Err(ApiError::bad("acceptance_errors", "it cannot be read")) };
        let id = acceptance.id.to_lowercase();
        let known = self.loaded().acceptances.all().iter().any(|a| a.id.to_lowercase() == id)
            || self.all_pending()?.iter().any(|p| p.id.to_lowercase() == id);
        if known || used.contains(&id) {
            let message = format!("the id `{}` was used before", acceptance.id);
            return Err(ApiError::conflict(message).hint("an id is never used again; take another"));
        }
        acceptance.requester = by.to_owned();
        acceptance.approver = PLACEHOLDER.to_owned();
        let yaml = written(&acceptance);
        let digest = digest_of(&yaml);
        let pending = Pending { id: acceptance.id, requester: by.to_owned(), asked, yaml, digest };
        self.put_pending(&pending)?;
        Ok(Kept { pending, diagnostics })
    }

    /// Puts a pending acceptance into force.
    ///
    /// # Errors
    /// 404 for none that is pending; 403 for whoever asked for it; 409 when the text is another than was looked at.
    pub(crate) async fn approve(&self, app: &App, by: &str, approve: Approve) -> ApiResult<Acceptance> {
        let mut register = self.lock().await;
        let (desk, time, who) = (self.clone(), app.now(), by.to_owned());
        let work = move || desk.put_in_force(&who, time, &approve);
        let (acceptance, loaded, path) = tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)??;
        let detail = json!({"standing": "approved", "requester": acceptance.requester});
        let fact = change(time, by, &acceptance.id, ChangeAction::Changed, detail);
        if let Err(error) = self.put(app, &mut register, loaded, vec![fact], by).await {
            put_back(path, None)?;
            return Err(error);
        }
        self.drop_pending(&acceptance.id)?;
        Ok(acceptance)
    }

    fn put_in_force(&self, by: &str, now: Time, approve: &Approve) -> ApiResult<(Acceptance, Loaded, PathBuf)> {
        let missing = || ApiError::not_found("no acceptance of that id waits for approval");
        let pending = self.pending(&approve.id)?.ok_or_else(missing)?;
        if pending.requester.to_lowercase() == by.to_lowercase() {
            return Err(ApiError::forbidden("whoever asks for an acceptance cannot approve it")
                .hint("somebody else who may change acceptances has to"));
        }
        if pending.digest != approve.digest {
            return Err(ApiError::conflict("it is another text than was looked at").param("digest"));
        }
        let (read, diagnostics) = self.read_acceptance(&pending.yaml);
        if let Some(error) = diagnostics.iter().find(|d| d.is_error()) {
            return Err(ApiError::conflict(format!("by now it has an error: {}", error.message)));
        }
        let mut acceptance = read.ok_or_else(missing)?;
        acceptance.approver = by.to_owned();
        // Nobody approves the past.
        acceptance.period.from = acceptance.period.from.max(ControlTime(now.0));
        if acceptance.period.from >= acceptance.period.to {
            return Err(ApiError::conflict(format!("it ended on {}", acceptance.period.to)));
        }
        let path = self.accept_into().join(format!("{}.yaml", acceptance.id));
        if path.exists() {
            return Err(ApiError::conflict(format!("there is a file `{}` already", path.display())));
        }
        put_file(&path, &written(&acceptance))?;
        match Loaded::load(self.setup()) {
            Ok(loaded) => Ok((acceptance, loaded, path)),
            Err(error) => {
                put_back(path, None)?;
                Err(error.into())
            }
        }
    }

    /// The folder that new acceptances go to.
    fn accept_into(&self) -> PathBuf {
        self.setup().acceptances.iter().find(|p| p.is_dir()).cloned().unwrap_or_else(|| self.own().join("acceptances"))
    }

    /// Takes an acceptance back, pending or in force.
    ///
    /// # Errors
    /// 404 for none; 409 when it stands in a file that is not one of its own.
    pub(crate) async fn revoke(&self, app: &App, by: &str, id: String, reason: String) -> ApiResult<()> {
        let mut register = self.lock().await;
        let (desk, time) = (self.clone(), app.now());
        let spot = tokio::task::spawn_blocking(move || desk.spot(&id)).await.map_err(ApiError::internal)??;
        match spot {
            Spot::Pending(pending) => {
                self.drop_pending(&pending.id)?;
                let detail = json!({"standing": "withdrawn", "reason": reason});
                let told = app.centre.tell(vec![change(time, by, &pending.id, ChangeAction::Removed, detail)]).await;
                if let Err(error) = told {
                    self.put_pending(&pending)?;
                    return Err(error.into());
                }
                Ok(())
            }
            Spot::File { acceptance, path, text } => {
                self.keep(&text)?;
                let detail = json!({"standing": "revoked", "reason": reason, "sha256": digest_of(&text)});
                let fact = change(time, by, &acceptance.id, ChangeAction::Removed, detail);
                std::fs::remove_file(&path).map_err(|e| DeskError::Write(path.clone(), e))?;
                let gone = match self.load().await {
                    Ok(loaded) => self.put(app, &mut register, loaded, vec![fact], by).await,
                    Err(error) => Err(error.into()),
                };
                if let Err(error) = gone {
                    put_back(path, Some(text))?;
                    return Err(error);
                }
                Ok(())
            }
        }
    }

    /// Finds an acceptance that may be taken back here.
    fn spot(&self, id: &str) -> ApiResult<Spot> {
        if let Some(pending) = self.pending(id)? {
            return Ok(Spot::Pending(pending));
        }
        let loaded = self.loaded();
        let found = loaded.acceptances.all().iter().find(|a| a.id == id);
        let acceptance = found.ok_or_else(|| ApiError::not_found("this server has no acceptance of that id"))?;
        let path = PathBuf::from(loaded.accepted_at.get(id).map(|p| p.file.clone()).unwrap_or_default());
        let by_hand = |why: &str| {
            let message = format!("`{}` {why}; take it out of the file by hand", path.display());
            Err(ApiError::conflict(message).hint("the server loads it anew on SIGHUP"))
        };
        if path.parent() != Some(self.accept_into().as_path()) {
            return by_hand("is not in the folder that this server writes acceptances to");
        }
        if std::fs::symlink_metadata(&path).is_ok_and(|m| m.file_type().is_symlink()) {
            return by_hand("is a link");
        }
        let text = read_if_there(&path)?.unwrap_or_default();
        if parse_acceptances(FileId(0), &text).0.len() != 1 {
            return by_hand("holds other acceptances too");
        }
        Ok(Spot::File { acceptance: Box::new(acceptance.clone()), path, text })
    }
}
