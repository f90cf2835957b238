//! What has to be said in the ledger when other acceptances or mapping files count than before.

use std::collections::BTreeMap;
use std::path::PathBuf;

use avouch_controls::{Acceptance, AcceptanceSet, Narrowing, Placed, Time as ControlTime};
use avouch_finding::{AcceptanceChange, ChangeAction, MappingChange, Time};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::ruleset::RuleFileError;

/// What has to be said for the register to be that of `set` from `time` on, when it holds `known`, by id. `by` brought the change;
/// empty when nobody knows.
#[must_use]
pub fn acceptance_changes(
    mut known: BTreeMap<String, Json>,
    set: &AcceptanceSet,
    time: Time,
    by: &str,
) -> Vec<AcceptanceChange> {
    let mut out = Vec::new();
    let mut add = |action, id: &str, acceptance: Json| {
        out.push(AcceptanceChange { time, action, id: id.to_owned(), acceptance, by: by.to_owned() });
    };
    for acceptance in set.all() {
        let now = acceptance_body(acceptance);
        match known.remove(&acceptance.id) {
            None => add(ChangeAction::Added, &acceptance.id, now),
            Some(was) if was != now => add(ChangeAction::Changed, &acceptance.id, now),
            Some(_) => {}
        }
    }
    for (id, was) in known {
        add(ChangeAction::Removed, &id, was);
    }
    out
}

/// The acceptance as the ledger keeps it.
#[must_use]
pub fn acceptance_body(a: &Acceptance) -> Json {
    let time = |t: ControlTime| (t != ControlTime::END).then(|| Time(t.0).to_string());
    let text = |t: &Option<Placed>| t.as_ref().map(|t| t.text.clone());
    let narrowing = match &a.narrowing {
        Narrowing::Nothing => json!(null),
        Narrowing::Condition(condition) => json!({"condition": condition.text}),
        Narrowing::Subject(fields) => {
            let fields = fields.iter().map(|f| (f.field.text.clone(), json!(f.values)));
            json!({"subject": fields.collect::<serde_json::Map<_, _>>()})
        }
    };
    let all = json!({
        "control": text(&a.control), "criterion": text(&a.criterion), "rule": text(&a.rule), "check": text(&a.check),
        "narrowing": narrowing, "reason": a.reason, "risk": a.risk, "compensating": a.compensating,
        "requester": a.requester, "approver": a.approver, "ticket": a.ticket,
        "from": time(a.period.from), "expires": time(a.period.to),
        "reviews": a.reviews.iter().map(|r| json!({"by": r.by, "on": Time(r.on.0).to_string(), "note": r.note})).collect::<Vec<_>>(),
    });
    match all {
        Json::Object(map) => Json::Object(map.into_iter().filter(|(_, v)| !v.is_null()).collect()),
        other => other,
    }
}

/// The fact that other mapping files count than those with the digest `last`; `None` when they are the same.
///
/// # Errors
/// When a file cannot be read.
pub fn mapping_change(
    last: Option<&str>,
    files: &[PathBuf],
    time: Time,
) -> Result<Option<MappingChange>, RuleFileError> {
    let read = |path: &PathBuf| {
        let bytes = std::fs::read(path).map_err(|source| RuleFileError::Read { path: path.clone(), source })?;
        Ok((path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(), bytes))
    };
    let texts = files.iter().map(read).collect::<Result<Vec<_>, RuleFileError>>()?;
    Ok(mapping_change_of(last, texts, time))
}

/// The same of texts with their names; nothing is read.
#[must_use]
pub fn mapping_change_of<T: AsRef<[u8]>>(
    last: Option<&str>,
    texts: impl IntoIterator<Item = (String, T)>,
    time: Time,
) -> Option<MappingChange> {
    let hex = |hash: Sha256| hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (mut hash, mut files) = (Sha256::new(), Vec::new());
    for (name, text) in texts {
        hash.update(hex(Sha256::new_with_prefix(text)));
        files.push(name);
    }
    let digest = hex(hash);
    // Nothing was ever mapped by files, and nothing is now.
    let same = last == Some(digest.as_str()) || (last.is_none() && files.is_empty());
    (!same).then_some(MappingChange { time, digest, files })
}
