//! What people do about findings: look, take, decide, write. Each act is a fact of its own in the ledger.

use std::collections::BTreeSet;

use avouch_finding::{Acknowledgement, Assignment, Decision, Disposition, Fact, Note};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::visible;
use crate::App;
use crate::access::{Permission, Who};
use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody};

/// Findings of one act at most.
const MOST: usize = 1_000;
/// Bytes of a text at most.
const LONGEST: usize = 10_000;

/// What is done, to which findings. At least one act.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acts {
    /// Ids of findings.
    ids: Vec<String>,
    acknowledge: Option<Acknowledge>,
    assign: Option<Assign>,
    decide: Option<Decide>,
    note: Option<Write>,
}

#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Acknowledge {
    note: Option<String>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assign {
    /// Name of a user who may log in; empty or `null` for nobody.
    to: Option<String>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decide {
    /// `true`, `benign` or `test`.
    decision: String,
    reason: String,
    /// Number of the incident or ticket.
    incident: Option<String>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Write {
    text: String,
}

/// The records that came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordedActs {
    /// Numbers of records.
    recorded: Vec<u64>,
}

/// Acknowledges, assigns, decides about, or writes about findings.
#[utoipa::path(
    post,
    path = "/findings/act",
    tag = "findings",
    request_body = Acts,
    responses((status = 200, body = RecordedActs), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn act(State(app): State<App>, who: Who, Body(acts): Body<Acts>) -> ApiResult<Json<RecordedActs>> {
    let decision = check(&acts)?;
    let assignee = match &acts.assign {
        Some(assign) => assignee(&app, assign.to.as_deref().unwrap_or_default()).await?,
        None => String::new(),
    };
    // Each once, in the order in which they were named.
    let mut named = BTreeSet::new();
    let ids: Vec<String> = acts.ids.iter().filter(|id| named.insert(id.as_str())).cloned().collect();
    let (asked, caller) = (ids.clone(), who.clone());
    let look = move |reader: &mut avouch_store::Reader| -> ApiResult<()> {
        asked.iter().try_for_each(|id| visible(reader, id, &caller).map(drop))
    };
    app.readers.ask(look).await?;
    let (time, by) = (app.now(), who.name());
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut facts: Vec<Fact> = Vec::new();
    for id in &ids {
        let (finding, by) = (id.clone(), by.to_owned());
        if let Some(a) = &acts.acknowledge {
            facts.push(Acknowledgement { time, finding: finding.clone(), by: by.clone(), note: text(&a.note) }.into());
        }
        if acts.assign.is_some() {
            facts.push(Assignment { time, finding: finding.clone(), by: by.clone(), to: assignee.clone() }.into());
        }
        if let (Some(d), Some(decision)) = (&acts.decide, decision) {
            let (reason, incident) = (d.reason.clone(), text(&d.incident));
            let fact = Disposition { time, finding: finding.clone(), by: by.clone(), decision, reason, incident };
            facts.push(fact.into());
        }
        if let Some(n) = &acts.note {
            facts.push(Note { time, finding, by, text: n.text.clone() }.into());
        }
    }
    Ok(Json(RecordedActs { recorded: app.centre.tell(facts).await? }))
}

/// The user of that name, written as the accounts have it; nobody when it is empty.
async fn assignee(app: &App, name: &str) -> ApiResult<String> {
    if name.is_empty() {
        return Ok(String::new());
    }
    let users = app.accounts.ask(avouch_auth::Accounts::users).await?;
    let known =
        users.into_iter().find(|u| u.state == avouch_auth::UserState::Enabled && u.name.eq_ignore_ascii_case(name));
    let may = known.filter(|user| user.role.may(Permission::Triage)).map(|user| user.name);
    may.ok_or_else(|| {
        let shown: String = name.chars().take(64).collect();
        ApiError::bad("bad_act", format!("`{shown}` is no user who could look at findings")).param("assign")
    })
}

/// What is wrong with it; the decision, when there is one.
fn check(acts: &Acts) -> ApiResult<Option<Decision>> {
    let bad = |message: &str, param: &str| Err(ApiError::bad("bad_act", message).param(param));
    if acts.ids.is_empty() || acts.ids.len() > MOST {
        return bad("name 1 to 1000 findings", "ids");
    }
    if acts.acknowledge.is_none() && acts.assign.is_none() && acts.decide.is_none() && acts.note.is_none() {
        return bad("nothing is to be done: give acknowledge, assign, decide or note", "ids");
    }
    let texts = [
        ("acknowledge", acts.acknowledge.as_ref().and_then(|a| a.note.as_ref())),
        ("assign", acts.assign.as_ref().and_then(|a| a.to.as_ref())),
        ("decide", acts.decide.as_ref().map(|d| &d.reason)),
        ("decide", acts.decide.as_ref().and_then(|d| d.incident.as_ref())),
        ("note", acts.note.as_ref().map(|n| &n.text)),
    ];
    if let Some((param, _)) = texts.iter().find(|(_, t)| t.is_some_and(|t| t.len() > LONGEST)) {
        return bad("a text is longer than 10000 bytes", param);
    }
    if acts.note.as_ref().is_some_and(|n| n.text.trim().is_empty()) {
        return bad("a note needs a text", "note");
    }
    let Some(decide) = &acts.decide else { return Ok(None) };
    if decide.reason.trim().is_empty() {
        return bad("a decision needs a reason: it is evidence", "decide");
    }
    match Decision::parse(&decide.decision) {
        Some(decision) => Ok(Some(decision)),
        None => bad("a decision is `true`, `benign` or `test`", "decide"),
    }
}
