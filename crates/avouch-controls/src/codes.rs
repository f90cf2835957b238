//! What can be wrong in files of mappings, controls and acceptances. A code's meaning never changes.
//!
//! `C01..` is about any file, `C02..` about control lists and profiles, `C03..` about acceptances. Those marked as lints are
//! warnings that can be allowed or denied by name.

use avouch_diagnostics::{Code, Severity};

macro_rules! codes {
    ($($konst:ident = $id:literal $name:literal $severity:ident $lint:literal
        $meaning:literal $example:literal $fix:literal;)*) => {
        $(
            #[doc = $meaning]
            pub static $konst: Code = Code {
                id: $id, name: $name, severity: Severity::$severity, lint: $lint, falco: None,
                meaning: $meaning, example: $example, fix: $fix,
            };
        )*
        /// Each of them, by number, for reference pages and `explain`.
        pub static ALL: &[&Code] = &[$(&$konst),*];
    };
}

codes! {
    NOT_YAML = "C0100" "control-file-not-yaml" Error false
        "The file could not be read as YAML, has more than one document, or is larger or deeper than such files are."
        "rules: [a" "Correct the place that is marked; write one document a file.";
    WRONG_KIND = "C0101" "wrong-kind-of-value" Error false
        "A text, list or mapping stands where something else must."
        "rules: [a]" "Write what the message asks for.";
    UNKNOWN_KEY = "C0102" "unknown-control-key" Error false
        "A key that means nothing there; it is not used. The keys of each kind of file stand in `controls/schema`."
        "rules:\n  a: {soc: CC6.1}" "Correct or remove the key.";
    DUPLICATE = "C0103" "named-twice" Error false
        "A name, key or id is given twice. Rule names are compared without letter case; the second is not used."
        "rules:\n  a: {soc2: CC6.1}\n  A: {soc2: CC6.2}" "Remove one of them.";
    UNKNOWN_CRITERION = "C0104" "unknown-criterion" Error false
        "Criteria are those of the Trust Services Criteria: CC1.1 to CC9.2, A1.1 to A1.3, C1.1, C1.2, PI1.1 to PI1.5, P1.1 to P8.1. Points of focus (`CC6.1.pof03`) are known for CC6 to CC8."
        "rules:\n  a: {soc2: CC6.11}" "Correct the id; `controls/soc2` has all of them.";
    BAD_ID = "C0105" "wrong-shape-of-id" Error false
        "The text has not the shape of an id of its catalogue: controls of NIST look like `AC-6(9)`, requirements of PCI DSS like `10.2.1.2`, techniques of ATT&CK like `T1059.004`. Ids of our own begin with a letter and have letters, digits, `-`, `_` and `.`."
        "satisfies: [CC6.1, nist:AC6]" "Correct the id.";
    MISSING_KEY = "C0106" "missing-control-key" Error false
        "A key that must be there is missing or empty."
        "controls:\n  - id: AC-1" "Add the key.";
    UNKNOWN_WORD = "C0107" "unknown-word" Error false
        "Only certain words may stand here."
        "frequency: sometimes" "Use one of the words that the message names.";
    BAD_TIME = "C0108" "not-a-time" Error false
        "Times are dates (`2026-07-01`, from midnight UTC) or RFC 3339 (`2026-07-01T08:00:00Z`); durations are a number with `m`, `h` or `d` (`4h`)."
        "expires: next year" "Write a date, a time or a duration.";
    BAD_PERIOD = "C0109" "end-before-start" Error false
        "A stretch of time is half-open: it begins with `from` and ends before `to` or `expires`, which must be later."
        "valid: {from: 2026-07-01, to: 2026-01-01}" "Correct one of the two.";
    UNKNOWN_FILE = "C0110" "unknown-kind-of-file" Error false
        "What a file is shows by its first key: `list`, `profile`, `acceptances`, `deviations`, `checks`, `populations`, `crosswalk`, `rules`, `criteria`, `points_of_focus` or `framework`."
        "lists: {}" "Correct the key, or move the file elsewhere.";
    BAD_NUMBER = "C0111" "not-a-number" Error false
        "A whole number, zero or more, must stand here."
        "version: first" "Write a number.";
    DRAFT = "C0201" "control-list-not-approved" Warning true
        "The version names nobody who approved it: it is a draft. A report that uses it says so beside every control."
        "list: {id: a, version: 1, title: A, entity: E}" "Add `approved: {by: [NAME], on: DATE}` once somebody who may has approved it.";
    LATE_APPROVAL = "C0202" "approved-after-start" Warning true
        "The version was approved after the day from which it is valid; for the time before, it was no approved list."
        "approved: {by: [Ann], on: 2026-02-01}\nvalid: {from: 2026-01-01}" "Correct the dates, or let the version begin when it was approved.";
    UNDATED = "C0203" "control-list-not-dated" Warning true
        "The version does not say from when it is valid. Alone it is taken for the whole period; beside other versions it is not used."
        "list: {id: a, version: 1, title: A, entity: E}" "Add `valid: {from: DATE}`.";
    VERSION_TWICE = "C0204" "version-twice" Error false
        "Two versions of a list have the same number or begin at the same time; the one read later is not used."
        "list: {id: a, version: 1, title: A, entity: E}" "Give the later version the next number and its own date.";
    OVERLAP = "C0205" "versions-overlap" Warning true
        "A version says it is valid until a time at which the next one is valid already. From its beginning the later one counts."
        "valid: {from: 2026-01-01, to: 2026-08-01}" "End the earlier version where the later one begins, or leave its `to` out.";
    HOLE = "C0206" "no-version-valid" Warning true
        "For a part of the time no version of the list is valid: for that part the report has no controls."
        "valid: {from: 2026-01-01, to: 2026-06-01}" "Leave out `to`, or add the version that was valid.";
    VERSION_ORDER = "C0207" "versions-out-of-order" Warning true
        "A version with a lower number is valid later than one with a higher number."
        "list: {id: a, version: 1, title: A, entity: E}" "Number versions in the order in which they became valid.";
    NO_CRITERION = "C0208" "control-without-criterion" Error false
        "A control of a list for SOC 2 must name at least one criterion that it serves."
        "satisfies: [nist:AC-6]" "Add the criterion.";
    STRAY_POINT = "C0209" "point-without-criterion" Warning true
        "A point of focus is named whose criterion the control or rule does not serve."
        "satisfies: [CC6.1, CC6.3.pof01]" "Add the criterion, or remove the point.";
    CLAIMS_EQUAL = "C0210" "control-claims-equal" Warning true
        "A control that is said to equal a criterion claims that nothing else is needed for it. Few auditors follow that."
        "relation: equal" "Write `intersect` or `subset`.";
    NO_EVIDENCE = "C0211" "control-without-evidence" Warning true
        "An automated control names no rules, checks or populations: nothing will ever show that it worked."
        "nature: automated" "Add `evidence`, or call the control manual.";
    UNKNOWN_RULE = "C0212" "unknown-rule" Warning true
        "No loaded rule has that name, so that nothing watches for the control."
        "evidence: {rules: {names: [No such rule]}}" "Correct the name, or load the file that has the rule.";
    SELECTS_NOTHING = "C0213" "selector-without-rule" Warning true
        "No loaded rule that runs has that tag or serves that criterion."
        "evidence: {rules: {tags: [no_such_tag]}}" "Correct the selector, or load rules for it.";
    RULE_OFF = "C0214" "selected-rule-off" Warning true
        "A rule that the control names is loaded and does not run: it watches nothing."
        "evidence: {rules: {names: [Off by default]}}" "Enable the rule, or take it out of the control.";
    SOURCE_UNOBSERVED = "C0215" "source-not-required" Warning true
        "A selected rule judges a source that the control does not require to be observed: silence of that source would not show."
        "evidence: {rules: {criteria: [CC6.2]}, sources: [syscall]}" "Add the source, or narrow the selectors.";
    UNKNOWN_EVIDENCE = "C0216" "unknown-check-or-population" Warning true
        "No check or population has that id."
        "evidence: {checks: [NO_SUCH_CHECK]}" "Correct the id; `controls/checks.yaml` and `controls/populations.yaml` have all of them.";
    NOT_SERVED = "C0217" "evidence-not-served" Warning true
        "avouch does not provide that check or population yet, and the control does not say so under `not_covered`."
        "evidence: {checks: [IMAGE_SCANNED]}" "Add it to `not_covered` with the reason, and say where the evidence comes from meanwhile.";
    SELECTS_ALL = "C0301" "acceptance-selects-nothing" Error false
        "An acceptance must name the rule, check, control or criterion whose failing it lets be; without, it would let everything be. It is not used."
        "acceptances:\n  - id: A-1" "Add `rule`, `check`, `control` or `criterion`.";
    SAME_PERSON = "C0302" "approver-is-requester" Error false
        "Who asks for an acceptance cannot approve it. It is not used."
        "requester: ann\napprover: Ann" "Let somebody else approve it.";
    TOO_BROAD = "C0303" "acceptance-too-broad" Warning true
        "An acceptance without a condition or subject lets all detections of a rule or criterion be."
        "rule: Terminal shell in container" "Add `subject` or `condition`, so that only what was approved is let be.";
    NEVER_EXPIRES = "C0304" "acceptance-never-expires" Warning true
        "An acceptance without an end, or with one more than a year after its start, is a change of the rule that nobody looks at again."
        "from: 2026-01-01" "Add `expires`, at most a year after `from`.";
    EXPIRED = "C0305" "acceptance-expired" Warning true
        "The acceptance has ended: it no longer suppresses, and what it let be shows as a deviation."
        "expires: 2020-01-01" "Fix the cause and remove the acceptance, or have a new one approved.";
    UNUSED = "C0306" "acceptance-unused" Warning true
        "Nothing matched the acceptance: it lets nothing be, or is written wrongly."
        "subject: {k8s.ns.name: no-such}" "Remove it, or correct its condition.";
    REVIEW_DUE = "C0307" "review-overdue" Warning true
        "A review of the acceptance was due and none is recorded."
        "review_every: 30d" "Review it, and record who did and when under `reviews`.";
    BOTH_SCOPES = "C0308" "condition-and-subject" Error false
        "An acceptance has a condition or a subject, not both. It is not used."
        "condition: proc.name = sh\nsubject: {proc.name: sh}" "Write the subject into the condition.";
    COVERS_NOTHING = "C0309" "acceptance-without-rule" Warning true
        "An acceptance that names a control, and neither a rule nor a criterion, hides nothing: which rules a control stands on is known when a report is made, not when an event is judged."
        "acceptances:\n  - id: A-1\n    control: K8S-AC-01" "Name the rule whose detections were accepted; the control beside it says what that weakens.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_sorted() {
        let ids: Vec<&str> = ALL.iter().map(|c| c.id).collect();
        assert!(ids.is_sorted() && ids.iter().collect::<BTreeSet<_>>().len() == ids.len());
        assert_eq!(ALL.iter().map(|c| c.name).collect::<BTreeSet<_>>().len(), ids.len());
        assert!(ALL.iter().all(|c| !c.lint || c.severity == Severity::Warning), "lints are warnings");
    }
}
