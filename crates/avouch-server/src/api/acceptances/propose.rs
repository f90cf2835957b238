//! The smallest acceptance of a finding, and what an acceptance would have hidden.

use std::sync::atomic::AtomicBool;

use avouch_backtest::{Alternative, Draft, Findings, Preview, Watch};
use avouch_controls::{Acceptance, Narrowing, Placed, SubjectField};
use avouch_diagnostics::{SourceMap, Span};
use avouch_finding::Time;
use avouch_pipeline::facts::acceptance_body;
use avouch_store::Reader;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::ToSchema;

use crate::App;
use crate::access::Who;
use crate::api::DAY;
use crate::api::history::{SampleOut, period};
use crate::bodies::LedgerBodies;
use crate::body::Body;
use crate::desk::{DiagnosticOut, PLACEHOLDER, out_of, used_ids, written};
use crate::error::{ApiError, ApiResult, ErrorBody, chain};

/// Days of history that are looked at when no period is given.
const DAYS: u64 = 90;
/// Days that a proposed acceptance lasts.
const LASTS: u64 = 90;

/// The finding to accept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// Its id.
    finding: String,
}

/// The file of an acceptance, and a period: times or days, the last 90 days when not given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Looked {
    yaml: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
}

/// A proposal with one field less, or one more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlternativeOut {
    /// `drop` or `add`.
    #[schema(value_type = String)]
    action: &'static str,
    field: String,
    /// Findings that it would have suppressed.
    would_remove: u64,
    /// Known true ones among them.
    lost_true: u64,
    /// The file.
    yaml: String,
}

/// The smallest acceptance that covers a finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalOut {
    /// As the ledger would have it.
    #[schema(value_type = Object)]
    acceptance: Json_,
    /// The file.
    yaml: String,
    /// Fields that it asks, with their values.
    subject: Vec<(String, String)>,
    alternatives: Vec<AlternativeOut>,
    preview: PreviewOut,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleNumber {
    rule: String,
    count: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DayNumber {
    /// Begin of the day, UTC.
    #[schema(value_type = String, format = DateTime)]
    day: Time,
    count: u64,
}

/// What an acceptance would have suppressed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewOut {
    /// Findings that nothing had suppressed.
    would_remove: u64,
    /// Findings that an acceptance had suppressed already.
    already: u64,
    by_rule: Vec<RuleNumber>,
    by_day: Vec<DayNumber>,
    /// Findings that somebody called true.
    lost_true: SampleOut,
    /// Findings of which it cannot be said: fields were not recorded, or the ledger no longer has them.
    unknown: u64,
    /// Among them, findings that the ledger has no record of.
    no_record: u64,
    looked_at: u64,
    sample: SampleOut,
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    #[schema(value_type = String, format = DateTime)]
    to: Time,
    diagnostics: Vec<DiagnosticOut>,
}

impl PreviewOut {
    fn of(p: &Preview, period: avouch_store::Period, diagnostics: Vec<DiagnosticOut>) -> Self {
        Self {
            would_remove: p.would_remove,
            already: p.already,
            by_rule: p.by_rule.iter().map(|(rule, count)| RuleNumber { rule: rule.clone(), count: *count }).collect(),
            by_day: p.by_day.iter().map(|(day, count)| DayNumber { day: *day, count: *count }).collect(),
            lost_true: (&p.lost_true).into(),
            unknown: p.unknown,
            no_record: p.no_record,
            looked_at: p.looked_at,
            sample: (&p.sample).into(),
            from: period.from,
            to: period.to,
            diagnostics,
        }
    }
}

/// Asks history with the ledger beside the store.
fn with_history<T>(
    app: &App,
    reader: &mut Reader,
    question: impl FnOnce(&mut Findings<'_>, &mut Watch<'_>) -> avouch_backtest::Result<T>,
) -> ApiResult<T> {
    let ledger = avouch_ledger::Reader::open(&app.folder.ledger()).map_err(|e| ApiError::internal(chain(&e)))?;
    let mut findings = Findings { store: reader, ledger: Some((app.centre.ledger(), &ledger)) };
    let stop = AtomicBool::new(false);
    let mut told = |_| {
        if app.stopping.is_cancelled() {
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    };
    question(&mut findings, &mut Watch::new(Some(&stop), &mut told)).map_err(refused)
}

fn refused(error: avouch_backtest::Error) -> ApiError {
    use avouch_backtest::Error;
    match &error {
        Error::NotCompiled { .. } | Error::NothingToNarrowBy { .. } => ApiError::bad("no_proposal", error.to_string()),
        Error::Cancelled => ApiError::busy("ending", "the server ends", 5),
        _ => ApiError::internal(chain(&error)),
    }
}

/// Proposes the smallest acceptance that covers a finding, with what it would have hidden in the last 90 days. Nothing is saved.
#[utoipa::path(
    post, path = "/acceptances/propose", tag = "acceptances", request_body = Wish,
    responses((status = 200, body = ProposalOut), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn propose(State(app): State<App>, who: Who, Body(wish): Body<Wish>) -> ApiResult<Json<ProposalOut>> {
    let now = app.now();
    let period = period(&who, None, None, now, DAYS)?;
    let asked = app.clone();
    let answer = app.readers.ask(move |reader| {
        let mut bodies = LedgerBodies::open(&asked.folder.ledger())?;
        let missing = || ApiError::not_found("no finding of that id");
        let (stored, whole) = reader.whole_finding(&wish.finding, &mut bodies)?.ok_or_else(missing)?;
        if !who.sees(stored.time) {
            return Err(missing());
        }
        let finding = whole.ok_or_else(|| ApiError::conflict("the ledger no longer has the fields of this finding"))?;
        let used = used_ids(reader)?;
        let day = |t: u64| avouch_controls::Time(t / DAY * DAY).to_string();
        let draft = Draft {
            id: asked.desk.fresh_id(&used, now)?,
            requester: who.name().to_owned(),
            approver: PLACEHOLDER.to_owned(),
            reason: String::new(),
            ticket: None,
            from: day(now.0),
            expires: Some(day(now.0 + LASTS * DAY)),
        };
        let rules = asked.desk.loaded().rules.clone();
        let proposal = with_history(&asked, reader, |findings, watch| {
            avouch_backtest::propose(&finding, &draft, &rules, findings, period, watch)
        })?;
        let mut map = SourceMap::default();
        map.add("acceptance", proposal.yaml.clone());
        let diagnostics = proposal.diagnostics.iter().map(|d| out_of(&map, d, "acceptance")).collect();
        let other = |a: &Alternative| other(&proposal.acceptance, a);
        Ok(ProposalOut {
            acceptance: acceptance_body(&proposal.acceptance),
            alternatives: proposal.alternatives.iter().filter_map(other).collect(),
            preview: PreviewOut::of(&proposal.preview, period, diagnostics),
            yaml: proposal.yaml,
            subject: proposal.subject,
        })
    });
    Ok(Json(answer.await?))
}

/// An alternative with its file.
fn other(proposed: &Acceptance, a: &Alternative) -> Option<AlternativeOut> {
    let Narrowing::Subject(fields) = &proposed.narrowing else { return None };
    let mut fields = fields.clone();
    let (action, field) = match (&a.drop, &a.add) {
        (Some(field), _) => {
            fields.retain(|f| f.field.text != *field);
            ("drop", field.clone())
        }
        (None, Some((field, value))) => {
            let placed = Placed { text: field.clone(), span: Span::default() };
            fields.push(SubjectField { field: placed, values: vec![value.clone()] });
            ("add", field.clone())
        }
        (None, None) => return None,
    };
    let acceptance = Acceptance { narrowing: Narrowing::Subject(fields), ..proposed.clone() };
    Some(AlternativeOut {
        action,
        field,
        would_remove: a.would_remove,
        lost_true: a.lost_true,
        yaml: written(&acceptance),
    })
}

/// What an acceptance would have hidden in a period, had it been in force all the time; and what is wrong with it.
#[utoipa::path(
    post, path = "/acceptances/preview", tag = "acceptances", request_body = Looked,
    responses((status = 200, body = PreviewOut), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn preview(
    State(app): State<App>,
    who: Who,
    Body(looked): Body<Looked>,
) -> ApiResult<Json<PreviewOut>> {
    let period = period(&who, looked.from.as_deref(), looked.to.as_deref(), app.now(), DAYS)?;
    let asked = app.clone();
    let answer = app.readers.ask(move |reader| {
        let (acceptance, diagnostics) = asked.desk.read_acceptance(&looked.yaml);
        let Some(acceptance) = acceptance else {
            return Ok(PreviewOut::of(&Preview::default(), period, diagnostics));
        };
        let rules = asked.desk.loaded().rules.clone();
        let shown = with_history(&asked, reader, |findings, watch| {
            match avouch_backtest::preview(&acceptance, &rules, findings, period, watch) {
                // What does not compile is among the diagnostics.
                Err(avouch_backtest::Error::NotCompiled { .. }) => Ok(Preview::default()),
                other => other,
            }
        })?;
        Ok(PreviewOut::of(&shown, period, diagnostics))
    });
    Ok(Json(answer.await?))
}
