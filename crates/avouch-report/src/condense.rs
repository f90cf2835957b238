//! The facts of a period for judging its controls at once: findings that nobody dealt with are added up where they are alike.
//!
//! A report reads every finding, and takes seconds for a million. What a control comes to needs less: how many there are, and of those
//! that nobody dealt with the first and the last on each side of every moment at which a judgement changes ([`moments`]).

use avouch_controls::ControlHistory;
use avouch_finding::Time;
use avouch_store::Reader;

use crate::acceptances::acceptance_results;
use crate::facts::PeriodFacts;
use crate::gather::{GatherError, Question, gather_watching};

/// Gathers the facts of a period for [`crate::control_results`], [`crate::acceptance_results`] and [`crate::deviations`], which come to the same as with
/// every finding, but for the times in [`crate::Counts`] and the numbers of records. The whole ledger counts, whatever the question says of it.
///
/// # Errors
/// When the period is empty or the store cannot be read.
pub fn gather_condensed(
    reader: &mut Reader,
    question: &Question<'_>,
    history: &ControlHistory<'_>,
) -> Result<PeriodFacts, GatherError> {
    let mut facts = gather_watching(reader, question)?;
    let moments = moments(&facts, history);
    let parts = reader.condensed(&question.filter(question.period), &moments)?;
    parts.iter().flat_map(|part| part.iter()).for_each(|condensed| facts.findings.push_condensed(condensed));
    Ok(facts)
}

/// Moments on whose sides findings are judged differently: where controls change, where targets have run out at the end of the period,
/// where acceptances end.
fn moments(facts: &PeriodFacts, history: &ControlHistory<'_>) -> Vec<Time> {
    let mut out = Vec::new();
    for stretch in history.controls().flat_map(|(_, stretches)| stretches) {
        out.extend([Time(stretch.period.from.0), Time(stretch.period.to.0)]);
        let targets = &stretch.control.targets;
        for (_, ns) in targets.acknowledge.iter().chain(&targets.resolve) {
            out.push(Time(facts.period.to.0.saturating_sub(*ns)));
        }
    }
    out.extend(acceptance_results(facts).iter().filter_map(|a| a.expires));
    out.sort_unstable();
    out.dedup();
    out
}
