//! The rules that count: where they stand, what they serve, how often they fire against what people can look at.

use std::collections::BTreeMap;

use avouch_backtest::{Place, RuleView};
use avouch_finding::Time;
use avouch_store::{Filter, Period, Reader, RuleDay};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::DAY;
use super::history::Days;
use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::answer::Answer;
use crate::desk::{BUDGET_A_DAY, Loaded};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::query::Params;

/// Days that are counted when no period is given.
const DAYS: u64 = 14;
/// Nodes whose rules are listed.
const NODES: usize = 5_000;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new()
        .allow(Permission::ReadRules, routes!(list))
        .allow(Permission::ReadRules, routes!(one))
        .allow(Permission::ReadRules, routes!(sets))
}

/// A place in a rule file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PlaceOut {
    file: String,
    /// From 1.
    line: usize,
}

impl From<&Place> for PlaceOut {
    fn from(p: &Place) -> Self {
        Self { file: p.file.clone(), line: p.line }
    }
}

/// A rule, and how often it fired.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RuleRow {
    name: String,
    source: String,
    priority: String,
    /// In the scale of findings.
    #[schema(value_type = Option<String>)]
    severity: Option<&'static str>,
    /// It is judged by this server, or would be if it had its source.
    enabled: bool,
    /// `loaded`, `disabled`, `below priority`, `unknown source`, `skipped`, `failed`; `not here` for a rule that this server has not and
    /// that had findings in the period.
    status: String,
    /// `null` when it is not here.
    file: Option<String>,
    line: Option<usize>,
    /// Criteria that it serves first.
    criteria: Vec<String>,
    criteria_secondary: Vec<String>,
    tags: Vec<String>,
    /// Other places that define it too, append to it or override it.
    overridden_by: Vec<PlaceOut>,
    /// Rules that take all of its events where only the first matching rule fires.
    shadowed_by: Vec<PlaceOut>,
    /// By day of UTC from `first_day` on, without what acceptances cover.
    per_day: Vec<u64>,
    total: u64,
    /// Findings that acceptances cover.
    suppressed: u64,
    /// Findings a day that people are to look at at most.
    budget: u64,
    /// On some day it fired more often.
    over: bool,
}

/// The effective set.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleList {
    answer: Answer,
    /// Digest of the loaded set; agents tell the same of theirs.
    digest: String,
    /// First day of `per_day`.
    #[schema(value_type = String, format = DateTime)]
    first_day: Time,
    /// Errors and warnings of the loaded files.
    errors: usize,
    warnings: usize,
    rules: Vec<RuleRow>,
}

/// One rule, whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneRule {
    answer: Answer,
    #[schema(value_type = String, format = DateTime)]
    first_day: Time,
    rule: RuleRow,
    description: String,
    /// As the file writes it, after appends.
    condition: String,
    /// With lists and macros put in.
    resolved: String,
    output: String,
}

/// What a node loaded last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeRules {
    node: String,
    run: String,
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    digest: String,
    /// Rules that run.
    rules: usize,
    not_running: usize,
    /// It is the set of this server.
    same: bool,
    /// Why newer rules were not taken.
    refused: Option<String>,
}

/// What nodes loaded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleSets {
    answer: Answer,
    /// Digest of this server's set.
    digest: String,
    nodes: Vec<NodeRules>,
    /// Nodes that are not listed.
    left_out: usize,
}

fn asked(who: &Who, query: Option<&str>, now: Time) -> ApiResult<Params> {
    let mut params = Params::read(query, &[])?;
    if params.filter != Filter::of(params.filter.period) {
        return Err(ApiError::bad("bad_filter", "rules are counted whole: only `from` and `to` are taken here"));
    }
    let period = &mut params.filter.period;
    if period.to == Period::ALL.to {
        period.to = now;
    }
    if period.from == Period::ALL.from {
        let to = if period.to.0 == u64::MAX { now } else { period.to };
        period.from = Time((to.day() + 1).saturating_sub(DAYS) * DAY);
    }
    if period.from >= period.to {
        return Err(ApiError::bad("bad_filter", "`from` is not before `to`").param("from"));
    }
    who.limit(params)
}

/// The loaded rules with where they stand and how often they fired, and those that fired and are not loaded here.
#[utoipa::path(
    get,
    path = "/rules",
    tag = "rules",
    params(
        ("from" = Option<String>, Query, description = "Count from this time or day on; default: 14 days"),
        ("to" = Option<String>, Query, description = "Count before this time or day"),
    ),
    responses((status = 200, body = RuleList), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn list(State(app): State<App>, who: Who, RawQuery(query): RawQuery) -> ApiResult<Json<RuleList>> {
    let params = asked(&who, query.as_deref(), app.now())?;
    let loaded = app.desk.loaded();
    let answer = app.readers.ask(move |reader| {
        let asked = Answer::begin(reader, &params.filter, params.cut.as_ref())?;
        let (days, counted) = counted(reader, params.filter.period)?;
        let rules = rows(&loaded, &days, counted);
        let errors = |severity| loaded.rules.diagnostics.iter().filter(|d| d.severity == severity).count();
        Ok(RuleList {
            answer: asked.end(),
            digest: loaded.digest.clone(),
            first_day: days.first(),
            errors: errors(avouch_diagnostics::Severity::Error),
            warnings: errors(avouch_diagnostics::Severity::Warning),
            rules,
        })
    });
    Ok(Json(answer.await?))
}

/// A rule with its condition, and how often it fired.
#[utoipa::path(
    get,
    path = "/rules/{name}",
    tag = "rules",
    params(("name" = String, Path, description = "Its name"), ("from" = Option<String>, Query), ("to" = Option<String>, Query)),
    responses((status = 200, body = OneRule), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn one(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<OneRule>> {
    let params = asked(&who, query.as_deref(), app.now())?;
    let loaded = app.desk.loaded();
    let answer = app.readers.ask(move |reader| {
        let missing = || ApiError::not_found("no rule of that name is loaded here");
        let view = loaded.views.iter().find(|v| v.name == name).ok_or_else(missing)?;
        let asked = Answer::begin(reader, &params.filter, params.cut.as_ref())?;
        let (days, mut counted) = counted(reader, params.filter.period)?;
        let counts = counted.remove(&name).unwrap_or_else(|| Count::none(&days));
        Ok(OneRule {
            answer: asked.end(),
            first_day: days.first(),
            rule: row(view, counts),
            description: view.description.clone(),
            condition: view.condition.clone(),
            resolved: view.resolved.clone(),
            output: view.output.clone(),
        })
    });
    Ok(Json(answer.await?))
}

/// Which rules each node loaded last in a period, as the ledger tells, against those of this server.
#[utoipa::path(
    get,
    path = "/rule-sets",
    tag = "rules",
    params(("from" = Option<String>, Query), ("to" = Option<String>, Query)),
    responses((status = 200, body = RuleSets), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn sets(State(app): State<App>, who: Who, RawQuery(query): RawQuery) -> ApiResult<Json<RuleSets>> {
    let params = asked(&who, query.as_deref(), app.now())?;
    let digest = app.desk.loaded().digest.clone();
    let answer = app.readers.ask(move |reader| {
        let asked = Answer::begin(reader, &params.filter, params.cut.as_ref())?;
        let mut last: BTreeMap<String, NodeRules> = BTreeMap::new();
        for set in reader.rule_sets(params.filter.period)? {
            let l = set.loaded;
            if last.get(&l.node).is_some_and(|known| known.time > l.time) {
                continue;
            }
            let node = NodeRules {
                same: l.digest == digest,
                rules: l.rules.len(),
                not_running: l.not_running.len(),
                node: l.node.clone(),
                run: l.run,
                time: l.time,
                digest: l.digest,
                refused: l.refused,
            };
            last.insert(l.node, node);
        }
        let left_out = last.len().saturating_sub(NODES);
        let nodes = last.into_values().take(NODES).collect();
        Ok(RuleSets { answer: asked.end(), digest, nodes, left_out })
    });
    Ok(Json(answer.await?))
}

struct Count {
    per_day: Vec<u64>,
    total: u64,
    suppressed: u64,
}

impl Count {
    fn none(days: &Days) -> Self {
        Self { per_day: days.empty(), total: 0, suppressed: 0 }
    }
}

fn counted(reader: &mut Reader, period: Period) -> ApiResult<(Days, BTreeMap<String, Count>)> {
    let days = Days::of(period);
    let mut out: BTreeMap<String, Count> = BTreeMap::new();
    for RuleDay { day, rule, counted, suppressed } in reader.rules_by_day(period)? {
        let count = out.entry(rule.as_ref().to_owned()).or_insert_with(|| Count::none(&days));
        days.add(&mut count.per_day, day, counted);
        count.total += counted;
        count.suppressed += suppressed;
    }
    Ok((days, out))
}

fn rows(loaded: &Loaded, days: &Days, mut counted: BTreeMap<String, Count>) -> Vec<RuleRow> {
    let mut rows: Vec<RuleRow> = Vec::new();
    for view in &loaded.views {
        rows.push(row(view, counted.remove(&view.name).unwrap_or_else(|| Count::none(days))));
    }
    // What fired elsewhere is not hidden because this server has not its file.
    rows.extend(counted.into_iter().map(|(name, count)| RuleRow {
        name,
        source: String::new(),
        priority: String::new(),
        severity: None,
        enabled: false,
        status: "not here".to_owned(),
        file: None,
        line: None,
        criteria: Vec::new(),
        criteria_secondary: Vec::new(),
        tags: Vec::new(),
        overridden_by: Vec::new(),
        shadowed_by: Vec::new(),
        over: count.per_day.iter().any(|n| *n > BUDGET_A_DAY),
        per_day: count.per_day,
        total: count.total,
        suppressed: count.suppressed,
        budget: BUDGET_A_DAY,
    }));
    rows
}

fn row(view: &RuleView, count: Count) -> RuleRow {
    RuleRow {
        name: view.name.clone(),
        source: view.source.clone(),
        priority: view.priority.to_owned(),
        severity: avouch_finding::Severity::of_priority(view.priority).map(avouch_finding::Severity::name),
        enabled: view.enabled,
        status: view.status.to_owned(),
        file: Some(view.place.file.clone()),
        line: Some(view.place.line),
        criteria: view.criteria.clone(),
        criteria_secondary: view.criteria_secondary.clone(),
        tags: view.tags.clone(),
        overridden_by: view.overridden_by.iter().map(PlaceOut::from).collect(),
        shadowed_by: view.shadowed_by.iter().map(PlaceOut::from).collect(),
        over: count.per_day.iter().any(|n| *n > BUDGET_A_DAY),
        per_day: count.per_day,
        total: count.total,
        suppressed: count.suppressed,
        budget: BUDGET_A_DAY,
    }
}
