//! `evidence/control-days`: each control on each day, the numbers behind every strip and share of the report.

use std::path::Path;

use super::{Population, PopulationError, PopulationWriter, Spec, Test};
use crate::controls::ControlResult;
use crate::facts::PeriodFacts;

const SPEC: Spec = Spec {
    id: "control-days",
    title: "Controls by day",
    definition: "Each stretch of a control's statement on each day of UTC: how many subjects (a source of a node) passed, failed, were \
                 unknown or were not to be watched, and for how long, in ns summed over subjects.",
    source: "observations, findings and decisions in the ledger",
    columns: &[
        "id",
        "control",
        "versions",
        "day",
        "outcome",
        "subjects",
        "pass",
        "fail",
        "unknown",
        "not_expected",
        "pass_ns",
        "fail_ns",
        "unknown_ns",
    ],
};

/// Writes it.
///
/// # Errors
/// When its files cannot be written.
pub fn control_days(
    facts: &PeriodFacts,
    controls: &[ControlResult<'_>],
    dir: &Path,
) -> Result<Population, PopulationError> {
    let mut writer = PopulationWriter::create(dir, SPEC)?;
    let (mut subject_days, mut counted) = (0_u64, 0_u64);
    for control in controls {
        for part in &control.parts {
            let versions: Vec<String> = part.stretch.versions.iter().map(u32::to_string).collect();
            let subjects = part.coverage.subjects.len() as u64;
            for day in &part.line.days {
                subject_days += subjects;
                counted += day.pass + day.fail + day.unknown + day.not_expected;
                let from = day.from.to_string();
                let outcome = match day.worst() {
                    avouch_coverage::State::Pass => "pass",
                    avouch_coverage::State::Fail => "fail",
                    avouch_coverage::State::Unknown => "unknown",
                    avouch_coverage::State::NotExpected => "not expected",
                };
                let cells = [
                    format!("{}/{}", control.id, from),
                    control.id.to_owned(),
                    versions.join(" "),
                    from,
                    outcome.to_owned(),
                    subjects.to_string(),
                    day.pass.to_string(),
                    day.fail.to_string(),
                    day.unknown.to_string(),
                    day.not_expected.to_string(),
                    day.pass_ns.to_string(),
                    day.fail_ns.to_string(),
                    day.unknown_ns.to_string(),
                ];
                writer.row(&cells.each_ref().map(String::as_str))?;
            }
        }
    }
    let name = format!("states of all days of {} to {} are subjects times days", facts.period.from, facts.period.to);
    writer.finish(vec![Test::equal(name, subject_days, counted)])
}
