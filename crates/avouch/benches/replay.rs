//! `make bench`: events per second, ns an event and peak memory of a replay, one thread; time to load and compile rules;
//! growth with the number of rules.
//!
//! Each measurement runs in a process of its own, so that peaks of memory do not add up. Ratios on one machine mean more
//! than the figures. Recordings of the peer are used when they stand beside the checkout; the shipped one always is.

#![expect(clippy::print_stdout, reason = "the figures are the point")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use avouch_engine::CompileOptions;
use avouch_event::{EventBuf, Item, ProcessEntry, types};
use avouch_pipeline::{Detection, Input, Replay, ReplayOptions, RuleSet, RuleSetOptions, Sink};
use avouch_scap::{Amplify, Capture, Writer};

/// Events of a generated capture.
const EVENTS: u64 = 2_000_000;

/// Runs of each measurement; the best and the median are shown.
const RUNS: usize = 5;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    match args.iter().position(|a| a == "--measure") {
        Some(i) => measure(args.get(i + 1..).unwrap_or_default()),
        None => report(),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The packs to judge with: the peer's stable rules when they are there, else our own.
fn stable() -> (String, Vec<PathBuf>) {
    let upstream = root().join("../shared/testdata/rules/5.1.0/falco_rules.yaml");
    if upstream.exists() {
        return ("upstream stable pack".to_owned(), vec![upstream]);
    }
    ("our own rules".to_owned(), vec![root().join("rules/syscall")])
}

fn report() -> Result<()> {
    let dir = root().join("target/bench");
    std::fs::create_dir_all(&dir)?;
    let mut captures = vec![root().join("recordings/web-intrusion.scap")];
    let peer = root().join("../shared/testdata");
    captures.extend(
        ["captures/sample.scap", "falco/falco-test/trace_files/psp/run_as_user_0_container.scap"]
            .iter()
            .map(|p| peer.join(p))
            .filter(|p| p.exists()),
    );
    let (pack, rules) = stable();
    for capture in &captures {
        let name = capture.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let long = dir.join(&name);
        let bytes = std::fs::read(capture)?;
        let file = std::io::BufWriter::new(std::fs::File::create(&long)?);
        let (_, written) = Amplify { events: EVENTS, lanes: 1 }.run(&bytes, Writer::new(file))?;
        let size = std::fs::metadata(&long)?.len();
        println!("\n{name}, repeated and re-timed to {written} events, {} MB, mapped", size >> 20);
        println!("{:<28} {:>14} {:>10} {:>14} {:>12}", "", "events/s", "ns/event", "median ns", "memory KiB");
        row("decode", "decode", &long, size, &[])?;
        row("decode, state", "state", &long, size, &[])?;
        row(&format!("decode, state, {pack}"), "rules", &long, size, &rules)?;
        std::fs::remove_file(&long)?;
    }
    opens(&dir, &pack, &rules)?;

    println!("\nload and compile");
    let mut sets = vec![("our own rules", vec![root().join("rules")])];
    let packs = peer.join("rules/5.1.0");
    if packs.is_dir() {
        sets.push(("three upstream system call packs", vec![packs]));
    }
    for (label, paths) in sets {
        let files: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
        let figures = child("compile", &files)?;
        println!("{label:<36} {:>8.1} ms", figures.best * 1e3);
    }
    growth(&dir, &rules)
}

/// A process that opens files for writing: what every pack asks for, and the most that an agent sees of one kind.
fn opens(dir: &Path, pack: &str, rules: &[PathBuf]) -> Result<()> {
    /// Relative to the current directory.
    const AT_FDCWD: i64 = -100;
    /// O_WRONLY, O_CREAT, O_TRUNC and O_CLOEXEC, with the capture format's numbers.
    const FLAGS: u32 = 1 << 1 | 1 << 2 | 1 << 8 | 1 << 12;
    let long = dir.join("opens.scap");
    let mut writer = Writer::new(std::io::BufWriter::new(std::fs::File::create(&long)?));
    let shell = ProcessEntry { tid: 1, pid: 1, comm: b"sh", exe: b"sh", ..ProcessEntry::default() };
    let writes = ProcessEntry { tid: 900, pid: 900, ptid: 1, comm: b"writes", exe: b"writes", cwd: b"/srv/", ..shell };
    for item in [Item::Process(shell), Item::Process(writes), Item::SnapshotEnd] {
        writer.write(&item)?;
    }
    let mut open = EventBuf::new(types::OPENAT_2_X);
    for n in 0..EVENTS / 2 {
        open.clear(types::OPENAT_2_X);
        (open.tid, open.timestamp) = (900, 1_700_000_000_000_000_000 + n * 1_000);
        let path = format!("/srv/spool/queue-{}/message-{}.part", n % 7, n % 1_000);
        open.push_i64(3 + (n % 16).cast_signed()).push_i64(AT_FDCWD).push_charbuf(path.as_bytes());
        open.push_u32(FLAGS).push_u32(0o644).push_u32(0x801).push_u64(n % 1_000);
        writer.write(&Item::Event(open.event()))?;
    }
    writer.finish()?;
    let size = std::fs::metadata(&long)?.len();
    println!("\nfiles opened for writing, {} events, {} MB, mapped", EVENTS / 2, size >> 20);
    println!("{:<28} {:>14} {:>10} {:>14} {:>12}", "", "events/s", "ns/event", "median ns", "memory KiB");
    row("decode", "decode", &long, size, &[])?;
    row("decode, state", "state", &long, size, &[])?;
    row(&format!("decode, state, {pack}"), "rules", &long, size, rules)?;
    std::fs::remove_file(&long)?;
    Ok(())
}

/// Time by the number of rules: each rule of the pack again and again, once narrowed to a program of its own, once with an
/// exception of its own.
fn growth(dir: &Path, rules: &[PathBuf]) -> Result<()> {
    let bytes = std::fs::read(root().join("recordings/web-intrusion.scap"))?;
    let long = dir.join("growth.scap");
    let file = std::io::BufWriter::new(std::fs::File::create(&long)?);
    let (_, written) = Amplify { events: EVENTS / 2, lanes: 1 }.run(&bytes, Writer::new(file))?;
    println!("\ntime by number of rules, shipped recording, {written} events, first match");
    println!("{:>7} {:>28} {:>34}", "rules", "each for another program", "each with another exception");
    let base = RuleSet::load(rules, &RuleSetOptions::default())?;
    for times in [1, 10, 100] {
        let mut line = format!("{:>7}", base.loaded.rules.len() * times);
        for (label, extra) in
            [("program", " and proc.name = \"app-N\""), ("exception", " and not proc.cmdline contains \"job-N\"")]
        {
            let path = dir.join(format!("rules-{label}-{times}.yaml"));
            std::fs::write(&path, multiplied(&base, times, extra))?;
            let mut files: Vec<String> = rules.iter().map(|p| p.display().to_string()).collect();
            files.push(path.display().to_string());
            let figures = child("rules", &[vec![long.display().to_string()], files].concat())?;
            line.push_str(&format!("{:>25.1} ns/event", figures.best * 1e9 / figures.events as f64));
        }
        println!("{line}");
    }
    std::fs::remove_file(&long)?;
    Ok(())
}

/// The rules of `base`, `times - 1` times more, `N` in `extra` replaced by a number of each copy.
fn multiplied(base: &RuleSet, times: usize, extra: &str) -> String {
    let mut out = String::from("- list: bench_placeholder\n  items: []\n");
    for copy in 1..times {
        for (i, rule) in base.loaded.rules.iter().enumerate() {
            let extra = extra.replace('N', &format!("{copy}-{i}"));
            let condition = format!("({}){extra}", rule.condition_text.trim());
            out.push_str(&format!(
                "- rule: {}\n  desc: copy\n  condition: {}\n  output: copy\n  priority: {}\n  source: {}\n",
                serde_json::json!(format!("{} {copy}", rule.name)),
                serde_json::json!(condition),
                rule.priority.name(),
                rule.source,
            ));
        }
    }
    out
}

fn row(label: &str, what: &str, capture: &Path, size: u64, rules: &[PathBuf]) -> Result<()> {
    let mut args = vec![capture.display().to_string()];
    args.extend(rules.iter().map(|r| r.display().to_string()));
    let f = child(what, &args)?;
    let events = f.events as f64;
    println!(
        "{label:<28} {:>14.0} {:>10.1} {:>14.1} {:>12}",
        events / f.best,
        f.best * 1e9 / events,
        f.median * 1e9 / events,
        f.peak_kib.saturating_sub(size >> 10),
    );
    Ok(())
}

/// What one process measured: seconds, events, peak resident KiB (mapped pages included).
struct Figures {
    best: f64,
    median: f64,
    events: u64,
    peak_kib: u64,
}

fn child(what: &str, args: &[String]) -> Result<Figures> {
    let out = Command::new(std::env::current_exe()?).arg("--measure").arg(what).args(args).output()?;
    let text = String::from_utf8(out.stdout)?;
    let numbers: Vec<&str> = text.split_whitespace().collect();
    let [best, median, events, peak] = numbers.as_slice() else {
        return Err(format!("measurement failed: {}", String::from_utf8_lossy(&out.stderr)).into());
    };
    Ok(Figures { best: best.parse()?, median: median.parse()?, events: events.parse()?, peak_kib: peak.parse()? })
}

fn measure(args: &[String]) -> Result<()> {
    let (what, rest) = args.split_first().ok_or("what to measure?")?;
    let mut seconds = Vec::new();
    let mut events = 0;
    for _ in 0..RUNS {
        let (time, n) = once(what, rest)?;
        seconds.push(time.as_secs_f64());
        events = n;
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds.get(RUNS / 2).copied().unwrap_or_default();
    let best = seconds.first().copied().unwrap_or_default();
    println!("{best} {median} {events} {}", peak_kib());
    Ok(())
}

fn once(what: &str, args: &[String]) -> Result<(Duration, u64)> {
    if what == "compile" {
        let paths: Vec<PathBuf> = args.iter().map(PathBuf::from).collect();
        let start = Instant::now();
        let rules = RuleSet::load(&paths, &RuleSetOptions::default())?;
        return Ok((start.elapsed(), rules.loaded.rules.len() as u64));
    }
    let (capture, rules) = args.split_first().ok_or("no capture")?;
    let mut input = Input::open(Path::new(capture))?;
    match what {
        "decode" | "state" => {
            let avouch_pipeline::input::Bytes::Slice(bytes) = input.bytes() else { return Err("not mapped".into()) };
            let mut state = avouch_state::State::new(avouch_state::Limits::default());
            let with_state = what == "state";
            let start = Instant::now();
            let mut capture = Capture::from_slice(bytes);
            let (mut events, mut sum) = (0, 0);
            while let Some(item) = capture.next()? {
                if let Item::Event(event) = &item {
                    events += 1;
                    sum ^= event.timestamp;
                }
                if with_state {
                    state.apply(&item);
                }
            }
            std::hint::black_box(sum);
            Ok((start.elapsed(), events))
        }
        _ => {
            let paths: Vec<PathBuf> = rules.iter().map(PathBuf::from).collect();
            let compile = CompileOptions { append_output: Vec::new(), ..CompileOptions::default() };
            let rules = RuleSet::load(&paths, &RuleSetOptions { compile, ..RuleSetOptions::default() })?;
            let mut replay = Replay::new(&rules, ReplayOptions::default());
            let mut sink = Render(0);
            let start = Instant::now();
            replay.run(&mut input, &mut sink)?;
            std::hint::black_box(sink.0);
            Ok((start.elapsed(), replay.summary().events))
        }
    }
}

/// Renders each detection, as a user's run does.
struct Render(usize);

impl Sink for Render {
    fn detection(&mut self, detection: &Detection<'_>) {
        self.0 += detection.message().len();
    }
}

/// Peak resident memory of this process, from the kernel.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or_default()
}
