//! What the programs of an act do. Each finds its own moves by the mark in its environment.

use std::ffi::CStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::Duration;

use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::ptrace;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, Uid, setuid};

use crate::case::{Body, How, Move, Program, Protocol, Server};
use crate::cases;
use crate::sys::{self, BPF_MAP_CREATE, BPF_PROG_LOAD, duplicate};

/// Environment variable with an act's mark: `act:case:place`, where `act` tells this act from others, `case` is the case's
/// place in the table, and `place` says which of its programs this is.
pub const MARK: &str = "AVOUCH_ACT";

/// Where programs are looked for inside of an act.
pub(crate) const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Descriptor of a program that runs from memory.
const MEMORY: RawFd = 9;

/// Where a program stands in its case: the positions of the moves that lead to it.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    /// The act and the case.
    head: String,
    place: Vec<usize>,
}

impl Mark {
    /// The mark of an act's first program.
    pub(crate) fn first(act: &str, case: usize) -> Self {
        Self { head: format!("{act}:{case}"), place: Vec::new() }
    }

    /// What all marks of the act start with.
    pub(crate) fn head(&self) -> &str {
        &self.head
    }

    fn below(&self, position: usize) -> Self {
        let mut place = self.place.clone();
        place.push(position);
        Self { head: self.head.clone(), place }
    }

    fn parse(text: &str) -> Option<Self> {
        let (head, place) = text.rsplit_once(':')?;
        let place = place.split('.').filter(|p| !p.is_empty()).map(|p| p.parse().ok()).collect::<Option<_>>()?;
        Some(Self { head: head.to_owned(), place })
    }

    fn program(&self) -> Option<Program> {
        let case = self.head.rsplit_once(':')?.1.parse::<usize>().ok()?;
        let mut program = cases::all().get(case)?.act;
        for &position in &self.place {
            let Body::Moves(moves) = program.body else { return None };
            program = match *moves.get(position)? {
                Move::Run(below) | Move::Become(below) => below,
                _ => Program::dropped(""),
            };
        }
        Some(program)
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place: Vec<String> = self.place.iter().map(usize::to_string).collect();
        write!(f, "{}:{}", self.head, place.join("."))
    }
}

/// Makes the moves of the program that `mark` (the value of [`MARK`]) stands for.
///
/// # Errors
/// When the mark stands for nothing, or a move that must succeed fails.
pub fn perform(mark: &str) -> io::Result<()> {
    let unknown = || io::Error::other(format!("no program has the mark `{mark}`"));
    let mark = Mark::parse(mark).ok_or_else(unknown)?;
    let program = mark.program().ok_or_else(unknown)?;
    let Body::Moves(moves) = program.body else { return Ok(()) };
    for (position, step) in moves.iter().enumerate() {
        make(step, &mark.below(position)).map_err(|e| io::Error::new(e.kind(), format!("{step:?}: {e}")))?;
    }
    Ok(())
}

/// The command that starts `program` with `mark`.
pub(crate) fn command(program: &Program, mark: &Mark) -> Command {
    let mut command = Command::new(program.path);
    command.args(program.args).env_clear().env("PATH", PATH).env(MARK, mark.to_string());
    command.envs(program.env.iter().copied());
    if let Some(uid) = program.uid {
        command.uid(uid);
    }
    command
}

fn make(step: &Move, mark: &Mark) -> io::Result<()> {
    match *step {
        Move::Open(path, how) => open(path, how).map(drop),
        Move::Remove(path) => fs::remove_file(path),
        Move::Rename(from, to) => fs::rename(from, to),
        Move::Symlink(target, link) => symlink(target, link),
        Move::Link(existing, link) => fs::hard_link(existing, link),
        Move::Chmod(path, mode) => fs::set_permissions(path, fs::Permissions::from_mode(mode)),
        Move::Wait(milliseconds) => {
            thread::sleep(Duration::from_millis(milliseconds));
            Ok(())
        }
        Move::Run(program) => succeeded(command(&program, mark).status()?),
        Move::Become(program) => Err(command(&program, mark).exec()),
        Move::Drop(path) => fs::copy("/proc/self/exe", path).map(drop),
        Move::RunFromMemory => run_from_memory(mark),
        Move::Connect(server) => connect(server).map(drop),
        Move::ConnectAs(server, descriptor) => connect_as(server, descriptor),
        Move::PacketSocket => new_socket(AddressFamily::Packet, SockType::Raw),
        Move::DatagramSocket => new_socket(AddressFamily::Inet, SockType::Datagram),
        Move::JoinOwnNamespace => Ok(setns(File::open("/proc/self/ns/uts")?, CloneFlags::CLONE_NEWUTS)?),
        Move::TryUnshareMounts => attempt(unshare(CloneFlags::CLONE_NEWNS).map_err(Into::into)),
        Move::SetUser(uid) => Ok(setuid(Uid::from_raw(uid))?),
        Move::AttachToChild => attach_to_child(),
        Move::TraceMe => Ok(ptrace::traceme()?),
        Move::TryPeek => attempt(ptrace::read(Pid::parent(), std::ptr::null_mut()).map(drop).map_err(Into::into)),
        Move::LoadModule => attempt(sys::load_empty_module()),
        Move::LoadBpfProgram => attempt(sys::bpf(BPF_PROG_LOAD)),
        Move::TryBpfMap => attempt(sys::bpf(BPF_MAP_CREATE)),
    }
}

/// The kernel may refuse: rules judge the attempt.
#[expect(clippy::unnecessary_wraps, reason = "an arm among others that can fail")]
fn attempt(_answer: io::Result<()>) -> io::Result<()> {
    Ok(())
}

fn succeeded(status: ExitStatus) -> io::Result<()> {
    if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
}

fn open(path: &str, how: How) -> io::Result<File> {
    let mut options = OpenOptions::new();
    match how {
        How::Read => options.read(true),
        How::Append => options.append(true),
        How::Truncate => options.write(true).truncate(true),
        How::Create => options.write(true).create(true).truncate(true).mode(0o600),
    };
    options.open(path)
}

fn run_from_memory(mark: &Mark) -> io::Result<()> {
    const NAME: &CStr = c"memory";
    let mut file = File::from(memfd_create(NAME, MFdFlags::MFD_CLOEXEC)?);
    file.write_all(&fs::read("/proc/self/exe")?)?;
    duplicate(file.as_fd(), MEMORY)?;
    let path = format!("/proc/self/fd/{MEMORY}");
    let mut command = Command::new(path);
    succeeded(command.env_clear().env(MARK, mark.to_string()).status()?)
}

fn connect(server: Server) -> io::Result<OwnedFd> {
    match server.protocol {
        Protocol::Tcp => TcpStream::connect(server.address).map(OwnedFd::from),
        Protocol::Udp => {
            let socket = UdpSocket::bind("0.0.0.0:0")?;
            socket.connect(server.address)?;
            Ok(socket.into())
        }
    }
}

fn connect_as(server: Server, descriptor: RawFd) -> io::Result<()> {
    let connection = connect(server)?;
    duplicate(connection.as_fd(), descriptor)
}

fn new_socket(family: AddressFamily, kind: SockType) -> io::Result<()> {
    socket(family, kind, SockFlag::SOCK_CLOEXEC, None)?;
    Ok(())
}

fn attach_to_child() -> io::Result<()> {
    let mut child = Command::new("/bin/busybox").args(["sleep", "30"]).spawn()?;
    let answer = attach(&child);
    child.kill()?;
    child.wait()?;
    answer
}

fn attach(child: &Child) -> io::Result<()> {
    let pid = Pid::from_raw(child.id().cast_signed());
    ptrace::attach(pid)?;
    waitpid(pid, None)?;
    Ok(ptrace::detach(pid, None)?)
}
