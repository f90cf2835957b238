//! Controls that a finding is evidence for, by the control list that was valid when it happened.

use avouch_controls::{ControlHistory, ControlList, Criteria, Period, RuleFacts, Time, criterion, point_of_focus};
use avouch_store::StoredFinding;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, chain};
use crate::lists::ControlLists;

/// A control that selects the rule of a finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SelectedBy {
    id: String,
    title: String,
}

/// The controls whose evidence the rule of a finding is, in the order of their list.
///
/// # Errors
/// When the list cannot be read.
pub(super) fn controls(lists: &ControlLists, finding: &StoredFinding) -> ApiResult<Vec<SelectedBy>> {
    let lists = lists.load().map_err(|e| ApiError::internal(chain(&e)))?;
    let all: Vec<&ControlList> = lists.iter().map(|(list, ..)| list).collect();
    let at = finding.time.0;
    let (history, _) = ControlHistory::new(&all, Period { from: Time(at), to: Time(at.saturating_add(1)) });
    let criteria = Criteria {
        primary: finding.classes.criteria.iter().filter_map(|id| criterion(id)).collect(),
        secondary: finding.classes.criteria_secondary.iter().filter_map(|id| criterion(id)).collect(),
        points: finding.classes.points_of_focus.iter().filter_map(|id| point_of_focus(id)).collect(),
        ..Criteria::default()
    };
    let rule = [RuleFacts {
        name: &finding.rule,
        source: &finding.source,
        tags: &finding.classes.tags,
        runs: true,
        criteria: &criteria,
    }];
    let control = |(_, stretches): (&str, &[avouch_controls::ControlStretch<'_>])| {
        let control = stretches.last()?.control;
        let selected = !control.evidence.rules.select(&rule).is_empty();
        selected.then(|| SelectedBy { id: control.id.clone(), title: control.title.clone() })
    };
    Ok(history.controls().filter_map(control).collect())
}
