//! Explanations as JSON.

use serde_json::{Map, Value as Json, json};

use super::{Explanation, Outcome, Part, PartKind, Verdict};

impl Explanation {
    /// As JSON: `rule`, `outcome`, `hidden_by`, `tree`, `failing` (child numbers from the root).
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut out = Map::new();
        out.insert("rule".into(), self.rule.clone().into());
        let outcome = match &self.outcome {
            Outcome::Matched => "matched",
            Outcome::NotMatched => "not_matched",
            Outcome::Hidden { by } => {
                out.insert("hidden_by".into(), by.clone().into());
                "hidden"
            }
            Outcome::OtherEventTypes { event_type } => {
                out.insert("event_type".into(), (*event_type).into());
                "other_event_types"
            }
        };
        out.insert("outcome".into(), outcome.into());
        out.insert("tree".into(), part(&self.tree));
        if let Some(failing) = &self.failing {
            out.insert("failing".into(), failing.iter().map(|i| Json::from(*i)).collect());
        }
        if self.left_out > 0 {
            out.insert("left_out".into(), self.left_out.into());
        }
        Json::Object(out)
    }
}

fn part(p: &Part) -> Json {
    let kind = match p.kind {
        PartKind::And => "and",
        PartKind::Or => "or",
        PartKind::Not => "not",
        PartKind::Macro => "macro",
        PartKind::Check => "check",
    };
    let verdict = match p.verdict {
        Verdict::True => "true",
        Verdict::False => "false",
        Verdict::Absent => "absent",
    };
    let mut out = Map::new();
    out.insert("kind".into(), kind.into());
    out.insert("verdict".into(), verdict.into());
    if matches!(p.kind, PartKind::Macro | PartKind::Check) {
        out.insert("text".into(), p.text.clone().into());
    }
    if !p.reads.is_empty() {
        let reads = p.reads.iter().map(|r| json!({ "field": r.field, "value": r.value })).collect();
        out.insert("reads".into(), reads);
    }
    if !p.children.is_empty() {
        out.insert("children".into(), p.children.iter().map(part).collect());
    }
    Json::Object(out)
}
