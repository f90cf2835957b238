//! Controls over a period: what each says, what watched it, what was found, its gaps and deviations.

mod shape;

use std::collections::{BTreeMap, BTreeSet};

use avouch_controls::{ControlHistory, ControlList, Period as ControlPeriod, Time as ControlTime};
use avouch_coverage::{Day, Span, State, Totals};
use avouch_finding::Time;
use avouch_report::{
    AsOf, ControlResult, Deviation, Judging, Lists, PeriodFacts, Place, acceptance_results, control_results,
    deviations, gather_condensed,
};
use avouch_store::{Column, Filter, Period, Reader};
use axum::Json;
use axum::extract::{Path, RawQuery, State as Shared};
use utoipa_axum::routes;

use super::DAY;
use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::answer::Answer;
use crate::error::{ApiError, ApiResult, ErrorBody, chain};
use crate::gaps::{self, GapOut};
use crate::query::Params;
use shape::{
    AcceptanceHits, ControlDay, ControlDetail, ControlOut, ControlState, ControlsAnswer, CriterionOut, DeviationOut,
    ListOut, NotCoveredOut, RuleOut,
};

/// Gaps of a control that are listed.
const GAPS: usize = 200;
/// A longer period is refused.
const LONGEST: u64 = 400 * DAY;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new().allow(Permission::ReadControls, routes!(list)).allow(Permission::ReadControls, routes!(one))
}

/// Controls by criterion over a period of 400 days at most.
#[utoipa::path(
    get, path = "/controls", tag = "controls",
    params(
        ("from" = String, Query, description = "From this time or day on"),
        ("to" = String, Query, description = "Before this time or day"),
        ("cluster" = Option<String>, Query, description = "Limited to these clusters"),
        ("framework" = Option<String>, Query, description = "`soc2`"),
    ),
    responses((status = 200, body = ControlsAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn list(
    Shared(app): Shared<App>,
    who: Who,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<ControlsAnswer>> {
    let params = params(&who, query.as_deref())?;
    judged(&app, params, move |judged, answer| {
        let mut by_criterion: BTreeMap<usize, CriterionOut> = BTreeMap::new();
        let order: BTreeMap<&str, usize> =
            avouch_controls::all_criteria().iter().enumerate().map(|(n, c)| (c.id.as_str(), n)).collect();
        for result in judged.controls {
            let Some(control) = result.control() else { continue };
            let out = judged.control(result);
            for criterion in &control.criteria {
                let at = order.get(criterion.id.as_str()).copied().unwrap_or(usize::MAX);
                let entry = by_criterion.entry(at).or_insert_with(|| CriterionOut {
                    id: criterion.id.clone(),
                    name: criterion.title.clone(),
                    state: ControlState::NotCovered,
                    controls: Vec::new(),
                });
                entry.state = entry.state.min(out.state);
                entry.controls.push(out.clone());
            }
        }
        Ok(ControlsAnswer {
            answer,
            lists: judged.lists(),
            days: judged.days(),
            criteria: by_criterion.into_values().collect(),
            deviations: judged.deviations.iter().map(DeviationOut::from).collect(),
        })
    })
    .await
    .map(Json)
}

/// One control over a period.
#[utoipa::path(
    get, path = "/controls/{id}", tag = "controls",
    params(
        ("id" = String, Path, description = "Its id"),
        ("from" = String, Query, description = "From this time or day on"),
        ("to" = String, Query, description = "Before this time or day"),
        ("cluster" = Option<String>, Query, description = "Limited to these clusters"),
    ),
    responses((status = 200, body = ControlDetail), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn one(
    Shared(app): Shared<App>,
    who: Who,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<ControlDetail>> {
    let params = params(&who, query.as_deref())?;
    judged(&app, params, move |judged, answer| {
        let result = judged.controls.iter().find(|c| c.id.eq_ignore_ascii_case(&id));
        let missing = || ApiError::not_found(format!("no control `{}`", id.chars().take(60).collect::<String>()));
        judged.detail(result.ok_or_else(missing)?, answer).ok_or_else(missing)
    })
    .await
    .map(Json)
}

fn params(who: &Who, query: Option<&str>) -> ApiResult<Params> {
    let params = who.limit(Params::read(query, &["framework"])?)?;
    if params.get("framework").is_some_and(|f| f != "soc2") {
        return Err(ApiError::bad("bad_filter", "the only framework is `soc2`").param("framework"));
    }
    let filter = &params.filter;
    let others =
        filter.only.keys().any(|c| *c != Column::Cluster) || !filter.except.is_empty() || !filter.text.is_empty();
    if others {
        return Err(ApiError::bad("bad_filter", "controls are judged by period and cluster only")
            .hint("drop the other filters"));
    }
    let period = filter.period;
    if period.from == Period::ALL.from || period.to.0.saturating_sub(period.from.0) > LONGEST {
        return Err(ApiError::bad("bad_filter", "controls need `from` and `to`, at most 400 days apart").param("from"));
    }
    Ok(params)
}

/// Everything that is computed of a period.
struct Judged<'r> {
    lists: &'r Lists,
    history: &'r ControlHistory<'r>,
    facts: &'r PeriodFacts,
    controls: &'r [ControlResult<'r>],
    deviations: &'r [Deviation],
}

async fn judged<T: Send + 'static>(
    app: &App,
    params: Params,
    answer: impl FnOnce(&Judged<'_>, Answer) -> ApiResult<T> + Send + 'static,
) -> ApiResult<T> {
    let (now, lists) = (app.now(), app.control_lists.clone());
    app.readers
        .ask(move |reader| {
            let mut asked = Answer::begin(reader, &params.filter, params.cut.as_ref())?;
            let lists = lists.load().map_err(|e| ApiError::internal(chain(&e)))?;
            let all: Vec<&ControlList> = lists.iter().map(|(list, ..)| list).collect();
            let span = Span::new(params.filter.period.from, params.filter.period.to.min(now));
            if span.is_empty() {
                return Err(ApiError::bad("bad_filter", "nothing of the period is over").param("from"));
            }
            let period = ControlPeriod { from: ControlTime(span.from.0), to: ControlTime(span.to.0) };
            let (history, _) = ControlHistory::new(&all, period);
            let facts = facts(reader, &params.filter, span, &history)?;
            let controls = control_results(&facts, &history, Judging { least_watched: 1_000_000 });
            let acceptances = acceptance_results(&facts);
            let deviations = deviations(&facts, &controls, &acceptances);
            asked.answer.partial.extend(gaps::sentences(&gaps::coverage(&facts, &params.filter), 0));
            if span.to < params.filter.period.to {
                asked.answer.partial.push(format!("the period is not over; judged up to {}", span.to));
            }
            let judged = Judged {
                lists: &lists,
                history: &history,
                facts: &facts,
                controls: &controls,
                deviations: &deviations,
            };
            answer(&judged, asked.end())
        })
        .await
}

/// Facts and findings of a period, as far as controls need them.
fn facts(reader: &mut Reader, filter: &Filter, period: Span, history: &ControlHistory<'_>) -> ApiResult<PeriodFacts> {
    let clusters: Vec<String> = filter.only.get(&Column::Cluster).into_iter().flatten().cloned().collect();
    let as_of = AsOf { ledger: String::new(), last: Place { seq: u64::MAX, hash: String::new() } };
    let question = avouch_report::Question { period, clusters: &clusters, as_of };
    gather_condensed(reader, &question, history).map_err(|e| ApiError::internal(chain(&e)))
}

impl Judged<'_> {
    fn lists(&self) -> Vec<ListOut> {
        let valid: BTreeSet<u32> = self.history.versions.iter().map(|v| v.list.version).collect();
        let used = self.lists.iter().filter(|(list, ..)| valid.contains(&list.version));
        used.map(|(list, used, _)| ListOut {
            id: list.id.clone(),
            version: list.version,
            title: list.title.clone(),
            entity: list.entity.clone(),
            approved_by: list.approved.as_ref().map(|a| a.by.clone()).unwrap_or_default(),
            approved_on: list.approved.as_ref().map(|a| a.on.to_string()),
            valid_from: list.valid.map(|v| v.from.to_string()),
            digest: used.digest.clone(),
        })
        .collect()
    }

    /// Every day (UTC) that the period touches.
    fn days(&self) -> Vec<String> {
        let period = self.facts.period;
        let days = period.from.0 / DAY..period.to.0.div_ceil(DAY);
        days.map(|n| date(Time(n * DAY))).collect()
    }

    fn control(&self, result: &ControlResult<'_>) -> ControlOut {
        let control = result.control();
        let text = |of: fn(&avouch_controls::Control) -> &String| control.map(|c| of(c).clone()).unwrap_or_default();
        let mut totals = Totals::default();
        for part in &result.parts {
            let t = part.coverage.totals();
            totals.expected += t.expected;
            totals.observed += t.observed;
        }
        let share =
            (totals.expected > 0).then(|| (totals.observed as f64 / totals.expected as f64 * 1e4).floor() / 1e4);
        ControlOut {
            id: control.map_or_else(|| result.id.to_owned(), |c| c.id.clone()),
            title: text(|c| &c.title),
            statement: text(|c| &c.statement),
            owner: text(|c| &c.owner),
            state: result.outcome().into(),
            share,
            findings: result.parts.iter().map(|p| p.counts.all).sum(),
            open: result.parts.iter().map(|p| p.counts.undecided).sum(),
            deviations: self.deviations_of(result).count(),
            gaps: result.parts.iter().map(|p| p.coverage.gaps.len()).sum(),
            days: {
                let known = by_day(result);
                self.days().iter().map(|day| state(known.get(day).map_or(State::NotExpected, Day::worst))).collect()
            },
        }
    }

    fn deviations_of<'s>(&'s self, result: &'s ControlResult<'_>) -> impl Iterator<Item = &'s Deviation> {
        self.deviations.iter().filter(|d| d.controls.iter().any(|c| c.eq_ignore_ascii_case(result.id)))
    }

    fn detail(&self, result: &ControlResult<'_>, answer: Answer) -> Option<ControlDetail> {
        let control = result.control()?;
        let last = result.parts.last()?;
        let rules: BTreeSet<_> = result.parts.iter().flat_map(|p| &p.rules).collect();
        let mut gaps: Vec<GapOut> = Vec::new();
        let mut more_gaps = 0;
        for part in &result.parts {
            let (list, more) = gaps::gaps(self.facts, &part.coverage);
            gaps.extend(list);
            more_gaps += more;
        }
        more_gaps += gaps.len().saturating_sub(GAPS);
        gaps.truncate(GAPS);
        let days = by_day(result).into_iter().map(|(day, d)| {
            let all = d.pass_ns + d.unknown_ns + d.fail_ns;
            // Cut, not rounded: a share of less than all is never told as all.
            let share = (all > 0).then(|| (d.pass_ns as f64 / all as f64 * 1e4).floor() / 1e4);
            ControlDay { day, state: state(d.worst()), pass: d.pass, unknown: d.unknown, fail: d.fail, share }
        });
        let names: BTreeSet<&str> = rules.iter().map(|r| r.name.as_str()).collect();
        let acceptances = acceptance_results(self.facts);
        let hidden = acceptances.iter().filter(|a| names.contains(a.text("rule"))).map(|a| AcceptanceHits {
            id: a.id.to_owned(),
            rule: a.text("rule").to_owned(),
            hits: a.hits,
            expires: a.expires,
        });
        let missing: BTreeSet<&String> = result.parts.iter().flat_map(|p| &p.missing_sources).collect();
        Some(ControlDetail {
            answer,
            control: self.control(result),
            frequency: control.frequency.name().to_owned(),
            kind: control.kind.name().to_owned(),
            nature: control.nature.name().to_owned(),
            criteria: control.criteria.iter().map(|c| c.id.clone()).collect(),
            points_of_focus: control.points.iter().map(|p| p.id.clone()).collect(),
            nist_800_53: control.nist_800_53.clone(),
            pci_dss: control.pci_dss.clone(),
            rules: rules.iter().map(|r| RuleOut { name: r.name.clone(), source: r.source.clone() }).collect(),
            sources: last.stretch.control.evidence.sources.iter().map(|s| s.text.clone()).collect(),
            missing_sources: missing.into_iter().cloned().collect(),
            populations: control.evidence.populations.iter().map(|p| p.text.clone()).collect(),
            not_covered: control
                .not_covered
                .iter()
                .map(|n| NotCoveredOut { what: n.what.text.clone(), why: n.why.clone() })
                .collect(),
            days: days.collect(),
            gaps,
            more_gaps,
            deviations: self.deviations_of(result).map(DeviationOut::from).collect(),
            acceptances: hidden.collect(),
        })
    }
}

fn date(time: Time) -> String {
    time.to_string().chars().take(10).collect()
}

/// The time line of a control by date. A version of the list that begins within a day divides it; here it is one.
fn by_day(result: &ControlResult<'_>) -> BTreeMap<String, Day> {
    let mut out: BTreeMap<String, Day> = BTreeMap::new();
    for part in result.parts.iter().flat_map(|p| &p.line.days) {
        let day = out.entry(date(part.from)).or_default();
        day.pass += part.pass;
        day.unknown += part.unknown;
        day.fail += part.fail;
        day.not_expected += part.not_expected;
        day.pass_ns += part.pass_ns;
        day.unknown_ns += part.unknown_ns;
        day.fail_ns += part.fail_ns;
    }
    out
}

fn state(state: State) -> &'static str {
    match state {
        State::Pass => "pass",
        State::Unknown => "unknown",
        State::Fail => "fail",
        State::NotExpected => "not_expected",
    }
}
