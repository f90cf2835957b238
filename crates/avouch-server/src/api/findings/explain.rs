//! Why a rule matched.

use std::path::Path;

use avouch_backtest::{RuleVersions, Tree, TreeKind, Truth, Why, explain_exactly};
use avouch_finding::Finding;
use avouch_pipeline::RuleSet;
use avouch_rules::ResolvedRule;
use avouch_store::Reader;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::id::FindingId;
use super::one::whole;
use crate::App;
use crate::access::Who;
use crate::error::{ApiError, ApiResult, ErrorBody};

/// The condition of a rule as a tree, with what each part of it came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    rule: ExplainedRule,
    tree: ExplainNode,
    /// It was judged once more, from the capture around the finding; otherwise it is worked out from the fields that were recorded.
    exact: bool,
    /// The recorded fields say that the rule as it is loaded now does not match.
    contradicts: bool,
    /// Parts that are not shown because the condition is too large.
    left_out: usize,
    /// The rule as it is loaded now is the one that made the finding.
    same_rule: bool,
    /// How far it can be relied on.
    note: String,
}

/// A rule, and where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedRule {
    name: String,
    file: String,
    /// From 1; 0 when it is not known.
    line: usize,
    /// As the file writes it.
    condition: String,
}

/// A part of a condition.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainNode {
    /// `and`, `or`, `not`, `test`.
    kind: &'static str,
    text: String,
    /// `true`, `false`, `unknown`.
    value: &'static str,
    /// It follows from the rule having matched, and not from a recorded field.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inferred: bool,
    /// The macro of which this is the condition.
    #[serde(rename = "macro", skip_serializing_if = "Option::is_none")]
    macro_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    op: Option<&'static str>,
    /// The value of the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<String>,
    /// It is known that the field had no value.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    absent: bool,
    #[schema(no_recursion)]
    children: Vec<ExplainNode>,
}

impl From<Tree> for ExplainNode {
    fn from(tree: Tree) -> Self {
        Self {
            kind: match tree.kind {
                TreeKind::And => "and",
                TreeKind::Or => "or",
                TreeKind::Not => "not",
                TreeKind::Test => "test",
            },
            text: tree.text,
            value: match tree.value {
                Truth::True => "true",
                Truth::False => "false",
                Truth::Unknown => "unknown",
            },
            inferred: tree.inferred,
            macro_name: tree.macro_name,
            field: tree.field,
            op: tree.op,
            actual: tree.actual,
            absent: tree.absent,
            children: tree.children.into_iter().map(Self::from).collect(),
        }
    }
}

/// Why the rule of a finding matched, by the rules that are loaded now.
#[utoipa::path(
    get,
    path = "/findings/{id}/explain",
    tag = "findings",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = Explanation), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn explain(
    State(app): State<App>,
    who: Who,
    FindingId(id): FindingId,
) -> ApiResult<Json<Explanation>> {
    let (ledger, loaded) = (app.folder.ledger(), app.desk.loaded());
    let recordings = app.desk.setup().recordings.clone();
    let answer = app.readers.ask(move |reader| {
        let (_, finding) = whole(reader, &ledger, &id, &who)?;
        let gone = || ApiError::not_found("the ledger no longer has the record of this finding");
        let finding = finding.ok_or_else(gone)?;
        let rules = &loaded.rules;
        let rule = rules.loaded.rules.iter().find(|rule| rule.name == finding.rule);
        let other = || {
            let error = ApiError::not_found("no rule of that name is loaded here, by which it could be explained");
            error.hint("start the server with `--rules`")
        };
        let rule = rule.ok_or_else(other)?;
        let same = loaded.digest == finding.rules || same_rule(reader, rules, &finding)?;
        let folder =
            finding.slice.as_ref().and_then(|name| recordings.iter().find(|folder| folder.join(name).is_file()));
        let (why, note) = why(&finding, rules, rule, same, folder.map(|folder| folder.as_path()));
        let view = loaded.views.iter().find(|view| view.name == rule.name);
        Ok(Explanation {
            rule: ExplainedRule {
                name: rule.name.clone(),
                file: view.map(|view| view.place.file.clone()).unwrap_or_default(),
                line: view.map_or(0, |view| view.place.line),
                condition: rule.condition_text.clone(),
            },
            exact: why.exact,
            contradicts: why.contradicts,
            left_out: why.left_out,
            same_rule: same,
            note,
            tree: why.tree.into(),
        })
    });
    Ok(Json(answer.await?))
}

/// Whether the rule that made the finding was the one that is loaded now, in another rule set.
fn same_rule(reader: &mut Reader, rules: &RuleSet, finding: &Finding) -> ApiResult<bool> {
    let versions = RuleVersions::of(rules, reader).map_err(|e| ApiError::internal(crate::error::chain(&e)))?;
    Ok(versions.same(&finding.rules, &finding.rule))
}

/// The tree, exact when there is a capture that still gives the finding; and in words how far to rely on it.
fn why(finding: &Finding, rules: &RuleSet, rule: &ResolvedRule, same: bool, slices: Option<&Path>) -> (Why, String) {
    let exactly = match (&finding.slice, slices) {
        (Some(_), Some(folder)) => match explain_exactly(finding, rules, folder) {
            Ok(Some(why)) => return (why, "Judged once more, from the capture around the finding.".to_owned()),
            Ok(None) => " The capture around it does not give this finding under the rules of today.",
            Err(_) => " The capture around it cannot be read here.",
        },
        (Some(_), None) => " The capture around it is not kept here.",
        (None, _) => "",
    };
    let why = avouch_backtest::explain(finding, rule, same);
    let version = match (same, why.contradicts) {
        (true, _) => " The rule is the one that matched.",
        (false, true) => " The rule was changed since: as it is now, it would not have matched.",
        (false, false) => " The rule may have been changed since.",
    };
    let left_out = match why.left_out {
        0 => String::new(),
        n => format!(" {n} parts are not shown: the condition is too large."),
    };
    let note = format!("From the fields that were recorded; what was not is unknown.{version}{exactly}{left_out}");
    (why, note)
}
