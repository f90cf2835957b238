//! Findings and acts as they come, as server-sent events.
//!
//! A reader who is too slow is told how many records he missed, and can ask for them by the ordinary questions; nothing waits for him.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use avouch_finding::{Fact, Finding};
use avouch_store::{Column, Filter, Record};
use axum::extract::{RawQuery, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::centre::Batch;
use crate::error::{ApiResult, ErrorBody};
use crate::query::Params;
use crate::row::Row;

/// Events that wait for one reader at most; beyond it he misses some.
const WAITING: usize = 512;
/// How often a quiet stream says that it is there.
const ALIVE: Duration = Duration::from_secs(10);

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new().allow(Permission::ReadFindings, routes!(stream))
}

/// Findings that match a filter, and acts about any, from now on. Events: `hello` once, `finding` (a row), `act`, `missed` (`count` of
/// records that this reader was too slow for). The id of an event is the number of its record.
#[utoipa::path(
    get,
    path = "/stream",
    tag = "live",
    params(
        ("severity" = Option<String>, Query, description = "As every column of `/findings`"),
        ("q" = Option<String>, Query, description = "Words that output, command or object contain"),
    ),
    responses((status = 200, content_type = "text/event-stream", description = "Events, until one side ends it"), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn stream(
    State(app): State<App>,
    who: Who,
    RawQuery(query): RawQuery,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let params = who.limit(Params::read(query.as_deref(), &[])?)?;
    let (out, events) = mpsc::channel(WAITING);
    tokio::spawn(follow(app, params.filter, out));
    let stream = tokio_stream::wrappers::ReceiverStream::new(events);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(ALIVE).text("alive")))
}

async fn follow(app: App, filter: Filter, out: mpsc::Sender<Result<Event, Infallible>>) {
    let mut records = app.centre.listen();
    let at = *app.centre.position().borrow();
    let hello = json!({"seq": at, "ledger": app.centre.ledger(), "time": app.now()});
    let mut missed: u64 = 0;
    if out.send(Ok(event("hello", Some(at), &hello))).await.is_err() {
        return;
    }
    loop {
        let batch = tokio::select! {
            () = out.closed() => return,
            () = app.stopping.cancelled() => return,
            batch = records.recv() => batch,
        };
        match batch {
            Ok(batch) => missed += pass_on(&filter, &batch, &out),
            // A batch holds one record or many: how many of them were for this reader nobody can say any more.
            Err(RecvError::Lagged(batches)) => missed += batches,
            Err(RecvError::Closed) => return,
        }
        if missed > 0 {
            let say = json!({"count": missed, "since": at});
            // Said as soon as there is room for it.
            if out.try_send(Ok(event("missed", None, &say))).is_ok() {
                missed = 0;
            }
        }
    }
}

/// Hands on what the reader asked for; returns how many he had no room for.
fn pass_on(filter: &Filter, batch: &Batch, out: &mpsc::Sender<Result<Event, Infallible>>) -> u64 {
    let events = batch.iter().filter_map(|record| event_of(filter, record));
    events.map(|event| u64::from(out.try_send(Ok(event)).is_err())).sum()
}

fn event_of(filter: &Filter, record: &Record) -> Option<Event> {
    let seq = Some(record.seq);
    match &record.fact {
        Fact::Finding(finding) => {
            let row = Row::fresh(finding, record);
            matches(filter, finding, &row).then(|| event("finding", seq, &row))
        }
        Fact::Acknowledgement(_) | Fact::Assignment(_) | Fact::Disposition(_) | Fact::Note(_) | Fact::Act(_) => {
            let body = record.fact.body().ok()?;
            let finding = body.get("finding")?.clone();
            Some(event("act", seq, &json!({"kind": record.fact.kind(), "finding": finding, "body": body})))
        }
        _ => None,
    }
}

fn event(name: &str, seq: Option<u64>, data: &impl serde::Serialize) -> Event {
    let event = Event::default().event(name);
    let event = seq.map_or(event.clone(), |seq| event.id(seq.to_string()));
    let text = serde_json::to_string(data).unwrap_or_default();
    event.data(text)
}

/// Whether a new finding is one that a filter names. Words are looked for as parts of texts; the store, which knows whole words, may find
/// less.
fn matches(filter: &Filter, finding: &Finding, row: &Row) -> bool {
    let has = |column: &Column, values: &BTreeSet<String>| {
        texts(*column, finding, row).iter().any(|text| values.contains(text.as_ref()))
    };
    let text = filter.text.to_lowercase();
    let words = || {
        let all = format!("{}\n{}\n{}\n{}", row.output, row.command, row.object, row.rule).to_lowercase();
        text.split_whitespace().all(|w| all.contains(w.trim_matches('"')))
    };
    filter.period.contains(finding.time)
        && filter.only.iter().all(|(c, v)| has(c, v))
        && !filter.except.iter().any(|(c, v)| has(c, v))
        && (text.is_empty() || words())
}

/// What a fresh finding has in a column.
fn texts<'a>(column: Column, f: &'a Finding, row: &'a Row) -> Vec<std::borrow::Cow<'a, str>> {
    let yes = |is: bool| vec![if is { "yes" } else { "no" }.into()];
    let list = |l: &'a [String]| l.iter().map(|t| t.as_str().into()).collect();
    match column {
        Column::Severity => vec![f.severity.name().into()],
        Column::Priority => vec![f.priority.as_str().into()],
        Column::Rule => vec![f.rule.as_str().into()],
        Column::Criterion => list(&f.criteria),
        Column::CriterionSecondary => list(&f.criteria_secondary),
        Column::PointOfFocus => list(&f.points_of_focus),
        Column::Nist => list(&f.nist_800_53),
        Column::Pci => list(&f.pci_dss),
        Column::Attack => list(&f.attack),
        Column::Tag => list(&f.tags),
        Column::Source => vec![f.source.as_str().into()],
        Column::Node => vec![f.node.as_str().into()],
        Column::Cluster => vec![f.cluster.as_str().into()],
        Column::Namespace => vec![row.namespace.as_str().into()],
        Column::Pod => vec![row.pod.as_str().into()],
        Column::Image => vec![row.image.as_str().into()],
        Column::Container => vec![row.container.as_str().into()],
        Column::User => vec![row.user.as_str().into()],
        Column::Process => vec![row.process.as_str().into()],
        Column::Acceptance => vec![row.suppressed.as_deref().unwrap_or_default().into()],
        Column::Suppressed => yes(f.suppressed.is_some()),
        // Nobody did anything about it yet.
        Column::Acknowledged => yes(false),
        Column::Decision => vec!["none".into()],
        Column::Assignee => vec!["".into()],
        Column::Losses => yes(f.lost_events.is_some()),
        Column::ContainerUnknown => yes(f.container_unknown),
    }
}
