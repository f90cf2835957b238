//! Rules on how a container was made, and on programs that only matter inside of one.

use super::{HOST, LINGER, PLAIN, PRIVILEGED, capable};
use crate::case::Move::{Become, Drop, LoadModule, Run, TryUnshareMounts};
use crate::case::{CONTAINER, Case, Container, Place, Program};

/// A container on a terminal.
const TERMINAL: Place = Place::Container(Container { terminal: true, ..CONTAINER });

pub(super) const CASES: &[Case] = &[
    // With a new user namespace upstream's rule is silent, in Falco as in avouch: the rule is asked after the call, and the
    // process then has all capabilities in the new namespace.
    Case::fires(
        "Change namespace privileges via unshare",
        "mount namespace",
        PLAIN,
        "escaper",
        Program::new("/usr/bin/escaper", &[TryUnshareMounts]),
    ),
    Case::silent(
        "Change namespace privileges via unshare",
        "with the capability",
        capable(&["CAP_SYS_ADMIN"]),
        Program::new("/usr/bin/escaper", &[TryUnshareMounts]),
    ),
    Case::fires(
        "Debugfs Launched in Privileged Container",
        "privileged",
        PRIVILEGED,
        "debugfs",
        Program::new("/usr/bin/worker", &[Run(Program::new("/usr/sbin/debugfs", &[])), LINGER]),
    ),
    Case::silent(
        "Debugfs Launched in Privileged Container",
        "plain container",
        PLAIN,
        Program::new("/usr/bin/worker", &[Run(Program::new("/usr/sbin/debugfs", &[])), LINGER]),
    ),
    Case::fires(
        "Drop and execute new binary in container",
        "dropped program",
        PLAIN,
        "dropped",
        Program::new("/usr/bin/worker", &[Drop("/tmp/dropped"), Run(Program::dropped("/tmp/dropped"))]),
    ),
    Case::silent(
        "Drop and execute new binary in container",
        "program of the image",
        PLAIN,
        Program::new("/usr/bin/worker", &[Drop("/tmp/dropped"), Run(Program::applet("/bin/id", &[]))]),
    ),
    Case::fires(
        "Exfiltrating Artifacts via Kubernetes Control Plane",
        "tar as kubectl cp runs it",
        PLAIN,
        "tar",
        Program::applet("/bin/tar", &["cf", "/dev/null", "/home/shop/orders.csv"]),
    ),
    Case::silent(
        "Exfiltrating Artifacts via Kubernetes Control Plane",
        "tar below a program",
        PLAIN,
        Program::new(
            "/usr/bin/worker",
            &[Run(Program::applet("/bin/tar", &["cf", "/dev/null", "/home/shop/orders.csv"]))],
        ),
    ),
    Case::fires(
        "Launch Excessively Capable Container",
        "network administration",
        capable(&["CAP_NET_ADMIN"]),
        "worker",
        Program::new("/usr/bin/worker", &[]),
    ),
    Case::silent(
        "Launch Excessively Capable Container",
        "default capabilities",
        PLAIN,
        Program::new("/usr/bin/worker", &[]),
    ),
    Case::fires(
        "Launch Privileged Container",
        "privileged",
        PRIVILEGED,
        "worker",
        Program::new("/usr/bin/worker", &[LINGER]),
    ),
    Case::silent("Launch Privileged Container", "plain container", PLAIN, Program::new("/usr/bin/worker", &[LINGER])),
    Case::fires(
        "Linux Kernel Module Injection Detected",
        "with the capability",
        capable(&["CAP_SYS_MODULE"]),
        "loader",
        Program::new("/usr/bin/loader", &[LoadModule]),
    ),
    Case::silent(
        "Linux Kernel Module Injection Detected",
        "without the capability",
        PLAIN,
        Program::new("/usr/bin/loader", &[LoadModule]),
    ),
    Case::fires(
        "Mount Launched in Privileged Container",
        "mount",
        PRIVILEGED,
        "mount",
        Program::new(
            "/usr/bin/worker",
            &[Run(Program::applet("/bin/mount", &["-t", "tmpfs", "none", "/tmp"])), LINGER],
        ),
    ),
    Case::silent(
        "Mount Launched in Privileged Container",
        "list of mounts",
        PRIVILEGED,
        Program::new("/usr/bin/worker", &[Run(Program::applet("/bin/mount", &[])), LINGER]),
    ),
    // The container's first process becomes the shell, as with an entry point that ends in `exec sh`.
    Case::fires(
        "Terminal shell in container",
        "shell on a terminal",
        TERMINAL,
        "sh",
        Program::applet("/bin/sh", &["-c", "exit 0"]),
    ),
    Case::fires(
        "Terminal shell in container",
        "entry point becomes a shell",
        TERMINAL,
        "sh",
        Program::new("/usr/bin/entry", &[Become(Program::applet("/bin/sh", &["-c", "exit 0"]))]),
    ),
    Case::silent("Terminal shell in container", "no terminal", PLAIN, Program::applet("/bin/sh", &["-c", "exit 0"])),
    Case::silent("Terminal shell in container", "on the host", HOST, Program::applet("/bin/sh", &["-c", "exit 0"])),
];
