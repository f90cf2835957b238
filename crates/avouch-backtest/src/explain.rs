//! Why a rule matched, as a tree: from the recorded fields of a finding, or exactly, from the capture around it.

use std::path::Path;

use avouch_engine::{Explanation, Part, PartKind, Verdict};
use avouch_finding::Finding;
use avouch_pipeline::{Detection, Input, Replay, ReplayOptions, RuleSet, Sink};
use avouch_rules::ast::{Check, Expr, Operand};
use avouch_rules::{ResolvedRule, parse_condition, print_condition};
use serde::Serialize;

use crate::condition::{Conditions, NodeId, Truth};
use crate::recorded::Recorded;
use crate::{Error, Result};

/// Parts that a tree shows at most.
const MOST_PARTS: usize = 5_000;
/// Longest value shown, in characters.
const LONGEST_VALUE: usize = 300;

/// A part of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tree {
    /// What it is.
    pub kind: TreeKind,
    /// As the rule writes it; a macro by its name.
    pub text: String,
    /// What comes out.
    pub value: Truth,
    /// It follows from the rule having matched, and not from recorded fields.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
    /// The macro of which this is the condition.
    #[serde(rename = "macro", skip_serializing_if = "Option::is_none")]
    pub macro_name: Option<String>,
    /// Field that a comparison asks; the first when it asks several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Its operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<&'static str>,
    /// The value that the field had, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// It is known that the field had no value.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub absent: bool,
    /// Its own parts.
    pub children: Vec<Tree>,
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum TreeKind {
    And,
    Or,
    Not,
    Test,
}

/// Why a rule matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The condition.
    pub tree: Tree,
    /// Parts left out because the condition is too large to show.
    pub left_out: usize,
    /// It is what was judged, and not worked out from recorded fields.
    pub exact: bool,
    /// The recorded fields say that the rule does not match: it was another rule then, or another version of it.
    pub contradicts: bool,
}

/// Explains a finding by its recorded fields. `matched` says that this very rule, unchanged, made the finding: then what must have held
/// for it is known too.
#[must_use]
pub fn explain(finding: &Finding, rule: &ResolvedRule, matched: bool) -> Why {
    let mut conditions = Conditions::new(&[(rule.source.as_str(), &rule.condition)]);
    conditions.show(&finding.source, &finding.fields);
    let Some(id) = conditions.id(0) else { return nothing(rule) };
    let recorded = conditions.truth(id);
    let plain = conditions.truths();
    let contradicts = recorded == Truth::False && rule.source == finding.source;
    if matched {
        conditions.truth_given(id, id);
    }
    let known = conditions.truths();
    let mut walk =
        Walk { conditions: &mut conditions, source: &rule.source, plain, known, left: MOST_PARTS, left_out: 0 };
    let (tree, _) = walk.part(&rule.condition);
    Why { tree, left_out: walk.left_out, exact: false, contradicts }
}

fn nothing(rule: &ResolvedRule) -> Why {
    let tree = tree(TreeKind::Test, print_condition(&rule.condition, false), Truth::Unknown);
    Why { tree, left_out: 0, exact: false, contradicts: false }
}

fn tree(kind: TreeKind, text: String, value: Truth) -> Tree {
    Tree {
        kind,
        text,
        value,
        inferred: false,
        macro_name: None,
        field: None,
        op: None,
        actual: None,
        absent: false,
        children: Vec::new(),
    }
}

/// Says that a part is the condition of a macro. A comparison keeps its own text.
fn named(tree: &mut Tree, name: &str) {
    tree.macro_name = Some(name.to_owned());
    if tree.kind != TreeKind::Test {
        tree.text = name.to_owned();
    }
}

struct Walk<'a> {
    conditions: &'a mut Conditions,
    source: &'a str,
    /// By node, what the recorded fields say.
    plain: Vec<Truth>,
    /// By node, what is known besides.
    known: Vec<Truth>,
    left: usize,
    left_out: usize,
}

impl Walk<'_> {
    fn part(&mut self, expr: &Expr) -> (Tree, NodeId) {
        self.left = self.left.saturating_sub(1);
        if let Expr::Macro(m) = expr
            && let Some(body) = &m.body
        {
            let (mut inner, node) = self.part(body);
            named(&mut inner, &m.name);
            return (inner, node);
        }
        let (kind, parts): (_, &[Expr]) = match expr {
            Expr::And(parts, _) => (TreeKind::And, parts),
            Expr::Or(parts, _) => (TreeKind::Or, parts),
            Expr::Not(inner, _) => (TreeKind::Not, std::slice::from_ref(inner)),
            Expr::Macro(_) | Expr::Check(_) => (TreeKind::Test, &[]),
        };
        let (mut children, mut nodes) = (Vec::new(), Vec::new());
        for part in parts {
            if self.left == 0 {
                // Not walked: macros in macros may stand for more than anyone could walk.
                self.left_out += 1;
                nodes.push(self.conditions.node(self.source, part));
                continue;
            }
            let (child, node) = self.part(part);
            nodes.push(node);
            children.push(child);
        }
        let node = self.conditions.part(self.source, expr, nodes);
        let at = |truths: &[Truth]| truths.get(node).copied().unwrap_or_default();
        let text = match kind {
            TreeKind::Test => print_condition(expr, false),
            TreeKind::And => "and".to_owned(),
            TreeKind::Or => "or".to_owned(),
            TreeKind::Not => "not".to_owned(),
        };
        let mut out = tree(kind, text, at(&self.known));
        out.inferred = at(&self.plain) == Truth::Unknown && out.value != Truth::Unknown;
        out.children = children;
        if let Expr::Check(check) = expr {
            out.op = Some(check.op.text());
            self.read(check, node, &mut out);
        }
        (out, node)
    }

    fn read(&self, check: &Check, node: NodeId, out: &mut Tree) {
        if let Operand::Field(field) = &check.lhs {
            out.field =
                Some(field.arg.as_ref().map_or_else(|| field.name.to_string(), |a| format!("{}[{a}]", field.name)));
        }
        let Some((name, recorded)) = self.conditions.reads(node).into_iter().next() else { return };
        out.field = Some(name.to_owned());
        out.actual = recorded.shown().map(cut);
        out.absent = *recorded == Recorded::Absent;
    }
}

fn cut(text: String) -> String {
    if text.chars().count() <= LONGEST_VALUE {
        return text;
    }
    text.chars().take(LONGEST_VALUE).chain("...".chars()).collect()
}

/// Explains a finding exactly, by replaying the capture around it under these rules. `None` when the replay does not make the finding: the
/// rule was another one then. The capture is that in `folder` of which the finding has the name.
///
/// # Errors
/// When the capture cannot be read.
pub fn explain_exactly(finding: &Finding, rules: &RuleSet, folder: &Path) -> Result<Option<Why>> {
    let Some(name) = &finding.slice else { return Ok(None) };
    let failed = |why: String| Error::Capture { file: name.clone(), why };
    // A name, and not a way to somewhere else.
    let plain = Path::new(name).file_name().is_some_and(|n| n == name.as_str());
    if !plain {
        return Err(failed("its name is not that of a file".to_owned()));
    }
    let mut input = Input::open(&folder.join(name)).map_err(|e| failed(e.to_string()))?;
    let time = finding.time.0;
    let options = ReplayOptions { from: time, to: time.saturating_add(1), ..ReplayOptions::default() };
    let mut sink = One { rule: &finding.rule, output: &finding.output, why: None };
    Replay::new(rules, options).run(&mut input, &mut sink).map_err(|e| failed(e.to_string()))?;
    Ok(sink.why.map(|(_, explanation)| of_explanation(&explanation)))
}

/// Waits for one detection.
struct One<'f> {
    rule: &'f str,
    output: &'f str,
    /// Whether it says the same, and why it matched.
    why: Option<(bool, Explanation)>,
}

impl Sink for One<'_> {
    fn detection(&mut self, detection: &Detection<'_>) {
        if detection.rule.name != self.rule || self.why.as_ref().is_some_and(|(same, _)| *same) {
            return;
        }
        // Two events of one nanosecond are told apart by what the rule says of them.
        let same = detection.message() == self.output;
        if let Some(explanation) = detection.explain() {
            self.why = Some((same, explanation));
        }
    }
}

/// The engine's own explanation in the same form.
#[must_use]
pub fn of_explanation(explanation: &Explanation) -> Why {
    Why { tree: of_part(&explanation.tree), left_out: explanation.left_out, exact: true, contradicts: false }
}

fn of_part(part: &Part) -> Tree {
    let value = Truth::of(part.verdict == Verdict::True);
    let children = || part.children.iter().map(of_part).collect();
    match part.kind {
        PartKind::And => Tree { children: children(), ..tree(TreeKind::And, "and".to_owned(), value) },
        PartKind::Or => Tree { children: children(), ..tree(TreeKind::Or, "or".to_owned(), value) },
        PartKind::Not => Tree { children: children(), ..tree(TreeKind::Not, "not".to_owned(), value) },
        PartKind::Macro => {
            let inner = part.children.first().map(of_part);
            let mut inner = inner.unwrap_or_else(|| tree(TreeKind::Test, part.text.clone(), value));
            named(&mut inner, &part.text);
            inner
        }
        PartKind::Check => {
            let read = part.reads.first();
            let parsed = parse_condition(&part.text, avouch_diagnostics::FileId(0), 0).ok();
            let op = parsed.and_then(|e| if let Expr::Check(c) = e { Some(c.op.text()) } else { None });
            Tree {
                field: read.map(|r| r.field.clone()),
                op,
                actual: read.and_then(|r| r.value.clone()),
                absent: read.is_some_and(|r| r.value.is_none()),
                ..tree(TreeKind::Test, part.text.clone(), value)
            }
        }
    }
}
