//! `cargo xtask record`: records real system calls of real processes as a capture.
//!
//! The recorder traces with ptrace, reads arguments from registers and memory, and facts from /proc while a thread
//! stands still. What it cannot see (kernel addresses of sockets, backlog lengths) stays absent. Calls without a row in
//! [`calls`] are counted and named at the end.

mod calls;
mod compose;
mod facts;
mod flags;
mod memory;
mod snapshot;
mod sockets;
mod tracer;
mod write;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{self, Command};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use self::tracer::Tracer;

/// How to call it.
const USAGE: &str = "cargo xtask record --out FILE.scap [--podman-inspect FILE] [--leave COMM]... -- COMMAND [ARG]...

Traces COMMAND and every process that /proc lists, until COMMAND ends, and writes a capture. Run it inside of its own
pid namespace: recordings/record.sh does. Processes named by --leave are listed in the capture, but not traced.";

/// What was asked for.
struct Request {
    out: PathBuf,
    podman_inspect: Option<PathBuf>,
    leave: Vec<String>,
    command: Vec<String>,
}

impl Request {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let mut request = Self { out: PathBuf::new(), podman_inspect: None, leave: Vec::new(), command: Vec::new() };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("`{arg}` needs a value"));
            match arg.as_str() {
                "--out" => request.out = value()?.into(),
                "--podman-inspect" => request.podman_inspect = Some(value()?.into()),
                "--leave" => request.leave.push(value()?),
                "--" => request.command = args.by_ref().collect(),
                other => bail!("unknown argument `{other}`\n\n{USAGE}"),
            }
        }
        if request.out.as_os_str().is_empty() || request.command.is_empty() {
            bail!("{USAGE}");
        }
        Ok(request)
    }
}

/// Runs the task.
///
/// # Errors
/// When the command cannot be started or traced, or the capture cannot be written.
pub(crate) fn run(args: impl Iterator<Item = String>) -> Result<()> {
    let request = Request::parse(args)?;
    let inspect = request.podman_inspect.as_ref().map(fs::read_to_string).transpose();
    let inspect = inspect.context("failed to read the output of `podman inspect`")?;
    let main = start(&request.command)?;
    let (trace, leave) = threads(&request.leave)?;
    let mut tracer = Tracer::default();
    tracer.seize(&trace)?;
    let listed: Vec<i32> = tracer.tids().chain(leave).collect();
    let mut writer = write::create(&request.out)?;
    snapshot::write(&mut writer, &listed, inspect.as_deref(), tracer::now())?;
    kill(main, Signal::SIGCONT).context("failed to start the command")?;
    tracer.run(main.as_raw())?;
    write::finish(writer, &request.out, &tracer)?;
    report(&tracer)
}

/// Starts the command behind a shell that stops itself first, so that nothing of the command happens untraced.
fn start(command: &[String]) -> Result<Pid> {
    let child = Command::new("/bin/sh")
        .args(["-c", "kill -STOP $$; exec \"$@\"", "sh"])
        .args(command)
        .spawn()
        .context("failed to start the shell before the command")?;
    let pid = Pid::from_raw(i32::try_from(child.id()).context("process id out of range")?);
    waitpid(pid, Some(WaitPidFlag::WUNTRACED)).context("failed to wait for the shell before the command")?;
    Ok(pid)
}

/// Threads to trace, and threads to list only: all that /proc shows but ourselves.
fn threads(leave: &[String]) -> Result<(Vec<i32>, Vec<i32>)> {
    let numbers = |path: &str| -> Result<Vec<i32>> {
        let entries = fs::read_dir(path).with_context(|| format!("failed to list {path}"))?;
        Ok(entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok()).collect())
    };
    let own = i32::try_from(process::id()).context("process id out of range")?;
    let (mut trace, mut list) = (Vec::new(), Vec::new());
    for pid in numbers("/proc")?.into_iter().filter(|pid| *pid != own) {
        let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let wanted = if leave.iter().any(|name| name == comm.trim()) { &mut list } else { &mut trace };
        wanted.extend(numbers(&format!("/proc/{pid}/task")).unwrap_or_default());
    }
    Ok((trace, list))
}

fn report(tracer: &Tracer) -> Result<()> {
    let mut err = std::io::stderr().lock();
    writeln!(err, "{} events recorded", tracer.events.len())?;
    for (name, count) in &tracer.not_recorded {
        writeln!(err, "not recorded: {count} {name}")?;
    }
    Ok(())
}
