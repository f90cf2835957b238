//! What stands in the evidence of a period: records of evidence, populations, deviations. Machines write the first two,
//! persons the third; all three are read and checked here.

use avouch_diagnostics::{Code, Diagnostic, FileId};

use crate::codes;
use crate::form::{Form, IdForm, Key, OWN_ID, may, must};
use crate::names::names;
use crate::times::{Period, Time};
use crate::view::{self, View};

names! {
    /// What came of one test of one subject. Absence of data is `not-checked` or `error`, never `pass`.
    TestResult {
        /// It holds.
        Pass = "pass",
        /// It does not.
        Fail = "fail",
        /// The test could not be carried out.
        Error = "error",
        /// Nobody tested.
        NotChecked = "not-checked",
        /// There is nothing to test.
        NotApplicable = "not-applicable",
        /// A person says that it holds.
        ManualPass = "manual-pass",
        /// A person says that it does not.
        ManualFail = "manual-fail",
    }
}

/// One immutable record of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRecord {
    /// Unique for ever.
    pub id: String,
    /// The check or rule.
    pub check: String,
    /// Controls for which it is evidence.
    pub controls: Vec<String>,
    /// What was tested, by an id that is not used again.
    pub subject: String,
    /// What came of it.
    pub result: TestResult,
    /// When the fact was so.
    pub observed_at: Time,
    /// When it was collected; not before it was so.
    pub collected_at: Time,
    /// What collected it, with version.
    pub collector: String,
    /// SHA-256 of the raw record, hex.
    pub raw_digest: String,
}

/// Everything of a kind in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopulationRecord {
    /// `privileged-sessions`.
    pub id: String,
    /// What one row is.
    pub definition: String,
    /// Where the rows come from.
    pub source: String,
    /// The period.
    pub period: Period,
    /// What was asked, so that somebody else can ask it again.
    pub query: String,
    /// How many rows.
    pub row_count: u32,
    /// SHA-256 of the rows, hex.
    pub digest: String,
    /// What was done to see that none is missing.
    pub completeness: Vec<CompletenessTest>,
}

/// One test that no row is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletenessTest {
    /// What was compared.
    pub name: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub got: String,
    /// Whether they agree.
    pub result: TestResult,
}

/// A control found failing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// `DEV-2026-004`.
    pub id: String,
    /// The control.
    pub control: String,
    /// Records that show it.
    pub evidence: Vec<String>,
    /// When it was found.
    pub detected_at: Time,
    /// Why it came to be.
    pub cause: Option<String>,
    /// Whether somebody used it, and how that is known.
    pub impact: Option<String>,
    /// When it was mended; `None` while it is open.
    pub fixed_at: Option<Time>,
    /// The record that shows it is mended.
    pub retest_evidence: Option<String>,
    /// Who closed it.
    pub sign_off: Option<String>,
}

static DIGEST: IdForm = IdForm {
    what: "SHA-256 in hex",
    example: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    pattern: "^[0-9a-f]{64}$",
    is: |t| t.len() == 64 && t.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
};

pub(crate) static EVIDENCE: Form =
    Form::Map(&[must("evidence", Form::List(&Form::Map(EVIDENCE_KEYS)), "Records of evidence.")]);

static EVIDENCE_KEYS: &[Key] = &[
    must("id", Form::Text, "Unique for ever (UUID version 7)."),
    must("check", Form::Text, "Id of the check, or name of the rule."),
    must("control", Form::List(&Form::Id(&OWN_ID)), "Controls for which it is evidence."),
    must("subject", Form::Text, "What was tested, by an id that is not used again."),
    must("result", Form::Word(TestResult::NAMES), "What came of it; absence of data is never pass."),
    must("observed_at", Form::Time, "When the fact was so."),
    must("collected_at", Form::Time, "When it was collected."),
    must("collector", Form::Text, "What collected it, with version."),
    must("raw_digest", Form::Id(&DIGEST), "SHA-256 of the raw record."),
];

pub(crate) static POPULATION: Form =
    Form::Map(&[must("population", Form::Map(POPULATION_KEYS), "Everything of a kind in a period.")]);

static POPULATION_KEYS: &[Key] = &[
    must("id", Form::Id(&OWN_ID), "Id of the population (controls/populations.yaml)."),
    must("definition", Form::Text, "What one row is."),
    must("source", Form::Text, "Where the rows come from."),
    must("from", Form::Time, "First time of the period."),
    must("to", Form::Time, "End of the period, which does not belong to it."),
    must("query", Form::Text, "What was asked, so that somebody else can ask it again."),
    must("row_count", Form::Number, "How many rows."),
    must("digest", Form::Id(&DIGEST), "SHA-256 of the rows."),
    must("completeness", Form::List(&Form::Map(COMPLETENESS)), "What was done to see that no row is missing."),
];

static COMPLETENESS: &[Key] = &[
    must("name", Form::Text, "What was compared."),
    must("expected", Form::Text, "What was expected."),
    must("got", Form::Text, "What was found."),
    must("result", Form::Word(TestResult::NAMES), "Whether they agree."),
];

pub(crate) static DEVIATIONS: Form =
    Form::Map(&[must("deviations", Form::List(&Form::Map(DEVIATION_KEYS)), "Controls found failing.")]);

static DEVIATION_KEYS: &[Key] = &[
    must("id", Form::Id(&OWN_ID), "Id; never used again for another deviation."),
    must("control", Form::Id(&OWN_ID), "The control."),
    must("evidence", Form::List(&Form::Text), "Records that show it."),
    must("detected_at", Form::Time, "When it was found."),
    may("cause", Form::Text, "Why it came to be."),
    may("impact", Form::Text, "Whether somebody used it, and how that is known."),
    may("fixed_at", Form::Time, "When it was mended; absent while it is open."),
    may("retest_evidence", Form::Text, "The record that shows it is mended."),
    may("sign_off", Form::Text, "Who closed it."),
];

/// Reads a file with records of evidence; those with errors are left out and reported.
#[must_use]
pub fn parse_evidence(file: FileId, text: &str) -> (Vec<EvidenceRecord>, Vec<Diagnostic>) {
    read_list(file, text, &EVIDENCE, "evidence", |v, problems| {
        let (observed_at, collected_at) = (v.time("observed_at")?, v.time("collected_at")?);
        in_order(v, "collected_at", observed_at, collected_at, problems)?;
        Some(EvidenceRecord {
            id: v.text("id")?,
            check: v.text("check")?,
            controls: v.texts("control"),
            subject: v.text("subject")?,
            result: TestResult::parse(&v.text("result")?)?,
            observed_at,
            collected_at,
            collector: v.text("collector")?,
            raw_digest: v.text("raw_digest")?,
        })
    })
}

/// Reads a file with deviations; those with errors are left out and reported.
#[must_use]
pub fn parse_deviations(file: FileId, text: &str) -> (Vec<Deviation>, Vec<Diagnostic>) {
    read_list(file, text, &DEVIATIONS, "deviations", |v, problems| {
        let (detected_at, fixed_at) = (v.time("detected_at")?, v.time("fixed_at"));
        if let Some(fixed) = fixed_at {
            in_order(v, "fixed_at", detected_at, fixed, problems)?;
        }
        let missing = ["retest_evidence", "sign_off"].into_iter().find(|k| v.placed(k).is_none());
        if let (Some(missing), Some(_)) = (missing, fixed_at) {
            let title = format!("the deviation is mended and has no `{missing}`");
            say(&codes::MISSING_KEY, title, v, "fixed_at", problems);
        }
        Some(Deviation {
            id: v.text("id")?,
            control: v.text("control")?,
            evidence: v.texts("evidence"),
            detected_at,
            cause: v.text("cause"),
            impact: v.text("impact"),
            fixed_at,
            retest_evidence: v.text("retest_evidence"),
            sign_off: v.text("sign_off"),
        })
    })
}

/// Reads the record of a population.
#[must_use]
pub fn parse_population(file: FileId, text: &str) -> (Option<PopulationRecord>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let root = view::read(file, text, &POPULATION, &mut problems);
    let population = root.and_then(|root| {
        let v = View::of(&root).map("population")?;
        let test = |t: View<'_>| {
            Some(CompletenessTest {
                name: t.text("name")?,
                expected: t.text("expected")?,
                got: t.text("got")?,
                result: TestResult::parse(&t.text("result")?)?,
            })
        };
        Some(PopulationRecord {
            id: v.text("id")?,
            definition: v.text("definition")?,
            source: v.text("source")?,
            period: crate::list::period(v, "to", &mut problems)?,
            query: v.text("query")?,
            row_count: v.number("row_count")?,
            digest: v.text("digest")?,
            completeness: v.maps("completeness").into_iter().filter_map(test).collect(),
        })
    });
    (population, problems)
}

fn read_list<T>(
    file: FileId,
    text: &str,
    form: &Form,
    key: &str,
    read: impl Fn(View<'_>, &mut Vec<Diagnostic>) -> Option<T>,
) -> (Vec<T>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let Some(root) = view::read(file, text, form, &mut problems) else { return (Vec::new(), problems) };
    let out = View::of(&root).maps(key).into_iter().filter_map(|v| read(v, &mut problems)).collect();
    (out, problems)
}

fn in_order(v: View<'_>, key: &str, before: Time, after: Time, problems: &mut Vec<Diagnostic>) -> Option<()> {
    if before <= after {
        return Some(());
    }
    say(&codes::BAD_PERIOD, format!("`{key}` {after} lies before {before}"), v, key, problems);
    None
}

fn say(code: &Code, title: String, v: View<'_>, key: &str, problems: &mut Vec<Diagnostic>) {
    problems.push(code.at_fault(title).at(v.span(key), "here"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(problems: &[Diagnostic]) -> Vec<&'static str> {
        problems.iter().map(|p| p.code).collect()
    }

    #[test]
    fn evidence_that_is_collected_before_it_was_so_is_refused() {
        let record = |collected: &str, result: &str| {
            format!(
                "evidence:\n  - {{id: e1, check: c, control: K8S-AC-01, subject: node-1, result: {result}, observed_at: 2026-07-02, \
                 collected_at: {collected}, collector: avouch 0.1, raw_digest: {}}}\n",
                "a".repeat(64)
            )
        };
        let (records, problems) = parse_evidence(FileId(0), &record("2026-07-02T00:00:01Z", "not-checked"));
        assert_eq!((codes(&problems), records[0].result), (vec![], TestResult::NotChecked));
        assert_eq!(codes(&parse_evidence(FileId(0), &record("2026-07-01", "pass")).1), ["C0109"]);
        let (records, problems) = parse_evidence(FileId(0), &record("2026-07-02", "green"));
        assert_eq!((records.len(), codes(&problems)), (0, vec!["C0107"]));
    }

    #[test]
    fn a_deviation_is_mended_only_with_a_retest_and_a_signature() {
        let base =
            "deviations:\n  - id: DEV-1\n    control: K8S-AC-01\n    evidence: [e1]\n    detected_at: 2026-07-02\n";
        let (open, problems) = parse_deviations(FileId(0), base);
        assert_eq!((codes(&problems), open[0].fixed_at), (vec![], None));
        let fixed = format!("{base}    fixed_at: 2026-07-05\n");
        assert_eq!(codes(&parse_deviations(FileId(0), &fixed).1), ["C0106"]);
        let closed = format!("{fixed}    retest_evidence: e2\n    sign_off: Ann\n");
        assert_eq!(codes(&parse_deviations(FileId(0), &closed).1), Vec::<&str>::new());
    }

    #[test]
    fn a_population_states_its_query_and_its_tests() {
        let text = format!(
            "population:\n  id: changes\n  definition: one change\n  source: audit log\n  from: 2026-01-01\n  to: 2026-07-01\n  \
             query: all\n  row_count: 12\n  digest: {}\n  completeness:\n    - {{name: count at source, expected: 12, got: 11, result: fail}}\n",
            "0".repeat(64)
        );
        let (population, problems) = parse_population(FileId(0), &text);
        assert_eq!(codes(&problems), Vec::<&str>::new());
        assert_eq!(population.unwrap().completeness[0].result, TestResult::Fail);
        let (none, problems) = parse_population(FileId(0), &text.replace("to: 2026-07-01", "to: 2026-01-01"));
        assert_eq!((none, codes(&problems)), (None, vec!["C0109"]));
    }
}
