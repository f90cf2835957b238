//! Rules that fire most, against a budget: what nobody can read is no control.

use std::collections::BTreeMap;

use avouch_finding::Time;
use avouch_store::{Ask, Column, Filter, Reader};
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::BUDGET_A_DAY;
use crate::error::ApiResult;

/// Rules that are listed.
const MOST: usize = 10;
const DAY: u64 = 86_400_000_000_000;

/// A rule and how often it fired, without what acceptances cover.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NoisyRule {
    rule: String,
    count: u64,
    /// Findings a day that people are to look at at most.
    budget: u64,
    /// On some day it fired more often.
    over: bool,
    /// By day of the period, UTC; its first and last day may be parts. At most 100 days, the last ones.
    per_day: Vec<u64>,
}

/// The noisiest rules of a filter.
pub(super) fn rules(reader: &mut Reader, filter: &Filter) -> ApiResult<Vec<NoisyRule>> {
    let shown = filter.clone().only(Column::Suppressed, ["no"]);
    let ask = Ask { columns: &[Column::Rule], values: MOST, step: None };
    let top = reader.counts(&shown, ask)?.facets.into_iter().next().map(|f| f.values).unwrap_or_default();
    let from =
        filter.period.from.day().max(filter.period.to.0.saturating_sub(1) / DAY - 99.min(filter.period.to.0 / DAY));
    let days = usize::try_from((filter.period.to.0.saturating_sub(1)) / DAY + 1 - from).unwrap_or(1).min(100);
    // By day from the roll-up when nothing narrows the question, else counted rule by rule.
    let narrow = !filter.only.is_empty() || !filter.except.is_empty() || !filter.text.is_empty();
    let mut by_day: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut add = |rule: &str, day: Time, n: u64| {
        let list = by_day.entry(rule.to_owned()).or_insert_with(|| vec![0; days]);
        let at = day.day().checked_sub(from).and_then(|d| usize::try_from(d).ok());
        if let Some(slot) = at.and_then(|at| list.get_mut(at)) {
            *slot += n;
        }
    };
    if narrow {
        for value in &top {
            let one = shown.clone().only(Column::Rule, [value.value.as_ref()]);
            let one = Filter {
                period: avouch_store::Period::new(filter.period.from.max(Time(from * DAY)), filter.period.to),
                ..one
            };
            for bucket in reader.histogram(&one, DAY)? {
                add(&value.value, bucket.from, bucket.counted.all());
            }
        }
    } else {
        for day in reader.rules_by_day(filter.period)? {
            if top.iter().any(|v| v.value == day.rule) {
                add(&day.rule, day.day, day.counted);
            }
        }
    }
    let rule = |v: avouch_store::FacetValue| {
        let per_day = by_day.remove(v.value.as_ref()).unwrap_or_else(|| vec![0; days]);
        let over = per_day.iter().any(|n| *n > BUDGET_A_DAY);
        NoisyRule { rule: v.value.as_ref().to_owned(), count: v.count, budget: BUDGET_A_DAY, over, per_day }
    };
    Ok(top.into_iter().map(rule).collect())
}
