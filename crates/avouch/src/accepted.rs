//! Acceptances of a run: loaded, compiled, and their register kept in the evidence.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;
use avouch_controls::{Acceptance, AcceptanceSet, FileKind, Narrowing, Time as ControlTime};
use avouch_diagnostics::{Severity, SourceMap, render_text};
use avouch_finding::{AcceptanceChange, ChangeAction, Fact, Kind, Time};
use avouch_pipeline::{Acceptances, RuleSet, read_text};
use avouch_store::{Period, Reader};
use serde_json::{Value as Json, json};

use crate::commands::controls::files;
use crate::terminal;

/// Loads the files that paths mean and compiles them for the rules; `None` when no path is given.
///
/// A file with errors is refused whole: a hole must be right to be one. An acceptance whose condition cannot be compiled lets nothing be,
/// and is told.
pub(crate) fn load(paths: &[PathBuf], rules: &RuleSet) -> anyhow::Result<Option<Acceptances>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let (mut map, mut all, mut problems) = (SourceMap::default(), Vec::new(), Vec::new());
    for path in files(paths)? {
        let text = read_text(&path)?;
        // A folder may hold other files beside acceptances.
        if FileKind::of(&text) != Some(FileKind::Acceptances) && paths.iter().any(|p| p.is_dir()) {
            continue;
        }
        let file = map.add(path.display().to_string(), text.clone());
        let (found, wrong) = avouch_controls::parse_acceptances(file, &text);
        all.extend(found);
        problems.extend(wrong);
    }
    problems.extend(avouch_controls::lint_acceptances(&all, None, None));
    terminal::say(&render_text(&map, &problems, terminal::error_colour()));
    if problems.iter().any(|p| p.severity == Severity::Error) {
        bail!("acceptances have errors");
    }
    let (acceptances, failed) = Acceptances::new(AcceptanceSet::new(all), rules);
    for failed in failed {
        terminal::say(&format!("acceptance `{}` lets nothing be: {}\n", failed.id, failed.why));
    }
    Ok(Some(acceptances))
}

/// What has to be said in the ledger for its register to be that of `set` from `time` on.
pub(crate) fn changes(store: &mut Reader, set: &AcceptanceSet, time: Time) -> anyhow::Result<Vec<Fact>> {
    let mut known = BTreeMap::new();
    for stored in store.facts(Kind::Acceptance, Period::ALL)? {
        let Fact::Acceptance(change) = stored.fact else { continue };
        match change.action {
            ChangeAction::Removed => drop(known.remove(&change.id)),
            ChangeAction::Added | ChangeAction::Changed => drop(known.insert(change.id, change.acceptance)),
        }
    }
    Ok(changes_since(known, set, time))
}

/// The same when the register holds these acceptances, by id.
pub(crate) fn changes_since(mut known: BTreeMap<String, Json>, set: &AcceptanceSet, time: Time) -> Vec<Fact> {
    let mut out = Vec::new();
    let mut add = |action, id: &str, acceptance: Json| {
        out.push(AcceptanceChange { time, action, id: id.to_owned(), acceptance, by: String::new() }.into());
    };
    for acceptance in set.all() {
        let now = as_json(acceptance);
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
fn as_json(a: &Acceptance) -> Json {
    let time = |t: ControlTime| (t != ControlTime::END).then(|| Time(t.0).to_string());
    let text = |t: &Option<avouch_controls::Placed>| t.as_ref().map(|t| t.text.clone());
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
