//! What is run inside of the guest, and how it is built.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A test binary of the workspace.
pub(super) struct Program {
    /// Name of the test target.
    pub(super) target: &'static str,
    /// Its source, from the workspace root.
    pub(super) source: &'static str,
    /// How long it may run in the guest, under software emulation on a loaded machine.
    pub(super) limit: Duration,
}

/// The self-test of the guest comes first: when it fails, what follows says little.
pub(super) const PROGRAMS: [Program; 5] = [
    Program { target: "guest", source: "xtask/tests/guest.rs", limit: Duration::from_secs(30) },
    Program { target: "hooks", source: "crates/avouch-sensor/tests/hooks/main.rs", limit: Duration::from_secs(600) },
    Program { target: "lsm", source: "crates/avouch-respond/tests/lsm.rs", limit: Duration::from_secs(240) },
    Program { target: "scripts", source: "crates/avouch-respond/tests/scripts.rs", limit: Duration::from_secs(240) },
    Program { target: "clock", source: "crates/avouch/tests/clock.rs", limit: Duration::from_secs(240) },
];

/// Arguments of a libtest binary: one at a time, since the tests watch the whole machine, and unbuffered, so a test that
/// hangs is the last one named. A serial line is a terminal, so colours are asked away.
pub(super) const LIBTEST: [&str; 3] = ["--test-threads=1", "--nocapture", "--color=never"];

/// The program whose tests these are; one of them starts it.
const AGENT: &str = "avouch";

/// Something to run in the guest.
pub(super) struct Job {
    pub(super) name: String,
    pub(super) binary: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) limit: Duration,
    /// Whether its output is libtest's; else only the exit code counts.
    pub(super) libtest: bool,
    /// Whether debug information is taken out on the way into the guest.
    pub(super) strip: bool,
}

/// Jobs to run, and the names of programs whose source is not there.
#[derive(Default)]
pub(super) struct Built {
    pub(super) jobs: Vec<Job>,
    /// What lies beside them for them to start.
    pub(super) beside: Vec<PathBuf>,
    /// Programs of this machine that are in the guest's search path.
    pub(super) tools: Vec<PathBuf>,
    pub(super) absent: Vec<&'static Program>,
}

/// Builds every program whose source is there.
pub(super) fn build(root: &Path) -> Result<Built> {
    let (present, absent): (Vec<&Program>, Vec<&Program>) =
        PROGRAMS.iter().partition(|program| root.join(program.source).is_file());
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The whole workspace with a choice of targets: features of dependencies are then the ones that `make test` built.
    cargo.args(["test", "--workspace", "--no-run", "--quiet", "--locked", "--message-format=json-render-diagnostics"]);
    for program in &present {
        cargo.args(["--test", program.target]);
    }
    let output = cargo.current_dir(root).stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    if !output.status.success() {
        bail!("the test programs do not build");
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    // Cargo builds a package's programs for its tests.
    let beside = executables("bin", &messages).remove(AGENT).into_iter().collect();
    let mut executables = executables("test", &messages);
    let jobs = present.into_iter().map(|program| {
        let binary = executables.remove(program.target);
        let binary = binary.with_context(|| format!("cargo built no test program `{}`", program.target))?;
        Ok(Job {
            name: program.target.to_owned(),
            binary,
            arguments: LIBTEST.map(str::to_owned).to_vec(),
            limit: program.limit,
            libtest: true,
            strip: true,
        })
    });
    Ok(Built { jobs: jobs.collect::<Result<_>>()?, beside, tools: Vec::new(), absent })
}

/// Executables of one kind of target by its name, from cargo's messages, one JSON object a line.
fn executables(kind: &str, messages: &str) -> BTreeMap<String, PathBuf> {
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    artifacts
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["kind"][0] == kind)
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        })
        .collect()
}

/// A command given on the command line as the only job.
pub(super) fn given(command: &[String]) -> Result<Job> {
    let (program, arguments) = command.split_first().context("no command after `--`")?;
    let binary = find(program).with_context(|| format!("no program `{program}`"))?;
    let name = binary.file_name().map_or_else(|| program.clone(), |name| name.to_string_lossy().into_owned());
    let limit = Duration::from_secs(120);
    Ok(Job { name, binary, arguments: arguments.to_vec(), limit, libtest: false, strip: false })
}

/// The path of a program, by the search path when it has no slash.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_targets_of_a_kind_with_an_executable_are_taken() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"hooks"},"executable":"/t/bin"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["test"],"name":"hooks"},"executable":"/t/hooks-1"}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["test"],"name":"x"},"executable":null}"#,
        );
        assert_eq!(executables("test", messages), BTreeMap::from([("hooks".to_owned(), PathBuf::from("/t/hooks-1"))]));
        assert_eq!(executables("bin", messages), BTreeMap::from([("hooks".to_owned(), PathBuf::from("/t/bin"))]));
    }
}
