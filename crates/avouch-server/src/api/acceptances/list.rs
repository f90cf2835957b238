//! Acceptances with what they hid, by day, and whether they are still used.

use std::collections::BTreeMap;

use avouch_controls::{Acceptance, Narrowing, Time as ControlTime, parse_acceptances};
use avouch_diagnostics::FileId;
use avouch_finding::{ChangeAction, Fact, Kind, Time};
use avouch_pipeline::condition_of;
use avouch_store::{Filter, Period, Reader};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use serde_json::Value as Json_;
use utoipa::ToSchema;

use crate::App;
use crate::access::Who;
use crate::answer::Answer;
use crate::api::DAY;
use crate::api::history::Days;
use crate::desk::Pending;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::query::Params;

/// Days of hits when no period is given.
const DAYS: u64 = 90;
/// Days before the end of the period that are looked at for the last hit.
const BACK: u64 = 400;

/// An acceptance.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct AcceptanceRow {
    id: String,
    rule: Option<String>,
    criterion: Option<String>,
    control: Option<String>,
    check: Option<String>,
    /// Fields that must equal one of the values.
    subject: BTreeMap<String, Vec<String>>,
    /// What narrows it, in the language of rules; `null` when nothing does.
    condition: Option<String>,
    reason: String,
    risk: Option<String>,
    compensating: Option<String>,
    requester: String,
    /// `null` while nobody approved it.
    approver: Option<String>,
    ticket: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// `null`: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Time>,
    /// `in force`, `pending` (nobody approved it), `not begun`, `expired`.
    standing: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    review_due: Option<Time>,
    /// Findings that it hid in the period.
    hits: u64,
    /// Begin of the last day (UTC) on which it hid one, in the 400 days before the end of the period.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_hit: Option<Time>,
    /// Days in force without a hit, up to the end of the period; `null` when it is not in force.
    unused_days: Option<u64>,
    /// By day of UTC from `first_day` on.
    by_day: Vec<u64>,
    /// Where it stands; `null` for one that only the ledger knows: an agent told of it.
    file: Option<String>,
    line: Option<usize>,
    /// Why it lets nothing be.
    broken: Option<String>,
    /// One that waits for approval: its file, and what to send to approve it.
    yaml: Option<String>,
    digest: Option<String>,
    /// The caller asked for it, and so cannot approve it.
    own: bool,
}

/// All of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcceptanceList {
    answer: Answer,
    #[schema(value_type = String, format = DateTime)]
    first_day: Time,
    acceptances: Vec<AcceptanceRow>,
}

#[derive(Default)]
struct Hits {
    by_day: Vec<u64>,
    hits: u64,
    last: Option<Time>,
}

/// Acceptances of this server, those that agents told of, and those that wait for approval, with what they hid.
#[utoipa::path(
    get,
    path = "/acceptances",
    tag = "acceptances",
    params(
        ("from" = Option<String>, Query, description = "Count from this time or day on; default: 90 days"),
        ("to" = Option<String>, Query, description = "Count before this time or day"),
    ),
    responses((status = 200, body = AcceptanceList), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn list(
    State(app): State<App>,
    who: Who,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<AcceptanceList>> {
    let now = app.now();
    let mut params = Params::read(query.as_deref(), &[])?;
    if params.filter != Filter::of(params.filter.period) {
        return Err(ApiError::bad("bad_filter", "acceptances are counted whole: only `from` and `to` are taken here"));
    }
    let period = &mut params.filter.period;
    if period.to == Period::ALL.to {
        period.to = now;
    }
    if period.from == Period::ALL.from {
        period.from = Time((period.to.day() + 1).saturating_sub(DAYS) * DAY);
    }
    if period.from >= period.to {
        return Err(ApiError::bad("bad_filter", "`from` is not before `to`").param("from"));
    }
    let params = who.limit(params)?;
    let desk = app.desk.clone();
    let answer = app.readers.ask(move |reader| {
        let asked = Answer::begin(reader, &params.filter, params.cut.as_ref())?;
        let period = params.filter.period;
        let days = Days::of(period);
        // Nothing of what lies outside of an auditor's period is told.
        let back = if who.principal().period().is_some() {
            period.from
        } else {
            Time(period.to.0.saturating_sub(BACK * DAY)).min(period.from)
        };
        let mut hits = hits(reader, period, back, &days)?;
        let at = now.min(period.to);
        let loaded = desk.loaded();
        let mut rows = Vec::new();
        for acceptance in loaded.acceptances.all() {
            let mut row = AcceptanceRow::of(acceptance, at, hits.remove(&acceptance.id), &days);
            let place = loaded.accepted_at.get(&acceptance.id);
            row.file = place.map(|p| p.file.clone());
            row.line = place.map(|p| p.line);
            row.broken = loaded.not_compiled.get(&acceptance.id).cloned();
            rows.push(row);
        }
        for pending in desk.all_pending()? {
            rows.extend(waiting(&pending, at, &days, who.name()));
        }
        for (id, body) in told(reader, period.to)? {
            if !rows.iter().any(|row: &AcceptanceRow| row.id == id) {
                rows.push(from_ledger(&id, &body, at, hits.remove(&id), &days));
            }
        }
        // What hid findings and is in no register any more is shown all the same.
        for (id, hit) in hits {
            let row = AcceptanceRow { id, standing: "revoked".to_owned(), ..AcceptanceRow::default() };
            rows.push(row.with(Some(hit), &days));
        }
        Ok(AcceptanceList { answer: asked.end(), first_day: days.first(), acceptances: rows })
    });
    Ok(Json(answer.await?))
}

fn hits(reader: &mut Reader, period: Period, back: Time, days: &Days) -> ApiResult<BTreeMap<String, Hits>> {
    let mut out: BTreeMap<String, Hits> = BTreeMap::new();
    let first = Time(period.from.day() * DAY);
    for day in reader.acceptances_by_day(Period::new(back, period.to))? {
        let hit = out.entry(day.acceptance.as_ref().to_owned()).or_default();
        if hit.by_day.is_empty() {
            hit.by_day = days.empty();
        }
        hit.last = hit.last.max(Some(day.day));
        if day.day >= first {
            days.add(&mut hit.by_day, day.day, day.suppressed);
            hit.hits += day.suppressed;
        }
    }
    // One that hid nothing in the period is only of interest when something still says what it is.
    Ok(out)
}

impl AcceptanceRow {
    fn with(self, hit: Option<Hits>, days: &Days) -> Self {
        let hit = hit.unwrap_or_else(|| Hits { by_day: days.empty(), ..Hits::default() });
        Self { hits: hit.hits, last_hit: hit.last, by_day: hit.by_day, ..self }
    }

    fn of(a: &Acceptance, at: Time, hit: Option<Hits>, days: &Days) -> Self {
        use avouch_controls::AcceptanceStanding as Standing;
        let text = |placed: &Option<avouch_controls::Placed>| placed.as_ref().map(|p| p.text.clone());
        let time = |t: ControlTime| (t != ControlTime::END).then_some(Time(t.0));
        let standing = a.standing(ControlTime(at.0));
        let subject = match &a.narrowing {
            Narrowing::Subject(fields) => fields.iter().map(|f| (f.field.text.clone(), f.values.clone())).collect(),
            _ => BTreeMap::new(),
        };
        let row = Self {
            id: a.id.clone(),
            rule: text(&a.rule),
            criterion: text(&a.criterion),
            control: text(&a.control),
            check: text(&a.check),
            subject,
            condition: condition_of(&a.narrowing),
            reason: a.reason.clone(),
            risk: a.risk.clone(),
            compensating: a.compensating.clone(),
            requester: a.requester.clone(),
            approver: Some(a.approver.clone()),
            ticket: a.ticket.clone(),
            from: time(a.period.from),
            expires: time(a.period.to),
            standing: match standing {
                Standing::InForce => "in force",
                Standing::Pending => "not begun",
                Standing::Expired => "expired",
            }
            .to_owned(),
            review_due: a.review_due().map(|t| Time(t.0)),
            ..Self::default()
        };
        row.with(hit, days).unused(Time(a.period.from.0), standing == Standing::InForce, at)
    }

    fn unused(mut self, from: Time, in_force: bool, at: Time) -> Self {
        let since = self.last_hit.map_or(from, |last| last.max(from));
        self.unused_days = in_force.then(|| at.0.saturating_sub(since.0) / DAY);
        self
    }
}

fn waiting(pending: &Pending, at: Time, days: &Days, caller: &str) -> Option<AcceptanceRow> {
    let (read, _) = parse_acceptances(FileId(0), &pending.yaml);
    let row = AcceptanceRow::of(read.first()?, at, None, days);
    Some(AcceptanceRow {
        approver: None,
        standing: "pending".to_owned(),
        unused_days: None,
        yaml: Some(pending.yaml.clone()),
        digest: Some(pending.digest.clone()),
        own: pending.requester.to_lowercase() == caller.to_lowercase(),
        ..row
    })
}

/// Acceptances that the ledger was told of before a time and that were not taken back, by id.
fn told(reader: &mut Reader, before: Time) -> ApiResult<BTreeMap<String, Json_>> {
    let mut out = BTreeMap::new();
    for stored in reader.facts(Kind::Acceptance, Period::new(Time(0), before))? {
        let Fact::Acceptance(change) = stored.fact else { continue };
        match change.action {
            ChangeAction::Removed => drop(out.remove(&change.id)),
            ChangeAction::Added | ChangeAction::Changed => drop(out.insert(change.id, change.acceptance)),
        }
    }
    Ok(out)
}

fn from_ledger(id: &str, body: &Json_, at: Time, hit: Option<Hits>, days: &Days) -> AcceptanceRow {
    let text = |key: &str| body.get(key).and_then(Json_::as_str).map(str::to_owned);
    let time = |key: &str| text(key).and_then(|t| Time::parse(&t));
    let (from, expires) = (time("from"), time("expires"));
    let standing = match (from, expires) {
        (Some(from), _) if at < from => "not begun",
        (_, Some(to)) if at >= to => "expired",
        _ => "in force",
    };
    let narrowing = body.get("narrowing");
    let subject = narrowing.and_then(|n| n.get("subject")).cloned().unwrap_or_default();
    let row = AcceptanceRow {
        id: id.to_owned(),
        rule: text("rule"),
        criterion: text("criterion"),
        control: text("control"),
        check: text("check"),
        subject: serde_json::from_value(subject).unwrap_or_default(),
        condition: narrowing.and_then(|n| n.get("condition")).and_then(Json_::as_str).map(str::to_owned),
        reason: text("reason").unwrap_or_default(),
        risk: text("risk"),
        compensating: text("compensating"),
        requester: text("requester").unwrap_or_default(),
        approver: text("approver"),
        ticket: text("ticket"),
        from,
        expires,
        standing: standing.to_owned(),
        ..AcceptanceRow::default()
    };
    row.with(hit, days).unused(from.unwrap_or_default(), standing == "in force", at)
}
