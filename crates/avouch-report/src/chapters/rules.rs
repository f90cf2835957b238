//! Tables of rules: when each ran, and what became of what it found.

use std::collections::BTreeSet;

use avouch_coverage::RuleKey;
use avouch_document::{Column, Row, RowClass, Table, Text};

use crate::chapters::ground::{Ground, ROWS};
use crate::chapters::row;
use crate::chapters::words as w;
use crate::rules::RuleResult;
use crate::stats::Counts;

/// The columns that say what became of what a rule found.
fn columns() -> [Column; 11] {
    [
        Column::text("Rule", 3.3).row_head(),
        Column::number("On", 1.35),
        Column::number("Nodes", 1.0),
        Column::number("Hits", 0.9),
        Column::number("True", 0.85),
        Column::number("Benign", 1.1),
        Column::number("Test", 0.85),
        Column::number("Undecided", 1.5),
        Column::number("Hidden", 1.1),
        Column::number("First look, median / 95 %", 1.8),
        Column::text("Canary", 1.5),
    ]
}

fn cells(name: Text, on: String, nodes: String, counts: &Counts, canary: String) -> Row {
    let looks = match (counts.first_look.percentile(50), counts.first_look.percentile(95)) {
        (Some(median), Some(most)) => {
            format!("{} / {}", w::duration(u128::from(median)), w::duration(u128::from(most)))
        }
        _ if on.is_empty() => String::new(),
        _ => "-".to_owned(),
    };
    row![
        name,
        on,
        nodes,
        w::count(counts.all),
        w::count(counts.true_),
        w::count(counts.benign),
        w::count(counts.test),
        w::count(counts.undecided),
        w::count(counts.suppressed),
        looks,
        canary,
    ]
}

fn line(g: &Ground<'_>, rule: &RuleResult<'_>) -> Row {
    let key = RuleKey { source: rule.rule.source.clone(), name: rule.rule.name.clone() };
    let mut name = g.rule_link(&key);
    if rule.versions > 1 {
        name = name.plain(format!(" ({} texts)", rule.versions));
    }
    let t = &rule.totals;
    let canary = match rule.canaries {
        (0, _) => "never".to_owned(),
        (sent, seen) => {
            let last = rule.last_canary.map_or("never seen".to_owned(), |t| w::time(t).chars().take(10).collect());
            format!("{seen} of {sent}, last {last}")
        }
    };
    let nodes = format!("{} of {}", rule.nodes.1, rule.nodes.0);
    let row = cells(name, w::percent_down(t.observed, t.expected), nodes, &rule.counts, canary);
    let class = if rule.counts.true_ > 0 {
        RowClass::Fail
    } else if t.observed < t.expected || rule.counts.undecided > 0 {
        RowClass::Unknown
    } else {
        RowClass::Plain
    };
    Row { class, ..row }
}

fn total(name: String, counts: &Counts) -> Row {
    Row { class: RowClass::Total, ..cells(name.into(), String::new(), String::new(), counts, String::new()) }
}

/// Rules that controls stand on, or that serve a criterion first; those with the most true, undecided and other findings first.
pub(super) fn detections(g: &Ground<'_>, criterion: &str, keys: &BTreeSet<&RuleKey>) -> Table {
    let mut table = Table::new(
        format!(
            "Rules for {criterion}: when they ran and what became of what they found; true and undecided findings first"
        ),
        columns(),
    )
    .or_empty(if g.results.rules.is_empty() {
        "No evidence: no rule at all is known to have run in the period.".to_owned()
    } else {
        format!("No rule that ran serves {criterion} first, and its controls stand on no rule.")
    });
    let first = |r: &&RuleResult<'_>| r.rule.criteria.iter().any(|c| c == criterion);
    let mut rules: Vec<&RuleResult<'_>> = keys.iter().filter_map(|k| g.rule(k)).collect();
    for rule in g.results.rules.iter().filter(first) {
        if !rules.iter().any(|r| std::ptr::eq(*r, rule)) {
            rules.push(rule);
        }
    }
    let rank = |r: &RuleResult<'_>| {
        let c = &r.counts;
        std::cmp::Reverse((c.true_, c.undecided, c.all, r.totals.expected - r.totals.observed))
    };
    rules.sort_by(|a, b| {
        rank(a).cmp(&rank(b)).then_with(|| (&a.rule.name, &a.rule.source).cmp(&(&b.rule.name, &b.rule.source)))
    });
    for rule in rules.iter().take(ROWS) {
        table.push(line(g, rule));
    }
    if rules.len() > ROWS {
        let mut rest = Counts::default();
        rules.iter().skip(ROWS).for_each(|r| rest.merge_numbers(&r.counts));
        let words = format!("{} more rules, in appendix A", w::count(w::len(rules.len() - ROWS)));
        table.push(Row {
            class: RowClass::Muted,
            ..cells(words.into(), String::new(), String::new(), &rest, String::new())
        });
    }
    if !rules.is_empty() {
        let mut sum = Counts::default();
        rules.iter().for_each(|r| sum.merge_numbers(&r.counts));
        table.push(total(w::counted(w::len(rules.len()), "rule", "rules"), &sum));
    }
    table
}

/// All rules that ran, by name, and what findings of other rules there are.
pub(super) fn all(g: &Ground<'_>) -> Table {
    let mut table = Table::new("All rules that ran in the period, by name", columns())
        .or_empty("No evidence: no rule ran in the period.");
    let mut sum = Counts::default();
    for rule in g.results.rules {
        table.push(line(g, rule));
        sum.merge_numbers(&rule.counts);
    }
    let all = &g.counts;
    let rest = Counts {
        all: all.all.saturating_sub(sum.all),
        suppressed: all.suppressed.saturating_sub(sum.suppressed),
        true_: all.true_.saturating_sub(sum.true_),
        benign: all.benign.saturating_sub(sum.benign),
        test: all.test.saturating_sub(sum.test),
        undecided: all.undecided.saturating_sub(sum.undecided),
        ..Counts::default()
    };
    if rest.all > 0 {
        let name = Text::from("Findings of rules of which no observation in the period tells that they ran");
        let row = cells(name, "-".to_owned(), "-".to_owned(), &rest, "-".to_owned());
        table.push(Row { class: RowClass::Fail, ..row });
    }
    if all.all > 0 || !g.results.rules.is_empty() {
        table.push(Row {
            class: RowClass::Total,
            ..cells("All findings of the period".into(), String::new(), String::new(), all, String::new())
        });
    }
    table
}
