//! Runs the test cases beside rules, in parallel, with coverage of the parts of conditions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use avouch_audit::Source;
use avouch_engine::RuleCoverage;
use avouch_event::{EventBuf, Item, types};
use serde_json::Value as Json;

use crate::case::{Case, CaseInput, parse_markdown};
use crate::folder;
use crate::input::Input;
use crate::judge::{Detection, Judged, Sink};
use crate::replay::{Replay, ReplayOptions};
use crate::ruleset::{RuleFileError, RuleSet, read_text};
use crate::script;

/// What came of one case.
#[derive(Debug)]
pub struct CaseResult {
    /// File of the case.
    pub file: PathBuf,
    /// Line of its heading; 0 when the file itself is not well formed.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// What is wrong; empty when it passed.
    pub failures: Vec<String>,
}

/// What came of all cases.
#[derive(Debug, Default)]
pub struct TestReport {
    /// By case, in order of file and line.
    pub cases: Vec<CaseResult>,
    /// By rule: parts of its condition and how often each held and failed in the cases.
    pub coverage: Vec<RuleCoverage>,
    /// Enabled rules that no case expects to fire, and rules without a near miss (a case that expects 0).
    pub never_fired: Vec<String>,
    /// See `never_fired`.
    pub no_near_miss: Vec<String>,
}

impl TestReport {
    /// Cases that failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|c| !c.failures.is_empty()).count()
    }
}

/// The case files beside rules: `*.md` and `*.test.yaml` under the folders, or beside the files, given; sorted.
///
/// # Errors
/// When a folder cannot be listed.
pub fn case_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, RuleFileError> {
    let mut out = Vec::new();
    for path in paths {
        if path.is_dir() {
            let is_case = |n: &str| n.ends_with(".md") || n.ends_with(".test.yaml");
            out.extend(folder::files(path, &is_case).map_err(|(path, source)| RuleFileError::Read { path, source })?);
        } else {
            let beside = ["md", "test.yaml"].map(|end| path.with_extension(end));
            out.extend(beside.into_iter().filter(|p| p.is_file()));
        }
    }
    out.sort();
    out.dedup();
    Ok(out)
}

/// Runs all cases of `files` whose file or name holds `only`, on all cores. `rules` must match all rules, not the first
/// (a case tells of one rule, whatever stands before it).
///
/// # Errors
/// When a file cannot be read. A file that is not well formed is a failed case.
pub fn run(rules: &RuleSet, files: &[PathBuf], only: Option<&str>) -> Result<TestReport, RuleFileError> {
    let mut report = TestReport::default();
    let mut cases: Vec<(PathBuf, Case)> = Vec::new();
    for file in files {
        let text = read_text(file)?;
        let is_yaml = file.extension().is_some_and(|e| e == "yaml");
        match if is_yaml { crate::case::parse_yaml(&text) } else { parse_markdown(&text) } {
            Ok(found) => cases.extend(found.into_iter().map(|c| (file.clone(), c))),
            Err(e) => report.cases.push(CaseResult {
                file: file.clone(),
                line: e.line,
                name: "(file)".to_owned(),
                failures: vec![e.problem],
            }),
        }
    }
    if let Some(text) = only {
        cases.retain(|(file, case)| file.display().to_string().contains(text) || case.name.contains(text));
    }

    let next = AtomicUsize::new(0);
    let done = Mutex::new((report, empty_coverage(rules)));
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(cases.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((file, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut sink = CaseSink::new(rules);
                    let problem = play(rules, file, case, &mut sink).err();
                    let failures = sink.failures(case, problem);
                    let result = CaseResult { file: file.clone(), line: case.line, name: case.name.clone(), failures };
                    let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    done.0.cases.push(result);
                    merge(&mut done.1, sink.coverage);
                }
            });
        }
    });
    let (mut report, coverage) = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    report.cases.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    report.coverage = coverage;
    for (_, rule) in rules.running() {
        let counts = || cases.iter().filter_map(|(_, c)| c.expect.get(&rule.name));
        if !counts().any(|n| *n > 0) {
            report.never_fired.push(rule.name.clone());
        }
        if !counts().any(|n| *n == 0) {
            report.no_near_miss.push(rule.name.clone());
        }
    }
    Ok(report)
}

fn play(rules: &RuleSet, file: &Path, case: &Case, sink: &mut CaseSink<'_>) -> Result<(), String> {
    let mut replay = Replay::new(rules, ReplayOptions::default());
    match &case.input {
        CaseInput::Syscalls(events) => {
            script::play(events, |item| replay.item(item, file, sink)).map_err(|(i, e)| format!("event {}: {e}", i + 1))
        }
        CaseInput::Records(source, records) => {
            let source = Source::from_name(source).ok_or_else(|| format!("no source is named `{source}`"))?;
            for (num, record) in (1..).zip(records) {
                let buf = record_event(source, record, num);
                replay.item(&Item::Event(buf.event()), file, sink);
            }
            Ok(())
        }
        CaseInput::Capture(path) => {
            let path = file.parent().unwrap_or(Path::new("")).join(path);
            let mut input = Input::open(&path).map_err(|e| e.to_string())?;
            replay.run(&mut input, sink).map_err(|e| e.to_string())
        }
    }
}

/// A record as the event its source makes of it.
fn record_event(source: Source, record: &Json, num: u64) -> EventBuf {
    let mut buf = EventBuf::new(types::PLUGINEVENT_E);
    buf.num = num;
    let time = ["stageTimestamp", "eventTime"].iter().find_map(|k| record.get(k)?.as_str());
    buf.timestamp = time.and_then(|t| avouch_event::parse_rfc3339(t.as_bytes())).unwrap_or(num);
    buf.push_u32(source.plugin_id()).push(record.to_string().as_bytes());
    buf
}

fn empty_coverage(rules: &RuleSet) -> Vec<RuleCoverage> {
    let indices =
        |p: &avouch_engine::Program| (0..p.rules().len()).filter_map(|i| u32::try_from(i).ok()).collect::<Vec<_>>();
    let programs = rules.compiled.programs.iter();
    programs.flat_map(|p| indices(p).into_iter().filter_map(|i| p.coverage(avouch_engine::RuleIndex(i)))).collect()
}

fn merge(total: &mut [RuleCoverage], part: Vec<RuleCoverage>) {
    for (total, part) in total.iter_mut().zip(part) {
        for (t, p) in total.parts.iter_mut().zip(part.parts) {
            t.held += p.held;
            t.failed += p.failed;
        }
    }
}

/// Counts detections by rule, and covers the parts of conditions.
struct CaseSink<'r> {
    rules: &'r RuleSet,
    fired: BTreeMap<String, usize>,
    coverage: Vec<RuleCoverage>,
}

impl<'r> CaseSink<'r> {
    fn new(rules: &'r RuleSet) -> Self {
        Self { rules, fired: BTreeMap::new(), coverage: empty_coverage(rules) }
    }

    fn failures(&self, case: &Case, problem: Option<String>) -> Vec<String> {
        let mut out: Vec<String> = problem.into_iter().collect();
        for (rule, expected) in &case.expect {
            let Some(loaded) = self.rules.loaded.rules.iter().find(|r| r.name == *rule) else {
                out.push(format!("no rule is named `{rule}`"));
                continue;
            };
            let fired = self.fired.get(rule).copied().unwrap_or(0);
            if fired != *expected {
                let disabled = if loaded.enabled { "" } else { "; the rule is not enabled" };
                out.push(format!("`{rule}` fired {fired} times, expected {expected}{disabled}"));
            }
        }
        out
    }
}

impl Sink for CaseSink<'_> {
    fn detection(&mut self, detection: &Detection<'_>) {
        *self.fired.entry(detection.rule.name.clone()).or_default() += 1;
    }

    fn wants_events(&self) -> bool {
        true
    }

    fn judged(&mut self, judged: &Judged<'_>) {
        let mut at = 0;
        for program in &self.rules.compiled.programs {
            let n = program.rules().len();
            if std::ptr::eq(program, judged.program) {
                for (i, coverage) in (0..).zip(self.coverage.iter_mut().skip(at).take(n)) {
                    let index = avouch_engine::RuleIndex(i);
                    program.cover(index, judged.event.ty, &judged.reader, judged.arena, coverage);
                }
            }
            at += n;
        }
    }
}
