//! The smallest acceptance that covers a finding.
//!
//! It names the rule and as few fields as tell this finding from others of its rule. How well a set of fields tells is counted over the
//! stored findings of the rule, all sets in one pass: each finding is put under the set of fields in which it equals this one.
//!
//! Fields that name who acted and where (program, parent, image, namespace, user) come first. Command lines and files often differ from
//! run to run, and one that was never seen again accepts nothing: they are taken only where known true findings would be suppressed
//! otherwise, or when there is nothing else. A set is good enough when it covers at most one in a hundred findings of the rule (three at
//! least) that differ from this one in who and where, and no known true finding that a larger set would spare.

use avouch_controls::{Acceptance, Narrowing, Placed, SubjectField, lint_acceptances, parse_acceptances, quoted};
use avouch_diagnostics::{Diagnostic, FileId, Span};
use avouch_finding::Finding;
use avouch_pipeline::{RuleSet, RuleSetOptions, catalogs, condition_of};
use avouch_store::{Column, Filter, Period};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::condition::{ConditionId, Conditions, Truth};
use crate::findings::{Findings, known_true};
use crate::preview::{Preview, preview};
use crate::recorded::Recorded;
use crate::{Error, Result, Watch};

/// Fields that say who and where, in order of preference.
const WHO: &[&str] = &[
    "proc.name",
    "proc.pname",
    "container.image.repository",
    "k8s.ns.name",
    "user.name",
    "ka.user.name",
    "ka.verb",
    "ka.target.resource",
    "ka.target.namespace",
    "ct.user",
    "ct.name",
    "ct.region",
    "container.id",
];
/// Fields that say what, which often differ from time to time.
const WHAT: &[&str] = &["proc.cmdline", "fd.name", "fs.path.name", "ka.target.name", "ct.info", "ct.srcip"];
/// Fields that are compared at most: all sets of them are counted.
const MOST: usize = 12;
/// Longest value that an acceptance is given, in bytes.
const LONGEST: usize = 1_024;
/// Findings of a rule below which there is too little to tell how well one field tells; then two are taken where there are two.
const LITTLE: u64 = 20;

/// What the finding cannot tell of an acceptance.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "as in `Acceptance`")]
pub struct Draft {
    pub id: String,
    pub requester: String,
    /// Somebody else than the requester.
    pub approver: String,
    pub reason: String,
    pub ticket: Option<String>,
    /// A day or RFC 3339.
    pub from: String,
    /// A day or RFC 3339.
    pub expires: Option<String>,
}

/// A neighbour of the proposed acceptance: one field less, or one more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alternative {
    /// Field that is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<String>,
    /// Field that is added, with the finding's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add: Option<(String, String)>,
    /// Findings that it would have suppressed.
    pub would_remove: u64,
    /// Among them, known true ones.
    pub lost_true: u64,
}

/// See [`propose`].
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The file.
    pub yaml: String,
    /// The acceptance, as the file reads.
    pub acceptance: Acceptance,
    /// The fields that it asks, with their values.
    pub subject: Vec<(String, String)>,
    /// One field less or more.
    pub alternatives: Vec<Alternative>,
    /// What it would have suppressed.
    pub preview: Preview,
    /// What is doubtful in the file; no errors.
    pub diagnostics: Vec<Diagnostic>,
}

/// A field by which the finding may be told from others.
struct Candidate {
    field: &'static str,
    value: String,
    who: bool,
}

/// Proposes the smallest acceptance that covers `finding`, by the stored findings of its rule in `period`.
///
/// # Errors
/// [`Error::NothingToNarrowBy`] when it recorded no field that an acceptance could ask; else as [`preview`].
pub fn propose(
    finding: &Finding,
    draft: &Draft,
    rules: &RuleSet,
    findings: &mut Findings<'_>,
    period: Period,
    watch: &mut Watch<'_>,
) -> Result<Proposal> {
    let nothing = || Error::NothingToNarrowBy { id: finding.id.clone() };
    let candidates = candidates(finding);
    if candidates.is_empty() {
        return Err(nothing());
    }
    let counts = Counts::take(finding, &candidates, findings, period, watch)?;
    let who = candidates.iter().enumerate().filter(|(_, c)| c.who).fold(0, |set, (n, _)| set | 1 << n);
    let chosen = counts.choose(candidates.len(), who);
    let pair = |c: &Candidate| (c.field.to_owned(), c.value.clone());
    let subject: Vec<(String, String)> =
        candidates.iter().enumerate().filter(|(n, _)| chosen >> n & 1 == 1).map(|(_, c)| pair(c)).collect();
    let mut alternatives = Vec::new();
    for (n, candidate) in candidates.iter().enumerate() {
        let other = chosen ^ 1 << n;
        if other == 0 {
            continue;
        }
        let dropped = chosen >> n & 1 == 1;
        alternatives.push(Alternative {
            drop: dropped.then(|| candidate.field.to_owned()),
            add: (!dropped).then(|| pair(candidate)),
            would_remove: counts.of(other).0,
            lost_true: counts.of(other).1,
        });
    }
    let yaml = yaml(finding, draft, &subject);
    let (read, mut diagnostics) = parse_acceptances(FileId(0), &yaml);
    diagnostics.extend(lint_acceptances(&read, None, None));
    let Some(acceptance) = read.into_iter().next() else {
        let why = diagnostics.first().map_or_else(|| "it cannot be read back".to_owned(), |d| d.title.clone());
        return Err(Error::NotCompiled { id: draft.id.clone(), why });
    };
    let preview = preview(&acceptance, rules, findings, period, watch)?;
    Ok(Proposal { yaml, acceptance, subject, alternatives, preview, diagnostics })
}

/// Fields of the finding that an acceptance can ask and that the value can be had back of.
fn candidates(finding: &Finding) -> Vec<Candidate> {
    let Some((_, catalog)) = catalogs().into_iter().find(|(source, _)| *source == finding.source) else {
        return Vec::new();
    };
    let all = WHO.iter().map(|f| (*f, true)).chain(WHAT.iter().map(|f| (*f, false)));
    let candidate = |(field, who): (&'static str, bool)| {
        let resolved = catalog.resolve(field, None).ok()?;
        let Recorded::Text(value) = Recorded::of(finding.fields.get(field)?, &resolved, catalog.decl(resolved.id))
        else {
            return None;
        };
        // A container's id is of one container; that it was none is worth to say.
        let said = field != "container.id" || value == "host";
        let plain = !value.is_empty() && value != "<NA>" && value.len() <= LONGEST && value.trim() == value;
        (said && plain).then_some(Candidate { field, value, who })
    };
    all.filter_map(candidate).take(MOST).collect()
}

/// How many findings of the rule equal this one in a set of fields, by set.
struct Counts {
    /// Findings, and known true ones among them, that equal it in these fields and maybe more.
    sums: Vec<(u64, u64)>,
}

impl Counts {
    fn take(
        finding: &Finding,
        candidates: &[Candidate],
        findings: &mut Findings<'_>,
        period: Period,
        watch: &mut Watch<'_>,
    ) -> Result<Self> {
        let mut tests = Tests::new(&finding.source, candidates);
        let mut sums = vec![(0, 0); 1 << candidates.len()];
        let filter = Filter::of(period).only(Column::Rule, [finding.rule.as_str()]).only(Column::Suppressed, ["no"]);
        let of = findings.store.count(&filter)?;
        findings.each(&filter, Some(of), watch, &mut |row, body| {
            let set = body.map_or(0, |body| tests.equal(&row.source, body));
            if let Some((all, known)) = sums.get_mut(set) {
                *all += 1;
                *known += u64::from(known_true(row));
            }
            Ok(())
        })?;
        // A finding that equals it in several fields equals it in each part of them.
        for bit in 0..candidates.len() {
            for set in 0..sums.len() {
                if set >> bit & 1 == 0 {
                    let (all, known) = sums.get(set | 1 << bit).copied().unwrap_or_default();
                    if let Some(sum) = sums.get_mut(set) {
                        *sum = (sum.0 + all, sum.1 + known);
                    }
                }
            }
        }
        Ok(Self { sums })
    }

    fn of(&self, set: usize) -> (u64, u64) {
        self.sums.get(set).copied().unwrap_or_default()
    }

    /// The best set of `fields` fields; those in `who` say who and where.
    fn choose(&self, fields: usize, who: usize) -> usize {
        let every = (1 << fields) - 1;
        let who = if who == 0 { every } else { who };
        let total = self.of(0).0;
        let most_others = (total / 100).max(3);
        let least = if total < LITTLE { 2.min(fields.min(who.count_ones() as usize)) } else { 1 };
        let others = |set: usize| self.of(set).0 - self.of(set | who).0;
        let good = |set: &usize| {
            set.count_ones() as usize >= least && others(*set) <= most_others && self.of(*set).1 == self.of(every).1
        };
        // Fields stand in order of preference, so of sets of one size the smaller number has the better ones.
        let rank = |set: &usize| ((set & !who).count_ones(), set.count_ones(), others(*set), *set);
        (1..=every).filter(good).min_by_key(rank).unwrap_or(every)
    }
}

/// One test for each candidate.
struct Tests {
    conditions: Conditions,
    /// By candidate; `None` for one that does not compile.
    ids: Vec<Option<ConditionId>>,
}

impl Tests {
    fn new(source: &str, candidates: &[Candidate]) -> Self {
        let rule = |(n, c): (usize, &Candidate)| {
            let placed = Placed { text: c.field.to_owned(), span: Span::default() };
            let subject = Narrowing::Subject(vec![SubjectField { field: placed, values: vec![c.value.clone()] }]);
            let condition = condition_of(&subject).unwrap_or_default();
            json!({"rule": n.to_string(), "desc": "a field", "condition": condition, "output": "a field", "priority": "INFO", "source": source})
        };
        let rules: Vec<Json> = candidates.iter().enumerate().map(rule).collect();
        let texts = vec![("fields".to_owned(), json!(rules).to_string())];
        let set = RuleSet::from_texts(texts, Vec::new(), &RuleSetOptions::default());
        let running: Vec<_> = set.running().map(|(_, r)| r).collect();
        let conditions = Conditions::new(&running.iter().map(|r| (source, &r.condition)).collect::<Vec<_>>());
        let id = |n: usize| {
            let name = n.to_string();
            conditions.id(running.iter().position(|r| r.name == name)?)
        };
        let ids = (0..candidates.len()).map(id).collect();
        Self { conditions, ids }
    }

    /// The candidates in which a finding equals the one that they are of.
    fn equal(&mut self, source: &str, body: &str) -> usize {
        if !self.conditions.show_body(source, body) {
            return 0;
        }
        let mut set = 0;
        for (n, id) in self.ids.iter().enumerate() {
            if id.is_some_and(|id| self.conditions.truth(id) == Truth::True) {
                set |= 1 << n;
            }
        }
        set
    }
}

/// The file. Texts are in double quotes, as JSON writes them, which YAML reads alike.
fn yaml(finding: &Finding, draft: &Draft, subject: &[(String, String)]) -> String {
    let mut out = String::from("acceptances:\n");
    let mut first = true;
    let mut line = |key: &str, value: &str| {
        let lead = if std::mem::take(&mut first) { "  - " } else { "    " };
        out.push_str(&format!("{lead}{key}: {}\n", quoted(value)));
    };
    line("id", &draft.id);
    line("rule", &finding.rule);
    if let Some(criterion) = finding.criteria.first() {
        line("criterion", criterion);
    }
    let mut fields = String::from("    subject:\n");
    for (field, value) in subject {
        fields.push_str(&format!("      {}: [{}]\n", quoted(field), quoted(value)));
    }
    let reason = if draft.reason.trim().is_empty() { "to be given" } else { &draft.reason };
    line("reason", reason);
    line("requester", &draft.requester);
    line("approver", &draft.approver);
    if let Some(ticket) = &draft.ticket {
        line("ticket", ticket);
    }
    line("from", &draft.from);
    if let Some(expires) = &draft.expires {
        line("expires", expires);
    }
    out.push_str(&fields);
    out
}
