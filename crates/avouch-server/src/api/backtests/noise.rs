//! Whether people could look at what a rule would find.

use std::collections::BTreeSet;

use avouch_backtest::{ActivityRead, ActivityState, Kept, RuleChange, What};
use avouch_store::Period;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::DAY;
use crate::desk::BUDGET_A_DAY;

/// What a change does to the noise of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct NoiseOut {
    /// Findings a day that people can look at.
    budget: u64,
    /// Mean of a day of the period. What is gained from activity counts over the days of which there is activity.
    before_a_day: f64,
    after_a_day: f64,
    /// The worst day.
    before_worst: u64,
    after_worst: u64,
    /// Days over the budget.
    over_before: u64,
    over_after: u64,
    /// `within`, `over`; `may_be_over` when those of which it cannot be said would make it so; `not_known` when nothing was kept that
    /// would tell of the events that it is about.
    #[schema(value_type = String)]
    verdict: &'static str,
}

impl NoiseOut {
    /// Of a rule that was added or changed.
    pub(super) fn of(c: &RuleChange, activity: &ActivityRead, period: Period) -> Option<Self> {
        if !matches!(c.what, What::Added | What::Changed) {
            return None;
        }
        let days = days_of(c, period);
        let gained = c.activity.as_ref().map_or(0, |a| a.gained);
        let other = c.after.saturating_sub(gained);
        // A gain from one day of activity is not spread over ninety days without.
        let with_activity = activity_days(activity).clamp(1, days);
        let over = |n: u64| n > BUDGET_A_DAY;
        let after_a_day = rate(other, days) + rate(gained, with_activity);
        let over_after = count(c.days.iter().filter(|d| over(d.after)).count());
        let may_be = c.days.iter().any(|d| over(d.after.saturating_add(d.unknown)));
        #[expect(clippy::cast_precision_loss, reason = "a budget of a day is small")]
        let mean_over = after_a_day > BUDGET_A_DAY as f64;
        let verdict = if over_after > 0 || mean_over {
            "over"
        } else if may_be {
            "may_be_over"
        } else if is_known(c, activity) {
            "within"
        } else {
            "not_known"
        };
        Some(Self {
            budget: BUDGET_A_DAY,
            before_a_day: rate(c.before, days),
            after_a_day,
            before_worst: c.days.iter().map(|d| d.before).max().unwrap_or(0),
            after_worst: c.days.iter().map(|d| d.after).max().unwrap_or(0),
            over_before: count(c.days.iter().filter(|d| over(d.before)).count()),
            over_after,
            verdict,
        })
    }
}

/// Whether something tells of the events that a rule is about: activity that was kept, or, for a rule that had findings, these.
fn is_known(c: &RuleChange, activity: &ActivityRead) -> bool {
    let kept = |a: &avouch_backtest::ActivityChange| a.about.iter().any(|about| about.kept != Kept::No);
    match &c.activity {
        Some(change) => activity.state == ActivityState::Read && kept(change),
        // Over audit records: what was kept of these was replayed.
        None => c.before + c.after > 0,
    }
}

fn days_of(c: &RuleChange, period: Period) -> u64 {
    // An open period is as long as what is known of it.
    let first = if period.from.0 == 0 { c.days.first().map_or(0, |d| d.day.0) } else { period.from.0 };
    let last = if period.to.0 == u64::MAX { c.days.last().map_or(first, |d| d.day.0) } else { period.to.0 };
    last.saturating_sub(first).div_ceil(DAY).max(1)
}

/// Days between the oldest and the newest record of some node.
fn activity_days(activity: &ActivityRead) -> u64 {
    let mut days = BTreeSet::new();
    for node in &activity.nodes {
        if let (Some(first), Some(last)) = (node.first, node.last) {
            // Ten years at most.
            days.extend((first.day()..=last.day()).take(3_660));
        }
    }
    count(days.len())
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a mean is shown, not counted with")]
fn rate(n: u64, days: u64) -> f64 {
    n as f64 / days.max(1) as f64
}

#[cfg(test)]
mod tests {
    use avouch_backtest::{About, ActivityChange, Day, NodeActivity, Sample};
    use avouch_finding::Time;

    use super::*;

    fn change(days: &[(u64, u64, u64)], gained: u64) -> RuleChange {
        let day = |(n, (before, after, unknown)): (u64, &(u64, u64, u64))| Day {
            day: Time(n * DAY),
            before: *before,
            after: *after,
            unknown: *unknown,
        };
        let about = vec![About { event: "execve".to_owned(), kept: Kept::Yes }];
        RuleChange {
            rule: "r".to_owned(),
            what: What::Changed,
            before: days.iter().map(|d| d.0).sum(),
            after: days.iter().map(|d| d.1).sum(),
            gained: Sample::default(),
            lost: Sample::default(),
            unknown: 0,
            replayed: 0,
            activity: Some(ActivityChange { about, gained, ..ActivityChange::default() }),
            days: (0..).zip(days).map(day).collect(),
        }
    }

    fn read(days: u64) -> ActivityRead {
        let node = NodeActivity {
            first: Some(Time(0)),
            last: Some(Time(days.saturating_sub(1) * DAY)),
            ..NodeActivity::default()
        };
        ActivityRead { state: ActivityState::Read, nodes: vec![node], ..ActivityRead::default() }
    }

    fn noise(change: &RuleChange, activity: &ActivityRead, days: u64) -> NoiseOut {
        NoiseOut::of(change, activity, Period::new(Time(0), Time(days * DAY))).unwrap()
    }

    #[test]
    fn one_day_over_the_budget_is_over() {
        let n = noise(&change(&[(1, BUDGET_A_DAY, 0), (1, BUDGET_A_DAY + 1, 0)], 0), &read(10), 10);
        assert_eq!((n.verdict, n.over_after, n.after_worst), ("over", 1, BUDGET_A_DAY + 1));
        let n = noise(&change(&[(1, BUDGET_A_DAY, 0)], 0), &read(10), 10);
        assert_eq!((n.verdict, n.over_after), ("within", 0));
    }

    #[test]
    fn what_cannot_be_said_may_make_it_so() {
        assert_eq!(noise(&change(&[(0, 1, BUDGET_A_DAY)], 0), &read(10), 10).verdict, "may_be_over");
    }

    #[test]
    fn gains_count_over_the_days_that_there_is_activity_of() {
        let n = noise(&change(&[(10, 10, 0), (0, 30, 0)], 30), &read(2), 10);
        assert!((n.before_a_day - 1.0).abs() < 1e-9 && (n.after_a_day - 16.0).abs() < 1e-9, "{n:?}");
    }

    #[test]
    fn without_activity_nothing_is_known() {
        let none = ActivityRead { state: ActivityState::NoneKept, ..ActivityRead::default() };
        assert_eq!(noise(&change(&[(1, 1, 0)], 0), &none, 10).verdict, "not_known");
        let mut of_others = change(&[(1, 1, 0)], 0);
        of_others.activity.as_mut().unwrap().about[0].kept = Kept::No;
        assert_eq!(noise(&of_others, &read(3), 10).verdict, "not_known");
        let gone = RuleChange { what: What::Removed, ..change(&[], 0) };
        assert_eq!(NoiseOut::of(&gone, &none, Period::ALL), None);
    }
}
