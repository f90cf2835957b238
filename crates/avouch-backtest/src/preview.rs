//! What an acceptance would have suppressed.

use std::collections::{BTreeMap, BTreeSet};

use avouch_controls::Acceptance;
use avouch_finding::Time;
use avouch_pipeline::{RuleSet, RuleSetOptions, catalogs, condition_of};
use avouch_rules::ResolvedRule;
use avouch_store::{Ask, Column, Filter, Period, StoredFinding};
use serde::Serialize;
use serde_json::json;

use crate::condition::{ConditionId, Conditions, Truth};
use crate::findings::{Findings, Found, Sample, known_true};
use crate::{Error, Result, Watch};

/// Rows of a sample.
const ROWS: usize = 100;
/// Known true findings that are told.
const TRUE_ROWS: usize = 1_000;
/// Rules of a period that are looked at for the one that an acceptance names.
const RULES: usize = 100_000;

/// What an acceptance would have suppressed in a period, had it been in force all the time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Findings that it would have suppressed and that nothing had.
    pub would_remove: u64,
    /// Findings that it covers too, and that an acceptance had suppressed already.
    pub already: u64,
    /// Of `would_remove`, by rule, the most frequent first.
    pub by_rule: Vec<(String, u64)>,
    /// Of `would_remove`, by day (its begin, UTC); days without any are left out.
    pub by_day: Vec<(Time, u64)>,
    /// Findings among `would_remove` that somebody called true: what would be lost.
    pub lost_true: Sample,
    /// Findings that it may cover: the fields that it asks were not recorded, or the ledger no longer has them.
    pub unknown: u64,
    /// Findings that were looked at.
    pub looked_at: u64,
    /// Findings, among `unknown`, that the ledger has no record of.
    pub no_record: u64,
    /// Some of `would_remove`.
    pub sample: Sample,
}

/// What an acceptance asks, compiled.
pub(crate) struct Asked {
    /// What narrows it, by source; `None` when nothing does.
    conditions: Option<Vec<(&'static str, ConditionId)>>,
    compiled: Conditions,
}

impl Asked {
    /// Compiles what narrows an acceptance, for the source of its rule, or for every source that has its fields.
    pub(crate) fn new(acceptance: &Acceptance, rules: &RuleSet) -> Result<Self> {
        let Some(text) = condition_of(&acceptance.narrowing) else {
            return Ok(Self { conditions: None, compiled: Conditions::new(&[]) });
        };
        let about = acceptance.rule.as_ref().and_then(|named| {
            let is = |r: &&ResolvedRule| r.name.to_lowercase() == named.text.to_lowercase();
            rules.loaded.rules.iter().find(is).map(|r| r.source.as_str())
        });
        let catalogs = catalogs();
        let asked = || catalogs.iter().map(|(source, _)| *source).filter(|s| about.is_none_or(|a| a == *s));
        let rule = |source: &str| json!({"rule": source, "desc": "an acceptance", "condition": text, "output": "an acceptance", "priority": "INFO", "source": source});
        let texts = vec![("acceptance".to_owned(), json!(asked().map(rule).collect::<Vec<_>>()).to_string())];
        let set = RuleSet::from_texts(texts, Vec::new(), &RuleSetOptions::default());
        let fine: Vec<&ResolvedRule> = set.running().map(|(_, r)| r).collect();
        if fine.is_empty() {
            let why = set.diagnostics.first().map_or_else(|| "it cannot be compiled".to_owned(), |d| d.title.clone());
            return Err(Error::NotCompiled { id: acceptance.id.clone(), why });
        }
        let compiled = Conditions::new(&fine.iter().map(|r| (r.source.as_str(), &r.condition)).collect::<Vec<_>>());
        let of_source = |(place, r): (usize, &&ResolvedRule)| {
            let source = catalogs.iter().map(|(source, _)| *source).find(|s| *s == r.source)?;
            Some((source, compiled.id(place)?))
        };
        let conditions = fine.iter().enumerate().filter_map(of_source).collect();
        Ok(Self { conditions: Some(conditions), compiled })
    }

    /// Whether it covers a finding that its rule or criterion selects.
    fn covers(&mut self, source: &str, body: Option<&str>) -> Truth {
        let Some(conditions) = &self.conditions else { return Truth::True };
        // Over a source that has not its fields it lets nothing be.
        let Some((_, id)) = conditions.iter().find(|(s, _)| *s == source) else { return Truth::False };
        match body {
            Some(body) if self.compiled.show_body(source, body) => self.compiled.truth(*id),
            _ => Truth::Unknown,
        }
    }

    /// Whether the fields of findings are asked at all.
    fn needs_bodies(&self) -> bool {
        self.conditions.is_some()
    }
}

/// Works out what an acceptance would have suppressed in `period`, whatever its own begin and end. `rules` are the loaded ones: they tell
/// the source of its rule. What it covers is what `avouch replay --acceptances` lets be; a control that it names without a rule covers
/// nothing there and here.
///
/// # Errors
/// When its condition cannot be compiled, the store or ledger cannot be read, or somebody asked to stop.
pub fn preview(
    acceptance: &Acceptance,
    rules: &RuleSet,
    findings: &mut Findings<'_>,
    period: Period,
    watch: &mut Watch<'_>,
) -> Result<Preview> {
    let mut asked = Asked::new(acceptance, rules)?;
    let mut out = Preview { lost_true: Sample::new(TRUE_ROWS), sample: Sample::new(ROWS), ..Preview::default() };
    let Some(filter) = selected(acceptance, findings, period)? else { return Ok(out) };
    let of = findings.store.count(&filter)?;
    let mut by_rule: BTreeMap<String, u64> = BTreeMap::new();
    let mut by_day: BTreeMap<u64, u64> = BTreeMap::new();
    // Without a condition nothing is read from the ledger.
    let ledger = findings.ledger.filter(|_| asked.needs_bodies());
    let no_ledger = !asked.needs_bodies();
    let mut findings = Findings { store: &mut *findings.store, ledger };
    let passed = findings.each(&filter, Some(of), watch, &mut |row, body| {
        if !serves(acceptance, row) {
            return Ok(());
        }
        match asked.covers(&row.source, body) {
            Truth::False => return Ok(()),
            Truth::Unknown => {
                out.unknown += 1;
                out.no_record += u64::from(body.is_none());
                return Ok(());
            }
            Truth::True => {}
        }
        if row.suppressed.is_some() {
            out.already += 1;
            return Ok(());
        }
        out.would_remove += 1;
        if let Some(count) = by_rule.get_mut(&*row.rule) {
            *count += 1;
        } else {
            by_rule.insert(row.rule.as_ref().to_owned(), 1);
        }
        *by_day.entry(row.time.day()).or_default() += 1;
        if known_true(row) {
            out.lost_true.add(row.time, || Found::of(row));
        }
        out.sample.add(row.time, || Found::of(row));
        Ok(())
    })?;
    out.looked_at = passed.findings;
    out.no_record = if no_ledger { 0 } else { out.no_record };
    out.by_rule = by_rule.into_iter().collect();
    out.by_rule.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    out.by_day = by_day.into_iter().map(|(day, n)| (Time(day.saturating_mul(DAY)), n)).collect();
    out.lost_true.finish();
    out.sample.finish();
    Ok(out)
}

/// ns in a day.
const DAY: u64 = 86_400_000_000_000;

/// The findings among which those are that an acceptance may cover; `None` when it can cover none.
fn selected(acceptance: &Acceptance, findings: &mut Findings<'_>, period: Period) -> Result<Option<Filter>> {
    let filter = Filter::of(period);
    let Some(rule) = &acceptance.rule else {
        // One for a check alone covers no finding, and which rules are evidence for a control is not known here.
        let may = acceptance.check.is_none() && acceptance.control.is_none() && acceptance.criterion.is_some();
        return Ok(may.then_some(filter));
    };
    // Acceptances name rules in any letter case.
    let ask = Ask { columns: &[Column::Rule], values: RULES, step: None };
    let counts = findings.store.counts(&filter, ask)?;
    let wanted = rule.text.to_lowercase();
    let values = counts.facets.iter().flat_map(|f| &f.values);
    let names: BTreeSet<String> =
        values.filter(|v| v.value.to_lowercase() == wanted).map(|v| v.value.as_ref().to_owned()).collect();
    Ok((!names.is_empty()).then(|| filter.only(Column::Rule, names)))
}

/// Whether a finding serves the criterion that an acceptance without a rule names.
fn serves(acceptance: &Acceptance, row: &StoredFinding) -> bool {
    if acceptance.rule.is_some() {
        return true;
    }
    let Some(criterion) = &acceptance.criterion else { return false };
    let classes = &row.classes;
    let mut all = classes.criteria.iter().chain(&classes.criteria_secondary).chain(&classes.points_of_focus);
    all.any(|id| id.eq_ignore_ascii_case(&criterion.text))
}
