//! Answers to what an auditor asks to be given ("provided by client"), item by item.

use std::collections::{BTreeMap, BTreeSet};

use avouch_controls::RequestItem;
use serde::Serialize;

use crate::input::Results;
use crate::population::{Population, Verdict};

/// How far the report answers an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// All that was asked for is here, and every test of completeness that was made of it held.
    Yes,
    /// Some of it is here; the rest has to come from elsewhere, or a test failed or could not be made.
    Partly,
    /// What would answer it is made, and nothing in the period tells of it.
    NoEvidence,
    /// Nothing of it is here.
    NotCovered,
}

impl Answered {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Yes => "answered",
            Self::Partly => "answered in part",
            Self::NoEvidence => "no evidence",
            Self::NotCovered => "not covered",
        }
    }
}

/// A list or file that answers an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Given {
    /// Its path beside the report.
    pub file: String,
    /// Rows, for a population.
    pub rows: Option<u64>,
    /// SHA-256, in hex, of the file, for a population.
    pub sha256: Option<String>,
    /// Tests of completeness in words, for a population.
    pub tests: Option<String>,
}

/// What the report answers to an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "as in `RequestItem`")]
pub struct Answer {
    pub item: String,
    pub ask: String,
    pub criteria: Vec<String>,
    pub state: Answered,
    pub given: Vec<Given>,
    pub chapters: Vec<String>,
    /// Why it is not answered whole.
    pub missing: Vec<String>,
}

/// Answers in the order of the list.
#[must_use]
pub fn answers(results: &Results<'_>) -> Vec<Answer> {
    results.requests.iter().map(|item| answer(results, item)).collect()
}

fn answer(results: &Results<'_>, item: &RequestItem) -> Answer {
    let (mut given, mut missing) = (Vec::new(), Vec::new());
    // A list of which nothing was recorded and of which no test could be made tells nothing.
    let (mut told, mut failed) = (false, BTreeSet::new());
    // Lists by why tests of them could not be made: one reason mostly holds for several.
    let mut not_run: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for id in &item.populations {
        let Some(p) = results.populations.iter().find(|p| p.spec.id.eq_ignore_ascii_case(id)) else {
            missing.push(format!("the list {id} is not in this report"));
            continue;
        };
        let of = |v: Verdict| p.tests.iter().filter(|t| t.verdict == v).count();
        told |= p.count > 0 || (of(Verdict::Pass) > 0 && !results.facts.is_empty());
        if of(Verdict::Fail) > 0 {
            failed.insert(format!("a test of completeness of {} failed", p.spec.id));
        }
        for t in p.tests.iter().filter(|t| t.verdict == Verdict::NotRun) {
            not_run.entry(&t.got).or_default().insert(p.spec.id);
        }
        given.push(of_population(p));
    }
    for path in &item.files {
        given.push(Given { file: path.clone(), rows: None, sha256: None, tests: None });
    }
    let only_lists = item.files.is_empty() && item.chapters.is_empty();
    told |= !only_lists && !results.facts.is_empty();
    if !item.elsewhere.is_empty() {
        missing.push(format!("from elsewhere: {}", item.elsewhere));
    }
    missing.extend(failed);
    missing.extend(not_run.into_iter().map(|(why, lists)| {
        let lists: Vec<&str> = lists.into_iter().collect();
        format!("tests of completeness of {} could not be made: {why}", lists.join(", "))
    }));
    let state = match () {
        () if given.is_empty() && item.chapters.is_empty() => Answered::NotCovered,
        () if !told => Answered::NoEvidence,
        () if missing.is_empty() => Answered::Yes,
        () => Answered::Partly,
    };
    Answer {
        item: item.id.clone(),
        ask: item.ask.clone(),
        criteria: item.criteria.clone(),
        state,
        given,
        chapters: item.chapters.clone(),
        missing,
    }
}

fn of_population(p: &Population) -> Given {
    let of = |v: Verdict| p.tests.iter().filter(|t| t.verdict == v).count();
    Given {
        file: format!("bundle/{}", p.csv()),
        rows: Some(p.count),
        sha256: Some(p.csv_digest.clone()),
        tests: Some(format!(
            "{} held, {} failed, {} not run",
            of(Verdict::Pass),
            of(Verdict::Fail),
            of(Verdict::NotRun)
        )),
    }
}

/// The answers as a CSV file, one row a list or file given, one at least for each item.
#[must_use]
pub fn csv(answers: &[Answer]) -> Vec<u8> {
    let mut out = Vec::new();
    let head = ["item", "criteria", "request", "state", "file", "rows", "sha256", "tests", "chapters", "not_here"];
    crate::population::csv_line(&head, &mut out);
    for a in answers {
        let (criteria, chapters, missing) = (a.criteria.join(", "), a.chapters.join(", "), a.missing.join("; "));
        let mut row = |g: Option<&Given>| {
            let rows = g.and_then(|g| g.rows).map(|n| n.to_string()).unwrap_or_default();
            let text = |t: Option<&String>| t.cloned().unwrap_or_default();
            let cells = [
                a.item.as_str(),
                &criteria,
                &a.ask,
                a.state.words(),
                g.map_or("", |g| &g.file),
                &rows,
                &text(g.and_then(|g| g.sha256.as_ref())),
                &text(g.and_then(|g| g.tests.as_ref())),
                &chapters,
                &missing,
            ];
            crate::population::csv_line(&cells, &mut out);
        };
        if a.given.is_empty() {
            row(None);
        }
        a.given.iter().for_each(|g| row(Some(g)));
    }
    out
}
