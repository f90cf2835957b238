//! `tool-changes`: who administered the evidence system, who looked at it, what was taken out of it.

use std::path::Path;

use avouch_finding::{ChangeAction, Time};

use super::{Population, PopulationError, PopulationWriter, Spec, Test};
use crate::facts::PeriodFacts;

const SPEC: Spec = Spec {
    id: "tool-changes",
    title: "Changes of users, tokens and settings of avouch, logins and exports",
    definition: "Each change of a user, token, session, channel, route, rule file or other setting of a server, each login and each export that \
                 was recorded in the period. Rules, control lists and acceptances stand in `rule-changes`. Where no server runs, there are no \
                 users: access to the machine and to the key of the ledger is a control of the entity.",
    source: "the ledger",
    columns: &["id", "time", "by", "action", "what", "which", "detail", "seq"],
};

/// Writes it.
///
/// # Errors
/// When its files cannot be written.
pub fn tool_changes(facts: &PeriodFacts, dir: &Path) -> Result<Population, PopulationError> {
    let mut rows: Vec<(Time, u64, [String; 5])> = Vec::new();
    for s in &facts.settings {
        let f = &s.fact;
        let action = match f.action {
            ChangeAction::Added => "added",
            ChangeAction::Changed => "changed",
            ChangeAction::Removed => "removed",
        };
        let detail = if f.detail.is_null() { String::new() } else { f.detail.to_string() };
        rows.push((f.time, s.place.seq, [f.by.clone(), action.into(), f.what.clone(), f.id.clone(), detail]));
    }
    for l in &facts.logins {
        let f = &l.fact;
        rows.push((f.time, l.place.seq, [f.who.clone(), "login".into(), "role".into(), f.role.clone(), String::new()]));
    }
    for e in &facts.exports {
        let f = &e.fact;
        rows.push((
            f.time,
            e.place.seq,
            [f.by.clone(), "export".into(), f.what.clone(), f.digest.clone(), f.query.clone()],
        ));
    }
    rows.retain(|(t, ..)| facts.period.from <= *t && *t < facts.period.to);
    rows.sort_by_key(|r| (r.0, r.1));
    let mut writer = PopulationWriter::create(dir, SPEC)?;
    for (time, seq, [by, action, what, which, detail]) in &rows {
        let seq = seq.to_string();
        writer.row(&[&format!("{seq}.{time}"), &time.to_string(), by, action, what, which, detail, &seq])?;
    }
    let why = "changes past avouch itself (files on its machine, its key) are not seen by it";
    writer.finish(vec![Test::not_run("every change of the system is here", why)])
}
