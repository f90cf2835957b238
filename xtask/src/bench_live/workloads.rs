//! What the machine does while the agent watches.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::rate;

/// One workload.
pub(super) struct Workload {
    pub(super) name: &'static str,
    /// What is measured, and that less of it is better.
    pub(super) unit: &'static str,
    /// Most that it may cost, as a ratio.
    pub(super) floor: f64,
    /// Why it cannot run here.
    pub(super) skip: Option<String>,
    run: Box<dyn Fn() -> Result<f64>>,
}

impl Workload {
    pub(super) fn measure(&self) -> Result<f64> {
        (self.run)().with_context(|| format!("the workload `{}` failed", self.name))
    }
}

/// Every workload.
pub(super) fn all() -> Result<Vec<Workload>> {
    let dir = std::env::temp_dir().join(format!("avouch-bench-work-{}", std::process::id()));
    fs::create_dir_all(&dir).context("failed to make a folder for the workloads")?;
    let sources = sources(&dir)?;
    let missing = installed(&["nginx", "wrk"]).err().map(|e| e.to_string());
    let no_compiler = installed(&["cc"]).err().map(|e| e.to_string());
    let at = dir.clone();
    Ok(vec![
        Workload {
            name: "open-close",
            unit: "ns CPU a pair",
            floor: 1.35,
            skip: None,
            run: Box::new(|| own_loop("open", 400_000)),
        },
        Workload {
            name: "getpid",
            unit: "ns CPU a call",
            floor: 2.0,
            skip: None,
            run: Box::new(|| own_loop("getpid", 3_000_000)),
        },
        Workload {
            name: "compile",
            unit: "s CPU",
            floor: 1.03,
            skip: no_compiler,
            run: Box::new(move || compile(&sources)),
        },
        Workload {
            name: "nginx",
            // On a shared machine wall time tells more of the neighbours than of the agent.
            unit: "us CPU a request, server and client",
            floor: 1.03,
            skip: missing.clone(),
            run: Box::new(move || Ok(Nginx::start(&at)?.load()?.cpu_micros)),
        },
        Workload {
            name: "nginx-wall",
            unit: "us a request",
            floor: 1.03,
            skip: missing,
            run: Box::new(move || Ok(Nginx::start(&dir)?.load()?.wall_micros)),
        },
    ])
}

/// This program again, in a loop of one call; prints its CPU time a turn.
fn own_loop(what: &str, turns: u32) -> Result<f64> {
    let exe = std::env::current_exe().context("failed to find this program")?;
    let out = Command::new(exe).args(["bench-live", "loop", what, &turns.to_string()]).output()?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.trim().parse().with_context(|| format!("the loop said `{text}`"))
}

/// The loop itself.
pub(super) fn act(mut args: impl Iterator<Item = String>) -> Result<()> {
    use std::io::Write;
    let what = args.next().unwrap_or_default();
    if what == "paced" {
        let mut number =
            || args.next().context("the producer needs a rate and seconds")?.parse().context("not a number");
        let (sent, took) = rate::produce(number()?, number()?)?;
        return writeln!(std::io::stdout(), "{sent} {took}").context("failed to write to standard output");
    }
    let turns: u32 = args.next().context("the loop needs a number of turns")?.parse()?;
    let before = own_cpu()?;
    match what.as_str() {
        "open" => (0..turns).try_for_each(|_| fs::File::open("/etc/hostname").map(drop))?,
        // `fs::File::create` opens for writing: rules and activity ask for that.
        "write" => {
            let path = std::env::temp_dir().join(format!("avouch-bench-write-{}", std::process::id()));
            (0..turns).try_for_each(|_| fs::File::create(&path).map(drop))?;
            fs::remove_file(&path)?;
        }
        "getpid" => (0..turns).for_each(|_| {
            std::hint::black_box(nix::unistd::getppid());
        }),
        other => bail!("no loop `{other}`"),
    }
    let spent = own_cpu()? - before;
    writeln!(std::io::stdout(), "{}", spent.as_nanos() as f64 / f64::from(turns))?;
    Ok(())
}

fn own_cpu() -> Result<Duration> {
    cpu(UsageWho::RUSAGE_SELF)
}

fn cpu(who: UsageWho) -> Result<Duration> {
    let usage = getrusage(who).context("failed to read times")?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(micros)?))
}

/// C files with many functions each, all alike: a compiler's work on them is the same every time.
fn sources(dir: &Path) -> Result<Vec<PathBuf>> {
    let function = |i: usize| {
        format!(
            "int f{i}(int a, int b) {{ int s = {i}; for (int k = a; k < b; k++) s += k * a ^ s >> 3; return s; }}\n"
        )
    };
    (0..40)
        .map(|n| {
            let path = dir.join(format!("unit{n}.c"));
            let text: String = (0..60).map(function).collect();
            fs::write(&path, format!("#include <stdio.h>\n#include <stdlib.h>\n{text}"))
                .context("failed to write a source")?;
            Ok(path)
        })
        .collect()
}

/// CPU time of the compilers, children of children included.
fn compile(sources: &[PathBuf]) -> Result<f64> {
    let before = cpu(UsageWho::RUSAGE_CHILDREN)?;
    for source in sources {
        let status = Command::new("cc").args(["-O1", "-c", "-o", "/dev/null"]).arg(source).status()?;
        if !status.success() {
            bail!("cc failed on {}", source.display());
        }
    }
    Ok((cpu(UsageWho::RUSAGE_CHILDREN)? - before).as_secs_f64())
}

fn installed(programs: &[&str]) -> Result<()> {
    for program in programs {
        let found = Command::new("/bin/sh").args(["-c", &format!("command -v {program}")]).output()?;
        if !found.status.success() {
            bail!("{program} is not installed");
        }
    }
    Ok(())
}

/// A web server on loopback, and a client that loads it.
struct Nginx {
    child: Child,
    port: u16,
}

impl Nginx {
    fn start(dir: &Path) -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let (root, config) = (dir.join("www"), dir.join("nginx.conf"));
        fs::create_dir_all(&root)?;
        fs::write(root.join("index.html"), "x".repeat(1024))?;
        let (pid, errors) = (dir.join("nginx.pid"), dir.join("nginx.log"));
        let text = format!(
            "daemon off;\nworker_processes 1;\npid {};\nerror_log {};\nevents {{ worker_connections 512; }}\nhttp {{ access_log off; \
             client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir}; uwsgi_temp_path {dir}; \
             scgi_temp_path {dir}; server {{ listen 127.0.0.1:{port}; root {}; }} }}\n",
            pid.display(),
            errors.display(),
            root.display(),
            dir = dir.display(),
        );
        fs::write(&config, text)?;
        let child =
            Command::new("nginx").arg("-e").arg(&errors).arg("-c").arg(&config).stderr(Stdio::null()).spawn()?;
        let server = Self { child, port };
        let end = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > end {
                bail!("nginx does not listen; see {}", errors.display());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Eight connections for four seconds.
    fn load(&self) -> Result<Load> {
        let url = format!("http://127.0.0.1:{}/index.html", self.port);
        let (server, client) = (self.worker_cpu()?, cpu(UsageWho::RUSAGE_CHILDREN)?);
        let out = Command::new("wrk").args(["-t1", "-c8", "-d4s", &url]).output()?;
        let spent = self.worker_cpu()? - server + cpu(UsageWho::RUSAGE_CHILDREN)? - client;
        let text = String::from_utf8_lossy(&out.stdout);
        let rate = text.lines().find_map(|l| l.strip_prefix("Requests/sec:"));
        let rate: f64 = rate.context("wrk tells no rate")?.trim().parse()?;
        let requests = text.lines().find_map(|l| l.trim().split_once(" requests in "));
        let requests: f64 = requests.context("wrk tells no number of requests")?.0.parse()?;
        Ok(Load { wall_micros: 1e6 / rate, cpu_micros: spent.as_secs_f64() * 1e6 / requests })
    }

    /// CPU time of the process that serves, to the nanosecond (`/proc/PID/schedstat`).
    fn worker_cpu(&self) -> Result<Duration> {
        let master = self.child.id();
        let children = fs::read_to_string(format!("/proc/{master}/task/{master}/children"))?;
        let worker = children.split_whitespace().next().context("nginx has no worker")?;
        let text = fs::read_to_string(format!("/proc/{worker}/schedstat"))?;
        Ok(Duration::from_nanos(text.split_whitespace().next().context("no times of the worker")?.parse()?))
    }
}

/// What a request costs.
struct Load {
    wall_micros: f64,
    /// Of server and client together.
    cpu_micros: f64,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // An orderly end, so that its worker ends too.
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGTERM).ok();
        }
        self.child.wait().ok();
    }
}
