//! An acceptance as the file that holds it. Texts are in double quotes, as JSON writes them, which YAML reads alike.

use std::fmt::Write as _;

use avouch_controls::{Acceptance, Narrowing, Time, quoted};

/// Stands for the approver until there is one. No user has such a name.
pub(crate) const PLACEHOLDER: &str = "(whoever approves it)";

/// Nanoseconds of the units in which files give durations.
const DAY: u64 = 86_400_000_000_000;

/// The file of one acceptance.
#[must_use]
pub(crate) fn written(a: &Acceptance) -> String {
    let mut out = String::from("acceptances:\n");
    let mut lead = "  - ";
    let mut line = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            writeln!(out, "{lead}{key}: {}", quoted(value)).unwrap_or(());
            lead = "    ";
        }
    };
    let text = |placed: &Option<avouch_controls::Placed>| placed.as_ref().map(|p| p.text.clone());
    let time = |t: Time| (t != Time::END).then(|| t.to_string());
    line("id", Some(&a.id));
    line("rule", text(&a.rule).as_deref());
    line("check", text(&a.check).as_deref());
    line("control", text(&a.control).as_deref());
    line("criterion", text(&a.criterion).as_deref());
    line("reason", Some(&a.reason));
    line("risk", a.risk.as_deref());
    line("compensating", a.compensating.as_deref());
    line("requester", Some(&a.requester));
    line("approver", Some(&a.approver));
    line("ticket", a.ticket.as_deref());
    line("from", time(a.period.from).as_deref());
    line("expires", time(a.period.to).as_deref());
    let every = a.review_every.map(|ns| format!("{}d", ns.div_ceil(DAY).max(1)));
    line("review_every", every.as_deref());
    match &a.narrowing {
        Narrowing::Nothing => {}
        Narrowing::Condition(condition) => line("condition", Some(&condition.text)),
        Narrowing::Subject(fields) => {
            out.push_str("    subject:\n");
            for field in fields {
                let values: Vec<String> = field.values.iter().map(|v| quoted(v)).collect();
                writeln!(out, "      {}: [{}]", quoted(&field.field.text), values.join(", ")).unwrap_or(());
            }
        }
    }
    if !a.reviews.is_empty() {
        out.push_str("    reviews:\n");
        for review in &a.reviews {
            let (by, on, note) = (quoted(&review.by), quoted(&review.on.to_string()), quoted(&review.note));
            writeln!(out, "      - by: {by}\n        on: {on}\n        note: {note}").unwrap_or(());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use avouch_controls::parse_acceptances;
    use avouch_diagnostics::FileId;

    use super::*;

    #[test]
    fn a_file_reads_back_as_the_acceptance_that_was_written() {
        let text = "acceptances:\n  - id: ACC-1\n    rule: 'Shell: \"in\" pod'\n    criterion: CC6.1\n    subject:\n      proc.name: [sh, \"ba\\tsh\"]\n      user.name: ['yes']\n    \
                    reason: |\n      two\n      lines # no comment\n    requester: ada\n    approver: bob\n    ticket: '12'\n    from: 2026-01-01\n    expires: 2026-06-01T10:00:00Z\n    review_every: 30d\n    \
                    reviews:\n      - by: eve\n        on: 2026-02-01\n        note: fine\n";
        let (read, problems) = parse_acceptances(FileId(0), text);
        assert!(problems.is_empty(), "{problems:?}");
        let again = written(&read[0]);
        let (back, problems) = parse_acceptances(FileId(0), &again);
        assert!(problems.is_empty(), "{problems:?}\n{again}");
        // Places differ; written texts do not.
        assert_eq!(written(&back[0]), again);
        assert_eq!(
            (&back[0].reason, &back[0].ticket, back[0].period),
            (&read[0].reason, &read[0].ticket, read[0].period)
        );
        assert_eq!((back[0].review_every, &back[0].reviews), (read[0].review_every, &read[0].reviews));
        let Narrowing::Subject(fields) = &back[0].narrowing else { panic!("{again}") };
        assert_eq!(fields[0].values, ["sh", "ba\tsh"]);
        assert_eq!(fields[1].values, ["yes"]);
    }
}
