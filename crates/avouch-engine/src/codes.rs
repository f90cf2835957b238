//! The kinds of problems the engine reports: R02xx.

use avouch_diagnostics::{Code, Severity};

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $ident:ident = $id:literal $name:literal $severity:ident $(lint $lint:literal)?
        $(falco $falco:literal)? example $example:literal fix $fix:literal;)*) => {
        $(pub(crate) static $ident: Code = Code {
            id: $id,
            name: $name,
            severity: Severity::$severity,
            lint: false $(|| $lint)?,
            falco: codes!(@falco $($falco)?),
            meaning: concat!($($meaning),+),
            example: $example,
            fix: $fix,
        };)*
        /// Every kind of problem the engine reports, by number.
        pub static CODES: &[&Code] = &[$(&$ident),*];
    };
    (@falco) => { None };
    (@falco $falco:literal) => { Some($falco) };
}

codes! {
    /// A condition names a field that its rule's source does not have.
    UNKNOWN_FIELD = "R0201" "unknown-field" Error falco "LOAD_ERR_COMPILE_CONDITION"
        example "condition: proc.nmae = bash" fix "Use a field that `avouch rules fields` lists for the rule's source.";
    /// A field was given an argument it does not take, or lacks one it needs.
    FIELD_ARGUMENT = "R0202" "field-argument" Error falco "LOAD_ERR_COMPILE_CONDITION"
        example "condition: proc.name[1] = bash" fix "See the argument column of `avouch rules fields`.";
    /// The operator does not apply to values of the field's type.
    OPERATOR_TYPE = "R0203" "operator-type" Error falco "LOAD_ERR_COMPILE_CONDITION"
        example "condition: proc.pid contains 1" fix "Use an operator of the type; lists take only in, intersects and exists.";
    /// The text cannot be read as a value of the field's type. Numbers are decimal integers.
    BAD_VALUE = "R0204" "bad-value" Error falco "LOAD_ERR_COMPILE_CONDITION"
        example "condition: proc.pid = 0x10" fix "Write the value as the type wants it.";
    /// A value compared with evt.type is neither an event nor a system call, so the test could never hold.
    UNKNOWN_EVENT_TYPE = "R0205" "unknown-event-type" Error falco "LOAD_ERR_COMPILE_CONDITION"
        example "condition: evt.type = opne" fix "Use the name of an event or system call.";
    /// A transformer does not exist or was given arguments it does not take.
    TRANSFORMER = "R0206" "transformer" Error falco "LOAD_ERR_COMPILE_CONDITION"
        example "condition: tolower(proc.pid) = 1" fix "Give it what it takes; it works on text unless said otherwise.";
    /// The field may not be used in this place: on the right of an operator, in a transformer, or in a condition at all.
    FIELD_PLACE = "R0207" "field-place" Error falco "LOAD_ERR_COMPILE_CONDITION"
        example "condition: proc.name = val(proc.aname)" fix "Turn the comparison round, or use another field.";
    /// Two fields of different types are compared.
    TYPE_MISMATCH = "R0208" "type-mismatch" Error falco "LOAD_ERR_COMPILE_CONDITION"
        example "condition: proc.pid = val(proc.name)" fix "Compare fields of the same type.";
    /// A regular expression does not compile.
    BAD_REGEX = "R0209" "bad-regex" Error falco "LOAD_ERR_COMPILE_CONDITION"
        example "condition: proc.name regex '('" fix "Correct the expression.";
    /// An output template has a token that is no field of the rule's source.
    BAD_OUTPUT = "R0210" "bad-output" Error falco "LOAD_ERR_COMPILE_OUTPUT"
        example "output: \"%proc.nmae\"" fix "Use a field that `avouch rules fields` lists for the rule's source.";
    /// An exception names a field that the rule's source does not have.
    EXCEPTION_FIELD = "R0211" "exception-field" Error falco "LOAD_ERR_VALIDATE"
        example "exceptions: [{name: e, fields: [not.exist]}]" fix "Use a field of the rule's source.";
    /// After macros are put in, the condition is nested deeper than 400 levels or has more than 200,000 parts.
    TOO_DEEP = "R0212" "too-deep" Error falco "LOAD_ERR_COMPILE_CONDITION"
        example "condition: not (not (not (...)))" fix "Flatten the condition.";
    /// No source of this name is loaded; the rule is kept but never judged.
    UNKNOWN_SOURCE = "R0213" "unknown-source" Warning falco "LOAD_UNKNOWN_SOURCE"
        example "source: mysource" fix "Correct the source, or load what provides it.";
    /// The system call rule does not say which events it is about, so that it must be judged for most of them.
    NO_EVENT_TYPE = "R0220" "no-event-type" Warning lint true falco "LOAD_NO_EVTTYPE"
        example "condition: proc.name = bash" fix "Add a test of evt.type, or set warn_evttypes: false.";
    /// The condition is false for every event there can be.
    NEVER_TRUE = "R0221" "never-true" Warning lint true
        example "condition: proc.name = a and proc.name = b" fix "Correct the condition, or disable the rule.";
    /// Whenever this rule matches, an earlier one does; with rule_matching: first it can never fire.
    SHADOWED_RULE = "R0222" "shadowed-rule" Warning lint true
        example "a rule `evt.type = open` before a rule `evt.type = open and proc.name = cat`" fix "Put the narrower rule first, or use rule_matching: all.";
    /// A ka or jevt field is compared with the text <NA>. Absent fields have no text here, so the test is always false.
    UNSAFE_ABSENT_CHECK = "R0223" "unsafe-absent-check" Warning lint true falco "LOAD_UNSAFE_NA_CHECK"
        example "condition: ka.uri != <NA>" fix "Use `exists`.";
    /// A value that looks like a field or transformer is compared as plain text.
    FIELD_LIKE_VALUE = "R0224" "field-like-value" Warning lint true falco "LOAD_COMPILE_CONDITION"
        example "condition: proc.name = proc.pname" fix "Write `val(proc.pname)` to compare with the field.";
    /// A regular expression does what a simpler and faster operator does.
    NEEDLESS_REGEX = "R0225" "needless-regex" Warning lint true falco "LOAD_COMPILE_CONDITION"
        example "condition: proc.name regex 'ba.*'" fix "Use the operator that the message names.";
    /// The rule uses a field that avouch knows and cannot read, so every comparison with it is false.
    UNREADABLE_FIELD = "R0226" "unreadable-field" Warning lint true
        example "condition: fd.cip.name = example.org" fix "Use a field that can be read; the message gives the reason.";
    /// avouch does here what the text says; Falco itself does not.
    FALCO_WOULD_NOT = "R0227" "falco-would-not" Warning lint true
        example "condition: fd.ip in (10.0.0.1)" fix "Keep it, or write it so that both agree.";
    /// Upstream advises against this field.
    DEPRECATED_FIELD = "R0228" "deprecated-field" Warning lint true
        example "condition: evt.dir = <" fix "Leave it out.";
    /// A rule with skip-if-unknown-filter uses something unknown, so it was dropped.
    UNKNOWN_FILTER = "R0229" "unknown-filter" Warning falco "LOAD_UNKNOWN_FILTER"
        example "skip-if-unknown-filter: true" fix "Nothing, if that was the intent.";
    /// `!=` on a field with several values holds when one of them differs, which is nearly always.
    SOME_DIFFERS = "R0230" "some-differs" Warning lint true
        example "condition: proc.aname != bash" fix "Write `not proc.aname = bash`.";
    /// A field that is only for conditions stands in an output, where it prints a placeholder.
    FILTER_ONLY_OUTPUT = "R0231" "filter-only-output" Warning lint true
        example "output: \"%fd.ip\"" fix "Print fd.cip and fd.sip instead.";
    /// `%container.info` is no longer printed.
    CONTAINER_INFO = "R0232" "container-info" Warning falco "LOAD_DEPRECATED_ITEM"
        example "output: \"%container.info\"" fix "Remove it.";
    /// An append_output entry names something its sources do not have.
    APPEND_OUTPUT = "R0233" "append-output" Error falco "LOAD_ERR_COMPILE_OUTPUT"
        example "append_output: [{extra_output: \"%nosuch.field\"}]" fix "Correct the entry.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_names_are_unique() {
        assert!(CODES.is_sorted_by(|a, b| a.id < b.id));
        let mut names: Vec<_> = CODES.iter().map(|c| c.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CODES.len());
    }
}
