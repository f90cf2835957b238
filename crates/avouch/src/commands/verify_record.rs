//! `avouch verify` of one record in a file of its own, as a server hands it out.

use std::path::Path;

use anyhow::Context;
use avouch_bundle::{Exhibit, ExhibitNote, ExhibitProblem, ExhibitReport};
use avouch_ledger::{Trust, Verdict};
use serde_json::{Value as Json, json};

/// Largest file that is read: a record of 4 MiB, escaped as a text in JSON, and its proof.
pub(super) const MOST: u64 = 32 << 20;

/// Whether it holds, in words and for programs.
pub(super) fn record(path: &Path, text: &[u8], trust: &Trust) -> anyhow::Result<(bool, String, Json)> {
    let exhibit = Exhibit::parse(text).with_context(|| format!("failed to read `{}`", path.display()))?;
    let report = exhibit.check(trust);
    Ok((report.verdict != Verdict::Failed, words(&report), json!(report)))
}

fn words(r: &ExhibitReport) -> String {
    let mut text = match (r.seq, r.time) {
        (Some(seq), Some(time)) => format!("record {seq}: {} of {time}\n", r.kind),
        _ => "no record\n".to_owned(),
    };
    text.push_str(&format!("hash {}\n", r.hash));
    if let Some(prev) = r.prev {
        text.push_str(&format!("hash of the record before {prev}\n"));
    }
    if let (Some(ledger), Some(seq), Some(time), Some(key)) = (&r.ledger, r.head_seq, &r.head_time, &r.key) {
        let trusted = if r.key_trusted { ", which you trust" } else { "" };
        let kept = if r.anchored { "; it is one that was kept outside" } else { "" };
        text.push_str(&format!(
            "ledger {ledger}: a head signed at {time} by key {key}{trusted}, up to record {seq}{kept}\n"
        ));
    }
    for problem in &r.problems {
        text.push_str(&format!("RECORD: {}\n", problem_text(problem)));
    }
    for note in &r.notes {
        text.push_str(&format!("note: {}\n", note_text(*note)));
    }
    let verdict = match r.verdict {
        Verdict::Intact => "intact",
        Verdict::Unproven => "nothing is wrong, but nothing that you trust vouches for it",
        Verdict::Failed => "NOT INTACT",
    };
    text.push_str(&format!("record: {verdict}\n"));
    text
}

fn problem_text(problem: &ExhibitProblem) -> String {
    use ExhibitProblem as P;
    match problem {
        P::Malformed { part } => format!("its line is not one of a ledger: its `{part}`"),
        P::NotUnderHead { last_seq } => {
            format!(
                "it does not lead to the root of the head at record {last_seq}: the record, its proof or the head was changed"
            )
        }
        P::Unsigned { key } => format!("the head's signature is not by key {key}: the head was changed"),
        P::OtherKey { key } => format!("the head is signed by key {key}, which is none that you trust"),
        P::UnknownKey { key } => format!("the head names key {key}, which is not here; give it with --key"),
        P::AnchorDiffers { last_seq } => {
            format!("the head that was kept outside states something else of record {last_seq}")
        }
    }
}

fn note_text(note: ExhibitNote) -> &'static str {
    match note {
        ExhibitNote::NoHead => "no signed head covers it yet; ask again in a minute",
        ExhibitNote::KeyNotChecked => {
            "no key was given with --key: whoever made the record anew would have put in a key of their own"
        }
        ExhibitNote::AnchorElsewhere => {
            "the heads that were kept outside are of other places; only the whole ledger or a bundle can be held against them"
        }
    }
}
