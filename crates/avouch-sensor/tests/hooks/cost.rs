//! What each way costs those who are watched: printed, not judged (`cargo test -p avouch-sensor --test hooks -- --ignored`). Times on a machine under load, or of an emulated one, say little;
//! in a guest whose clock counts instructions (`-icount` of QEMU) the ratios are exact, of instructions executed.

use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use avouch_event::{EventType, Interest, Want, types};
use avouch_sensor::{Calls, Options, Sensor, Told};

/// Names the loop that this process is to run.
const LOOP: &str = "AVOUCH_HOOK_LOOP";

/// Rounds in which every way has its turn.
const ROUNDS: usize = 1;

/// A loop, what it does once, and how often it does that.
struct Load {
    name: &'static str,
    times: usize,
    once: fn(&mut Server),
}

struct Server {
    ends: (TcpStream, TcpStream),
    file: std::path::PathBuf,
}

const LOADS: [Load; 3] = [
    Load { name: "getppid, which nobody wants", times: 20_000, once: |_| _ = nix::unistd::getppid() },
    Load { name: "open of a file for reading, close", times: 5_000, once: open_and_close },
    Load { name: "a request like nginx's, 12 calls", times: 1_000, once: request },
];

fn open_and_close(server: &mut Server) {
    drop(fs::File::open(&server.file).expect("open"));
}

/// Server and client in one, over a connection that stays, as nginx under wrk: write, read, openat, fstat, read, write (the head),
/// write (the file), close, twice read by the client, and twice what stands for the waiting. Of them rules want the openat.
fn request(server: &mut Server) {
    use nix::unistd::{getppid, read, write};
    let (client, connection) = &server.ends;
    let mut buffer = [0; 4096];
    write(client, b"GET / HTTP/1.1\r\n\r\n").expect("ask");
    _ = (getppid(), read(connection, &mut buffer).expect("hear"));
    let mut file = fs::File::open(&server.file).expect("open");
    let length = file.metadata().expect("length").len();
    let length = length.min(file.read(&mut buffer).expect("read") as u64);
    write(connection, format!("HTTP/1.1 200\r\nContent-Length: {length}\r\n\r\n").as_bytes()).expect("answer");
    _ = (getppid(), read(client, &mut [0; 256]).expect("hear"));
    write(connection, &buffer[..length as usize]).expect("answer");
    _ = read(client, &mut buffer).expect("hear");
}

/// If this process is to run a loop: runs it and prints how long each of its rounds took in ns.
pub(crate) fn run_loop() -> bool {
    let Some(name) = std::env::var_os(LOOP) else { return false };
    let load = LOADS.iter().find(|l| *l.name == *name).expect("a loop of that name");
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
    let client = TcpStream::connect(listener.local_addr().expect("address")).expect("connect");
    let (connection, _) = listener.accept().expect("accept");
    connection.set_nodelay(true).expect("no waiting for more to send");
    client.set_nodelay(true).expect("no waiting for more to send");
    let mut server = Server { ends: (client, connection), file: "/etc/passwd".into() };
    // What is done the first time is not of interest.
    for _ in 0..load.times / 10 {
        (load.once)(&mut server);
    }
    let started = std::time::Instant::now();
    for _ in 0..load.times {
        (load.once)(&mut server);
    }
    println!("{}", started.elapsed().as_nanos() / load.times as u128);
    true
}

fn measured(load: &Load) -> u64 {
    let exe = std::env::current_exe().expect("this test's own path");
    let out = Command::new(exe).env(LOOP, load.name).stdout(Stdio::piped()).output().expect("run the loop");
    String::from_utf8_lossy(&out.stdout).trim().parse().expect("a number")
}

/// What Falco's stable rules want, and the state behind them.
fn stable_rules() -> Interest {
    const SUCCESSES: [EventType; 26] = [
        types::SENDTO_X,
        types::SENDMSG_X,
        types::CHDIR_X,
        types::FCHDIR_X,
        types::PROCEXIT_1_E,
        types::SETRESUID_X,
        types::SETRESGID_X,
        types::SETUID_X,
        types::SETGID_X,
        types::CLONE_20_X,
        types::FORK_20_X,
        types::VFORK_20_X,
        types::CLONE3_X,
        types::SETNS_X,
        types::CHROOT_X,
        types::SETSID_X,
        types::UNSHARE_X,
        types::CAPSET_X,
        types::DUP_1_X,
        types::DUP2_X,
        types::DUP3_X,
        types::SETREUID_X,
        types::SETREGID_X,
        types::OPEN_X,
        types::OPENAT_2_X,
        types::OPENAT2_X,
    ];
    const ALL: [EventType; 11] = [
        types::SOCKET_X,
        types::CONNECT_X,
        types::PTRACE_X,
        types::SYMLINK_X,
        types::SYMLINKAT_X,
        types::LINK_2_X,
        types::LINKAT_2_X,
        types::INIT_MODULE_X,
        types::FINIT_MODULE_X,
        types::EXECVE_19_X,
        types::EXECVEAT_X,
    ];
    let mut interest = Interest::default();
    let prefixes = ["/etc/pam.conf", "/etc/pam.d", "/etc/security/pwquality.conf", "/etc/shadow", "/etc/sudoers"];
    for ty in SUCCESSES {
        interest.add_reads_below(ty, Want::SUCCESSES.union(Want::FD_FACTS), prefixes.map(str::as_bytes));
    }
    for ty in ALL {
        let all = Want::SUCCESSES.union(Want::FAILURES).union(Want::FD_FACTS);
        interest.add_reads_below(ty, all, prefixes.map(str::as_bytes));
    }
    interest
}

/// Prints a table: medians of the rounds.
pub(crate) fn table() {
    let nothing: fn() -> Interest = Interest::default;
    let ways: [(&str, Option<(Calls, Interest)>); 5] = [
        ("not watched", None),
        ("tracepoint, no call wanted", Some((Calls::Common, nothing()))),
        ("tracepoint, stable rules", Some((Calls::Common, stable_rules()))),
        ("functions, no call wanted", Some((Calls::Each, nothing()))),
        ("functions, stable rules", Some((Calls::Each, stable_rules()))),
    ];
    let mut all = vec![vec![Vec::new(); LOADS.len()]; ways.len()];
    for round in 0..ROUNDS {
        for ((name, way), results) in ways.iter().zip(&mut all) {
            let started = std::time::Instant::now();
            let sensor = way.as_ref().map(|(calls, interest)| {
                let options =
                    Options { ring_bytes: 64 << 20, calls: *calls, interest: interest.clone(), ..Options::default() };
                Sensor::open(&options)
            });
            let sensor = match sensor.transpose() {
                Ok(sensor) => sensor,
                Err(e) => {
                    println!("SKIP {name}: {e}");
                    continue;
                }
            };
            let opened = started.elapsed();
            for (load, result) in LOADS.iter().zip(results.iter_mut()) {
                result.push(measured(load));
            }
            if let (0, Some(sensor)) = (round, &sensor) {
                let hooks = if let Told::Each(functions) = sensor.calls() { functions.len() } else { 1 };
                println!("{name}: opened in {} ms, {hooks} programs at calls", opened.as_millis());
            }
            let started = std::time::Instant::now();
            drop(sensor);
            if round == 0 {
                println!("{name}: closed in {} ms", started.elapsed().as_millis());
            }
        }
    }
    for (n, load) in LOADS.iter().enumerate() {
        println!("{}:", load.name);
        let mut unwatched = None;
        for ((name, _), results) in ways.iter().zip(&mut all) {
            let results = &mut results[n];
            results.sort_unstable();
            let Some(median) = results.get(results.len() / 2) else { continue };
            let base = *unwatched.get_or_insert(*median);
            println!(
                "  {name:28} {median:8} ns {:6.3} times, +{} ns",
                *median as f64 / base as f64,
                median - base.min(*median)
            );
        }
    }
}
