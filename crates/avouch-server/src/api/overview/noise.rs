//! Rules that fire most, against a budget: what nobody can read is no control.

use std::collections::BTreeMap;
use std::sync::Arc;

use avouch_store::{Filter, Period, Reader};
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::BUDGET_A_DAY;
use crate::error::ApiResult;

/// Rules that are listed.
const MOST: usize = 10;
/// Days of each that are told, the last ones.
const MOST_DAYS: u64 = 100;
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
    let Period { from, to } = filter.period;
    let last = to.0.saturating_sub(1) / DAY;
    let first = from.day().max(last.saturating_sub(MOST_DAYS - 1));
    let days = usize::try_from(last - first + 1).unwrap_or(1);
    let mut rules: BTreeMap<Arc<str>, (u64, Vec<u64>)> = BTreeMap::new();
    for day in reader.rule_days(filter)?.into_iter().filter(|day| day.counted > 0) {
        let (count, per_day) = rules.entry(day.rule).or_insert_with(|| (0, vec![0; days]));
        *count += day.counted;
        let at = day.day.day().checked_sub(first).and_then(|at| usize::try_from(at).ok());
        if let Some(sum) = at.and_then(|at| per_day.get_mut(at)) {
            *sum += day.counted;
        }
    }
    let mut rules: Vec<_> = rules.into_iter().collect();
    // Those that fire as often stay in order of their names.
    rules.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    rules.truncate(MOST);
    let noisy = |(rule, (count, per_day)): (Arc<str>, (u64, Vec<u64>))| {
        let over = per_day.iter().any(|n| *n > BUDGET_A_DAY);
        NoisyRule { rule: rule.as_ref().to_owned(), count, budget: BUDGET_A_DAY, over, per_day }
    };
    Ok(rules.into_iter().map(noisy).collect())
}
