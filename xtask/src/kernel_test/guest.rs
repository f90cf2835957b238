//! Boots one kernel in QEMU and follows it to its end. Every wait has a limit.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::programs::Job;
use super::report;
use super::transcript::{Row, Step, Transcript};

/// From the start of QEMU to the first line of the init script. Four seconds on an idle machine.
const BOOT_LIMIT: Duration = Duration::from_secs(90);
/// Between two programs, to power off, and on top of a program's own limit, which the guest itself keeps.
const GRACE: Duration = Duration::from_secs(30);
/// How often the terminal hears of a guest that says nothing.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// A longer line is cut: a test program must not make the harness grow.
const LINE_LIMIT: u64 = 64 * 1024;

/// `bpf` at the end, so that LSM programs attach; `apparmor` as Debian boots. An oops ends the guest, and the end is seen.
const COMMAND_LINE: &str =
    "console=ttyS0 quiet panic=-1 oops=panic nopti lsm=landlock,lockdown,yama,integrity,apparmor,bpf";

/// How the guest's processor is made.
pub(super) struct Accelerator {
    arguments: &'static [&'static str],
    pub(super) name: String,
}

impl Accelerator {
    /// Hardware virtualisation where the processor shows it and the device opens, else software emulation. A device
    /// alone is no proof: on virtual machines without nested virtualisation it may open, and the guest then hangs.
    pub(super) fn choose() -> Self {
        let flags = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let why = if OpenOptions::new().read(true).write(true).open("/dev/kvm").is_err() {
            "/dev/kvm does not open"
        } else if !flags.split_whitespace().any(|flag| flag == "vmx" || flag == "svm") {
            "the processor shows neither vmx nor svm"
        } else {
            return Self { arguments: &["-accel", "kvm", "-cpu", "host"], name: "KVM".to_owned() };
        };
        // One thread: more than one deadlocked a guest on a loaded machine.
        let arguments = &["-accel", "tcg,thread=single", "-cpu", "max"];
        Self { arguments, name: format!("software emulation: {why}") }
    }

    /// Emulation in which each instruction takes one nanosecond of the guest's clock, and waiting takes none of ours.
    pub(super) fn counted() -> Self {
        let arguments = &["-accel", "tcg,thread=single", "-cpu", "max", "-icount", "shift=0,sleep=off"];
        Self { arguments, name: "software emulation, a nanosecond an instruction".to_owned() }
    }
}

/// What became of one boot.
pub(super) struct Run {
    pub(super) rows: Vec<Row>,
    /// From the start of QEMU to the first line of the init script.
    pub(super) up_after: Option<Duration>,
    pub(super) took: Duration,
    /// Why the guest did not come to its end.
    pub(super) broken: Option<String>,
}

/// Boots `image` with `initramfs` and reads results until the guest powers off or a limit passes.
pub(super) fn boot(
    version: &str,
    accelerator: &Accelerator,
    image: &Path,
    initramfs: &Path,
    folder: &Path,
    jobs: &[Job],
) -> Result<Run> {
    let console = folder.join("console.log");
    let log = folder.join("tests.log");
    let mut log = File::create(&log).with_context(|| format!("cannot create {}", log.display()))?;
    let started = Instant::now();
    let mut qemu = Command::new("qemu-system-x86_64");
    qemu.args(accelerator.arguments)
        .args(["-m", "1024", "-smp", "1", "-nodefaults", "-no-reboot", "-display", "none", "-monitor", "none"])
        // The first serial port is the kernel's, the second the tests'.
        .arg("-serial")
        .arg(format!("file:{}", console.display()))
        .args(["-serial", "stdio", "-append", COMMAND_LINE])
        .arg("-kernel")
        .arg(image)
        .arg("-initrd")
        .arg(initramfs);
    let mut qemu = Owned(
        qemu.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cannot start QEMU")?,
    );
    let output = qemu.0.stdout.take().context("QEMU has no output")?;
    let complaints = qemu.0.stderr.take().context("QEMU has no error output")?;
    let lines = read_lines(output);
    let complaints = thread::spawn(move || {
        let mut text = String::new();
        // What could be read before an error is all there is to show.
        drop(complaints.take(LINE_LIMIT).read_to_string(&mut text));
        text
    });

    let mut follow =
        Follow { version, jobs, transcript: Transcript::default(), up_after: None, ended: false, shown: 0 };
    let late = follow.until_end(&lines, started, &mut log)?;
    // Dropping ends QEMU when it still runs; then its error output has an end too.
    drop(qemu);
    let complaints = complaints.join().unwrap_or_default();
    let broken = match (follow.ended, late) {
        (true, _) => None,
        (false, Some(late)) => Some(late),
        (false, None) => Some(ending(&console, complaints.trim())),
    };
    if let Some(why) = &broken {
        follow.transcript.gone(why);
        follow.show();
    }
    let rows = follow.transcript.rows().to_vec();
    Ok(Run { rows, up_after: follow.up_after, took: started.elapsed(), broken })
}

/// QEMU, ended when this goes out of scope, by its own id.
struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // Both fail only for a process that is gone, which is what is wanted.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

struct Follow<'a> {
    version: &'a str,
    jobs: &'a [Job],
    transcript: Transcript,
    up_after: Option<Duration>,
    ended: bool,
    /// Rows already on the terminal.
    shown: usize,
}

impl Follow<'_> {
    /// Reads to the end of the output; says which limit passed when one did.
    fn until_end(&mut self, lines: &Receiver<String>, started: Instant, log: &mut File) -> Result<Option<String>> {
        let version = self.version;
        let mut stage = "booting".to_owned();
        let mut since = started;
        let mut limit = BOOT_LIMIT;
        loop {
            let left = (since + limit).saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Some(format!("{stage} took longer than {} s", limit.as_secs())));
            }
            let line = match lines.recv_timeout(left.min(HEARTBEAT)) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => {
                    report::progress(version, &format!("{stage}, {} s", since.elapsed().as_secs()));
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            };
            writeln!(log, "{line}").context("cannot write the log of the tests")?;
            let step = self.transcript.line(&line, |name| self.jobs.iter().any(|job| job.name == name && job.libtest));
            self.show();
            let Some(step) = step else { continue };
            (since, limit) = (Instant::now(), GRACE);
            match step {
                Step::Up(release) => {
                    self.up_after = Some(started.elapsed());
                    stage = "between programs".to_owned();
                    report::progress(version, &format!("{release} up after {:.1} s", started.elapsed().as_secs_f64()));
                }
                Step::Note(note) => report::progress(version, &note),
                Step::Started(name) => {
                    let own = self.jobs.iter().find(|job| job.name == name).map_or(Duration::ZERO, |job| job.limit);
                    limit = own + GRACE;
                    stage = format!("running {name}");
                    report::progress(version, &stage);
                }
                Step::Exited => stage = "between programs".to_owned(),
                Step::Ended => {
                    stage = "powering off".to_owned();
                    self.ended = true;
                }
            }
        }
    }

    fn show(&mut self) {
        for row in self.transcript.rows().iter().skip(self.shown) {
            report::progress(self.version, &report::line(row));
        }
        self.shown = self.transcript.rows().len();
    }
}

/// Lines of the second serial port, as they come. The channel is bounded: a guest that floods waits for us.
fn read_lines(output: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = sync_channel(1024);
    thread::spawn(move || send_lines(output, &sender));
    receiver
}

fn send_lines(output: ChildStdout, sender: &SyncSender<String>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = Vec::new();
        // An error is the end as well: QEMU is gone.
        let Ok(1..) = output.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line) else { return };
        let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
        if sender.send(text).is_err() {
            return;
        }
    }
}

/// Why a guest that did not come to its end is gone: its kernel's last word, or QEMU's.
fn ending(console: &Path, complaints: &str) -> String {
    let text = fs::read(console).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let place = console.display();
    match text.lines().find(|line| line.contains("Kernel panic") || line.contains("BUG:") || line.contains("Oops:")) {
        Some(line) => format!("the guest's kernel died: {} (see {place})", line.trim()),
        None if !complaints.is_empty() => format!("QEMU: {complaints}"),
        None => format!("the guest went away without a word (see {place})"),
    }
}
