//! Reads what the guest says on its second serial port: lines of the init script, between them libtest's output.
//!
//! A test counts as passed only when libtest said so in a line of its own and the closing line counts the same numbers.

use std::collections::VecDeque;

/// How a test, or a program as a whole, came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    /// With the reason, and for a test its last lines.
    Failed(String),
    /// With the reason the test gave.
    Skipped(String),
    /// The program's source is not there.
    NotBuilt(String),
}

/// One result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) program: String,
    /// Empty for the program as a whole.
    pub(super) test: String,
    pub(super) outcome: Outcome,
}

/// What a line of the init script means for the harness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The kernel is up; its release.
    Up(String),
    /// The init script could not do something.
    Note(String),
    Started(String),
    Exited,
    /// All programs ran.
    Ended,
}

/// Lines of a failed test that are shown.
const TAIL: usize = 30;

/// State of the reading.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    rows: Vec<Row>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    program: String,
    libtest: bool,
    /// Index of its first row.
    first: usize,
    open: Option<Open>,
    /// Passed, failed and ignored tests by libtest's closing line.
    summary: Option<[usize; 3]>,
    /// Tests told as skipped without being started; the closing line does not count them.
    unstarted: usize,
    /// The failed test whose message follows, after all tests ran.
    explained: Option<String>,
    tail: VecDeque<String>,
}

#[derive(Debug)]
struct Open {
    test: String,
    skipped: Option<String>,
    tail: VecDeque<String>,
}

impl Transcript {
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Takes one line. `is_libtest` says whether a program of this name prints libtest's lines.
    pub(super) fn line(&mut self, line: &str, is_libtest: impl Fn(&str) -> bool) -> Option<Step> {
        let Some(said) = line.strip_prefix("@guest ") else {
            self.output(line);
            return None;
        };
        let (word, rest) = said.split_once(' ').unwrap_or((said, ""));
        match word {
            "up" => Some(Step::Up(rest.to_owned())),
            "note" => Some(Step::Note(rest.to_owned())),
            "start" => {
                self.running = Some(Running {
                    program: rest.to_owned(),
                    libtest: is_libtest(rest),
                    first: self.rows.len(),
                    open: None,
                    summary: None,
                    unstarted: 0,
                    explained: None,
                    tail: VecDeque::new(),
                });
                Some(Step::Started(rest.to_owned()))
            }
            "exit" => {
                self.exit(rest.rsplit(' ').next().unwrap_or_default());
                Some(Step::Exited)
            }
            "end" => Some(Step::Ended),
            _ => None,
        }
    }

    /// The guest is gone: what still ran has no result. `why` says how the guest ended.
    pub(super) fn gone(&mut self, why: &str) {
        self.close_program(Some(format!("no result: {why}")));
    }

    fn output(&mut self, line: &str) {
        let Some(running) = &mut self.running else { return };
        let line = line.trim_end();
        if !running.libtest {
            push(&mut running.tail, line);
            return;
        }
        if let Some(summary) = line.strip_prefix("test result: ") {
            running.summary = Some(["passed", "failed", "ignored"].map(|word| count(summary, word)));
            return;
        }
        let mut line = line;
        if let Some((test, after)) = test_start(line) {
            self.close_test("no result line before the next test began");
            let Some(running) = &mut self.running else { return };
            running.open = Some(Open { test: test.to_owned(), skipped: None, tail: VecDeque::new() });
            line = after;
        }
        let Some(running) = &mut self.running else { return };
        let Some(open) = &mut running.open else {
            self.between_tests(line);
            return;
        };
        let outcome = match line {
            "ok" => match open.skipped.take() {
                Some(reason) => Outcome::Skipped(reason),
                None => Outcome::Passed,
            },
            "FAILED" => Outcome::Failed(join(&open.tail)),
            "ignored" => Outcome::Skipped("ignored".to_owned()),
            _ => match line.strip_prefix("ignored, ") {
                Some(reason) => Outcome::Skipped(format!("ignored: {reason}")),
                None => {
                    if let Some((_, reason)) = skip(line) {
                        open.skipped = Some(reason.to_owned());
                    }
                    push(&mut open.tail, line);
                    return;
                }
            },
        };
        let row = Row { program: running.program.clone(), test: std::mem::take(&mut open.test), outcome };
        running.open = None;
        self.rows.push(row);
    }

    /// A line outside of any test: a test skipped before it began, or the message of one that failed.
    fn between_tests(&mut self, line: &str) {
        let Some(running) = &mut self.running else { return };
        push(&mut running.tail, line);
        if let Some((test, reason)) = skip(line) {
            running.unstarted += 1;
            let outcome = Outcome::Skipped(reason.to_owned());
            self.rows.push(Row { program: running.program.clone(), test: test.to_owned(), outcome });
        } else if let Some(heading) = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" ----")) {
            running.explained = Some(heading.strip_suffix(" stdout").unwrap_or(heading).to_owned());
        } else if line == "failures:" {
            running.explained = None;
        } else if let Some(test) = &running.explained {
            let rows = self.rows.get_mut(running.first..).unwrap_or_default();
            if let Some(Row { outcome: Outcome::Failed(why), .. }) = rows.iter_mut().find(|row| row.test == *test)
                && why.lines().count() < TAIL
                && !line.is_empty()
            {
                if !why.is_empty() {
                    why.push('\n');
                }
                why.push_str(line);
            }
        }
    }

    fn close_test(&mut self, why: &str) {
        let Some(running) = &mut self.running else { return };
        if let Some(open) = running.open.take() {
            let why = format!("{why}\n{}", join(&open.tail));
            let outcome = Outcome::Failed(why.trim_end().to_owned());
            self.rows.push(Row { program: running.program.clone(), test: open.test, outcome });
        }
    }

    fn exit(&mut self, code: &str) {
        let why = match code {
            "0" => None,
            // `timeout` ends with the signal it sent: TERM first, KILL when that did not help.
            "143" | "137" => Some("ended by its time limit, or by a signal".to_owned()),
            code => Some(format!("exit code {code}")),
        };
        self.close_program(why);
    }

    /// Closes the running program. A failure that no test explains becomes a row of the program itself.
    fn close_program(&mut self, failure: Option<String>) {
        self.close_test(failure.as_deref().unwrap_or("no result line"));
        let Some(running) = self.running.take() else { return };
        let rows = self.rows.get(running.first..).unwrap_or_default();
        let failed = rows.iter().filter(|row| matches!(row.outcome, Outcome::Failed(_))).count();
        let ignored = |reason: &str| reason == "ignored" || reason.starts_with("ignored: ");
        let ignored =
            rows.iter().filter(|row| matches!(&row.outcome, Outcome::Skipped(reason) if ignored(reason))).count();
        let counted = [rows.len() - failed - ignored - running.unstarted, failed, ignored];
        let outcome = if running.libtest {
            match (running.summary, failure) {
                // A failed test explains the exit code when the closing line agrees.
                (Some(summary), failure) if summary == counted && !rows.is_empty() => {
                    failure.filter(|_| failed == 0).map(Outcome::Failed)
                }
                // A program that could start no test, and said so for each.
                (None, None) if running.unstarted > 0 && counted == [0; 3] => None,
                (Some(_), _) if rows.is_empty() => Some(Outcome::Failed("it ran no test".to_owned())),
                (Some([passed, failed, ignored]), _) => Some(Outcome::Failed(format!(
                    "its closing line counts {passed} passed, {failed} failed, {ignored} ignored; its lines {counted:?}"
                ))),
                (None, failure) => Some(Outcome::Failed(format!(
                    "{}, and no closing line\n{}",
                    failure.as_deref().unwrap_or("exit code 0"),
                    join(&running.tail)
                ))),
            }
        } else {
            Some(failure.map_or(Outcome::Passed, |why| Outcome::Failed(format!("{why}\n{}", join(&running.tail)))))
        };
        if let Some(outcome) = outcome {
            self.rows.push(Row { program: running.program, test: String::new(), outcome });
        }
    }
}

/// `test NAME ... `, with what follows on the same line: the result, or the first line that the test printed.
fn test_start(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("test ")?;
    let (test, after) = rest.split_once(" ...")?;
    // libtest-mimic pads names to one width.
    let test = test.trim_end();
    let test = test.strip_suffix(" - should panic").unwrap_or(test);
    (!test.contains(' ')).then(|| (test, after.trim_start()))
}

/// `SKIP TEST: REASON`, as the project's tests say it.
fn skip(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("SKIP ")?.split_once(": ")
}

/// The number before a word in `ok. 3 passed; 0 failed; ...`.
fn count(summary: &str, word: &str) -> usize {
    let mut previous = None;
    for next in summary.split([' ', ';', '.']).filter(|word| !word.is_empty()) {
        if next == word {
            return previous.and_then(|number: &str| number.parse().ok()).unwrap_or(0);
        }
        previous = Some(next);
    }
    0
}

fn push(tail: &mut VecDeque<String>, line: &str) {
    if line.is_empty() {
        return;
    }
    if tail.len() == TAIL {
        tail.pop_front();
    }
    tail.push_back(line.to_owned());
}

fn join(tail: &VecDeque<String>) -> String {
    tail.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
#[path = "transcript_tests.rs"]
mod tests;
