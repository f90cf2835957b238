//! What a case is: plain data, so that a trigger and its silent twin can be read side by side.

use std::net::{Ipv4Addr, SocketAddrV4};

use serde::Serialize;

/// One act and what a rule must say of it.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Name of the upstream rule.
    pub rule: &'static str,
    /// Short name, unique within the rule.
    pub name: &'static str,
    /// Whether the rule must fire.
    pub expect: Expect,
    /// Where the act is done.
    pub place: Place,
    /// Servers that listen outside of the act, so that its connections succeed.
    pub servers: &'static [Server],
    /// The first program of the act.
    pub act: Program,
}

impl Case {
    /// A case in which the rule must fire and name a process called `process`.
    #[must_use]
    pub const fn fires(
        rule: &'static str,
        name: &'static str,
        place: Place,
        process: &'static str,
        act: Program,
    ) -> Self {
        Self { rule, name, expect: Expect::Fires { process }, place, servers: &[], act }
    }

    /// A near miss: the rule must stay silent.
    #[must_use]
    pub const fn silent(rule: &'static str, name: &'static str, place: Place, act: Program) -> Self {
        Self { rule, name, expect: Expect::Silent, place, servers: &[], act }
    }

    /// The same with servers.
    #[must_use]
    pub const fn servers(mut self, servers: &'static [Server]) -> Self {
        self.servers = servers;
        self
    }

    /// `rule name/case name`, as the command line and reports give it.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.rule, self.name)
    }
}

/// What a rule must say of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// One detection at least, for a process of this name.
    Fires {
        /// `proc.name` of the process that the rule must name.
        process: &'static str,
    },
    /// No detection: a near miss.
    Silent,
}

/// Where an act is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a private root with the groups of the host: no container to anyone who asks.
    Host,
    /// In a container made by runc.
    Container(Container),
}

/// How a container is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Container {
    /// All capabilities, all devices and no masked paths, as `docker run --privileged` gives.
    pub privileged: bool,
    /// Capabilities beyond those that docker gives every container.
    pub adds: &'static [&'static str],
    /// Run on a terminal.
    pub terminal: bool,
    /// Namespace of the pod, in the annotations that the kubelet's runtimes write, with the kubelet's cgroup path.
    pub pod_namespace: Option<&'static str>,
}

/// A container with what docker gives by default.
pub const CONTAINER: Container = Container { privileged: false, adds: &[], terminal: false, pod_namespace: None };

/// A server on an address that exists only in the act's own network namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    /// Its protocol.
    pub protocol: Protocol,
    /// Where it listens.
    pub address: SocketAddrV4,
}

/// Protocols that acts speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Connections.
    Tcp,
    /// Datagrams.
    Udp,
}

/// A TCP server.
#[must_use]
pub const fn tcp(a: [u8; 4], port: u16) -> Server {
    Server { protocol: Protocol::Tcp, address: SocketAddrV4::new(Ipv4Addr::new(a[0], a[1], a[2], a[3]), port) }
}

/// A UDP server.
#[must_use]
pub const fn udp(a: [u8; 4], port: u16) -> Server {
    Server { protocol: Protocol::Udp, address: SocketAddrV4::new(Ipv4Addr::new(a[0], a[1], a[2], a[3]), port) }
}

/// A program of an act: its name as the kernel and the rules see it, and what it does.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// Path it is executed by; its last part becomes `proc.name`.
    pub path: &'static str,
    /// Arguments after the first, which is the program's path.
    pub args: &'static [&'static str],
    /// Environment beyond `PATH` and the mark.
    pub env: &'static [(&'static str, &'static str)],
    /// User it runs as, when not as its parent.
    pub uid: Option<u32>,
    /// What stands behind the path.
    pub body: Body,
}

/// What stands behind a program's path.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    /// This crate's own program, which makes these moves and ends.
    Moves(&'static [Move]),
    /// Busybox, which goes by the last part of the path.
    Busybox,
    /// A file that an earlier move put there: a copy of this crate's own program, which ends at once.
    Dropped,
}

impl Program {
    /// A program of ours under `/usr/bin/...` that makes `moves`.
    #[must_use]
    pub const fn new(path: &'static str, moves: &'static [Move]) -> Self {
        Self { path, args: &[], env: &[], uid: None, body: Body::Moves(moves) }
    }

    /// An applet of busybox, such as `/bin/sh`.
    #[must_use]
    pub const fn applet(path: &'static str, args: &'static [&'static str]) -> Self {
        Self { path, args, env: &[], uid: None, body: Body::Busybox }
    }

    /// What [`Move::Drop`] put at `path`.
    #[must_use]
    pub const fn dropped(path: &'static str) -> Self {
        Self { path, args: &[], env: &[], uid: None, body: Body::Dropped }
    }

    /// The same with arguments.
    #[must_use]
    pub const fn args(mut self, args: &'static [&'static str]) -> Self {
        self.args = args;
        self
    }

    /// The same with more of an environment.
    #[must_use]
    pub const fn env(mut self, env: &'static [(&'static str, &'static str)]) -> Self {
        self.env = env;
        self
    }

    /// The same as another user.
    #[must_use]
    pub const fn user(mut self, uid: u32) -> Self {
        self.uid = Some(uid);
        self
    }
}

/// One thing a program does. All must succeed but the attempts (`Load...`, `Try...`), whose answer depends on the machine
/// and of which rules judge the attempt alone.
#[derive(Debug, Clone, Copy)]
pub enum Move {
    /// Open a file or directory, then close it.
    Open(&'static str, How),
    /// Remove a file.
    Remove(&'static str),
    /// Rename a file.
    Rename(&'static str, &'static str),
    /// Make a symbolic link to the first path at the second.
    Symlink(&'static str, &'static str),
    /// Make a hard link to the first path at the second.
    Link(&'static str, &'static str),
    /// Set a file's mode.
    Chmod(&'static str, u32),
    /// Let time pass: some rules ask for the age of a process.
    Wait(u64),
    /// Run a program and wait for its end; it must succeed.
    Run(Program),
    /// Become a program, as a shell's `exec` does. Nothing follows.
    Become(Program),
    /// Write this crate's own program to a path and make it executable.
    Drop(&'static str),
    /// Run this crate's own program from memory, under no path.
    RunFromMemory,
    /// Connect to a server.
    Connect(Server),
    /// Connect to a TCP server and make the connection this descriptor.
    ConnectAs(Server, i32),
    /// Make a socket of packets below IP.
    PacketSocket,
    /// Make an ordinary datagram socket.
    DatagramSocket,
    /// Join the name-of-host namespace this process is already in.
    JoinOwnNamespace,
    /// Try to leave the mount namespace.
    TryUnshareMounts,
    /// Become this user.
    SetUser(u32),
    /// Attach as a debugger to a child that waits, and let go.
    AttachToChild,
    /// Ask to be traced.
    TraceMe,
    /// Try to read a word of a process that is not traced.
    TryPeek,
    /// Try to load a kernel module that is none.
    LoadModule,
    /// Try to load a BPF program that is none.
    LoadBpfProgram,
    /// Try to make a BPF map that is none.
    TryBpfMap,
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// For reading.
    Read,
    /// For writing at its end.
    Append,
    /// For writing, emptied first.
    Truncate,
    /// For writing, made when missing.
    Create,
}
