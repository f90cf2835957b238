//! What the terminal shows: progress while guests run, then one table of kernels and tests.
#![expect(clippy::print_stdout, reason = "the table is what the command is for")]

use std::collections::BTreeMap;
use std::time::Duration;

use super::transcript::{Outcome, Row};

/// One kernel's part of the report.
pub(super) struct Column {
    pub(super) version: &'static str,
    pub(super) state: State,
}

/// Whether the kernel ran.
pub(super) enum State {
    /// With the reason, and whether that fails the command.
    NotRun {
        reason: String,
        fails: bool,
    },
    Ran {
        package: String,
        rows: Vec<Row>,
        broken: Option<String>,
        up_after: Option<Duration>,
        took: Duration,
    },
}

/// Says what happens now.
pub(super) fn progress(version: &str, text: &str) {
    println!("kernel {version}: {text}");
}

/// What a program in the guest said, without what the harness and the guest said to one another.
pub(super) fn said(log: &str) {
    log.lines().filter(|line| !line.starts_with("@guest ")).for_each(|line| println!("{line}"));
}

/// A result in one line.
pub(super) fn line(row: &Row) -> String {
    let name = name(row);
    match &row.outcome {
        Outcome::Passed => format!("{name} ok"),
        Outcome::Failed(_) => format!("{name} FAILED"),
        Outcome::Skipped(reason) => format!("{name} skip: {reason}"),
        Outcome::NotBuilt(reason) => format!("{name} NOT BUILT: {reason}"),
    }
}

fn name(row: &Row) -> String {
    if row.test.is_empty() { row.program.clone() } else { format!("{}::{}", row.program, row.test) }
}

/// Prints the table, every reason, and the closing line; says whether all is well.
pub(super) fn print(columns: &[Column]) -> bool {
    print!("{}", render(columns));
    !columns.iter().any(|column| match &column.state {
        State::NotRun { fails, .. } => *fails,
        State::Ran { rows, broken, .. } => {
            broken.is_some() || rows.iter().any(|row| matches!(row.outcome, Outcome::Failed(_)))
        }
    })
}

fn render(columns: &[Column]) -> String {
    let tests = tests(columns);
    let tables: Vec<_> = columns.iter().map(cells).collect();
    let mut lines = vec![String::new()];
    let first = tests.iter().map(|test| test.len()).max().unwrap_or(0).max("test".len());
    let heads: String = columns.iter().map(|column| format!("  {:<9}", column.version)).collect();
    lines.push(format!("{:<first$}{heads}", "test").trim_end().to_owned());
    for test in &tests {
        let cells: String = tables
            .iter()
            .map(|table| {
                let cell = match table {
                    None => "not run",
                    Some(table) => table.get(test).copied().unwrap_or("-"),
                };
                format!("  {cell:<9}")
            })
            .collect();
        lines.push(format!("{test:<first$}{cells}").trim_end().to_owned());
    }
    lines.push(String::new());
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for column in columns {
        let version = column.version;
        match &column.state {
            State::NotRun { reason, fails } => {
                let weight = if *fails { " (required)" } else { "" };
                failed += usize::from(*fails);
                lines.push(format!("kernel {version}: not run{weight}: {reason}"));
            }
            State::Ran { package, rows, broken, up_after, took } => {
                let up = up_after.map_or("never up".to_owned(), |up| format!("up after {:.1} s", up.as_secs_f64()));
                lines.push(format!("kernel {version}: {package}, {up}, {:.1} s in all", took.as_secs_f64()));
                if let Some(why) = broken {
                    failed += 1;
                    lines.push(format!("  FAILED: {why}"));
                }
                for row in rows {
                    match &row.outcome {
                        Outcome::Passed => passed += 1,
                        Outcome::Failed(why) => {
                            failed += 1;
                            lines.push(format!("  {} FAILED: {}", name(row), why.replace('\n', "\n    ")));
                        }
                        Outcome::Skipped(_) => skipped += 1,
                        Outcome::NotBuilt(_) => {}
                    }
                    if matches!(row.outcome, Outcome::Skipped(_) | Outcome::NotBuilt(_)) {
                        lines.push(format!("  {}", line(row)));
                    }
                }
            }
        }
    }
    lines.push(String::new());
    lines.push(format!("{passed} passed, {failed} failed, {skipped} skipped"));
    lines.push(String::new());
    lines.join("\n")
}

/// Every test that ran on some kernel, in the order of the runs.
fn tests(columns: &[Column]) -> Vec<String> {
    let mut tests = Vec::new();
    for column in columns {
        let State::Ran { rows, .. } = &column.state else { continue };
        for name in rows.iter().map(name) {
            if !tests.contains(&name) {
                tests.push(name);
            }
        }
    }
    tests
}

/// What a kernel's column says for each test; nothing for a kernel that was not run.
fn cells(column: &Column) -> Option<BTreeMap<String, &'static str>> {
    let State::Ran { rows, .. } = &column.state else { return None };
    let cell = |row: &Row| match row.outcome {
        Outcome::Passed => "ok",
        Outcome::Failed(_) => "FAILED",
        Outcome::Skipped(_) => "skip",
        Outcome::NotBuilt(_) => "NOT BUILT",
    };
    Some(rows.iter().map(|row| (name(row), cell(row))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(test: &str, outcome: Outcome) -> Row {
        Row { program: "hooks".to_owned(), test: test.to_owned(), outcome }
    }

    fn ran(version: &'static str, rows: Vec<Row>) -> Column {
        let took = Duration::from_millis(9_800);
        let up_after = Some(Duration::from_millis(4_200));
        Column {
            version,
            state: State::Ran { package: format!("linux-{version}"), rows, broken: None, up_after, took },
        }
    }

    #[test]
    fn every_state_has_its_own_word_and_its_reason() {
        let not_run = State::NotRun { reason: "apt knows no package".to_owned(), fails: false };
        let columns = [
            Column { version: "5.10", state: not_run },
            ran("6.1", vec![row("a", Outcome::Passed), row("b", Outcome::Failed("left != right\nat x.rs".to_owned()))]),
            ran("6.12", vec![row("a", Outcome::Skipped("no LSM".to_owned()))]),
        ];
        let expected = "
test      5.10       6.1        6.12
hooks::a  not run    ok         skip
hooks::b  not run    FAILED     -

kernel 5.10: not run: apt knows no package
kernel 6.1: linux-6.1, up after 4.2 s, 9.8 s in all
  hooks::b FAILED: left != right
    at x.rs
kernel 6.12: linux-6.12, up after 4.2 s, 9.8 s in all
  hooks::a skip: no LSM

1 passed, 1 failed, 1 skipped
";
        assert_eq!(render(&columns), expected);
        assert!(!print(&columns));
    }

    #[test]
    fn a_required_kernel_that_was_not_run_fails_and_another_does_not() {
        let not_run = |fails| [Column { version: "6.1", state: State::NotRun { reason: "no QEMU".to_owned(), fails } }];
        assert!(print(&not_run(false)));
        assert!(!print(&not_run(true)));
    }
}
