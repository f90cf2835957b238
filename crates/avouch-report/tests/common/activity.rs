//! Activity of the rich period: a shop that talks to its database and to the world, sessions of every kind.

use std::collections::BTreeMap;

use avouch_finding::{Command, Connection, FileChange, Time, Who};
use avouch_report::activity::{Asked, Flows, Request, Sessions};
use avouch_report::population::{Activity, Namespace};

use super::{DAY, HOUR, MINUTE, at};

const SECOND: u64 = 1_000_000_000;

fn who(pod: &str, pid: i64, ppid: i64) -> Who {
    let container = if pod.is_empty() { String::new() } else { "c0ffee123456".to_owned() };
    let namespace = if pod.is_empty() { String::new() } else { "payments".to_owned() };
    Who {
        pid,
        ppid,
        exe: "/usr/bin/pay".into(),
        user: "pay".into(),
        uid: 10_001,
        container,
        pod: pod.into(),
        namespace,
        ..Who::default()
    }
}

fn connection(
    ns: u64,
    who: Who,
    direction: &str,
    (address, port): (&str, u16),
    count: u64,
    result: &str,
) -> Connection {
    Connection {
        time: at(ns),
        node: "node-1".into(),
        direction: direction.into(),
        protocol: "tcp".into(),
        address: address.into(),
        port,
        first: at(ns),
        last: at(ns + MINUTE),
        count,
        results: BTreeMap::from([(result.to_owned(), count)]),
        who,
        ..Connection::default()
    }
}

fn command(ns: u64, mut who: Who, exe: &str, tty: u32, cmdline: &str) -> Command {
    who.exe = exe.into();
    Command { time: at(ns), node: "node-1".into(), who, cmdline: cmdline.into(), tty, ..Command::default() }
}

fn request(ns: u64, asked: Asked, pod: &str, command: &str, decided: Option<(&str, &str)>) -> Request {
    Request {
        time: at(ns),
        asked,
        granted: Some(true),
        user: "ann@example.org".into(),
        addresses: "198.51.100.7".into(),
        node: "prod-eu-1".into(),
        cluster: "prod-eu-1".into(),
        namespace: "payments".into(),
        pod: pod.into(),
        command: command.into(),
        rule: "Attach/Exec Pod".into(),
        record: 1_000 + ns / HOUR,
        decided: decided.map(|(d, t)| (d.to_owned(), t.to_owned())),
    }
}

fn sessions() -> Sessions {
    let benign = Some(("benign by ben: planned work", "OPS-12"));
    let mut s = Sessions::new(vec![
        request(6 * DAY, Asked::Exec, "pay-7d9f", "bash", benign),
        request(7 * DAY, Asked::PortForward, "pay-7d9f", "", None),
        request(8 * DAY, Asked::Exec, "pay-gone", "sh", None),
    ]);
    let root = |pid, ppid| Who { user: "root".into(), uid: 0, loginuid: Some(1000), ..who("", pid, ppid) };
    let mut ann = who("", 90, 1);
    (ann.uid, ann.user) = (1000, "ann".into());
    s.command(&command(DAY, ann, "/usr/bin/id", 0, "id"), "prod-eu-1", 2_000);
    s.command(&command(2 * DAY, root(500, 400), "/bin/bash", 34_816, "-bash"), "prod-eu-1", 2_001);
    let taken = connection(
        2 * DAY - MINUTE,
        Who { exe: "/usr/sbin/sshd".into(), ..who("", 1, 0) },
        "in",
        ("198.51.100.7", 22),
        1,
        "ok",
    );
    s.connection(&taken);
    s.command(
        &command(2 * DAY + MINUTE, root(501, 500), "/usr/bin/systemctl", 34_816, "systemctl restart kubelet"),
        "prod-eu-1",
        2_002,
    );
    s.command(
        &command(6 * DAY + 2 * SECOND, who("pay-7d9f", 700, 600), "/bin/bash", 34_817, "bash"),
        "prod-eu-1",
        2_010,
    );
    for n in 0..7 {
        let run = command(
            6 * DAY + n * MINUTE,
            who("pay-7d9f", 701 + n as i64, 700),
            "/usr/bin/psql",
            34_817,
            "psql -c 'select 1'",
        );
        s.command(&run, "prod-eu-1", 2_011 + n);
    }
    s.file(&FileChange {
        time: at(6 * DAY + HOUR),
        node: "node-1".into(),
        action: "create".into(),
        path: "/tmp/dump.sql".into(),
        who: who("pay-7d9f", 702, 700),
        ..FileChange::default()
    });
    s.connection(&connection(6 * DAY + HOUR, who("pay-7d9f", 702, 700), "out", ("10.20.0.7", 5432), 3, "ok"));
    s.command(&command(9 * DAY, who("other-1", 900, 800), "/bin/sh", 34_818, "sh"), "prod-eu-1", 2_030);
    s.finish();
    s
}

/// Fourteen days.
pub fn fortnight() -> Activity {
    let mut flows = Flows::default();
    let pay = || who("pay-7d9f", 20, 10);
    for (n, c) in (3_000..).zip([
        connection(DAY, pay(), "out", ("10.20.0.7", 5432), 48_210, "ok"),
        connection(DAY, pay(), "out", ("203.0.113.40", 443), 912, "ok"),
        connection(DAY, pay(), "out", ("203.0.113.41", 443), 7, "errno 111"),
        connection(DAY, pay(), "in", ("10.20.1.4", 8443), 30_100, "ok"),
        connection(DAY, pay(), "listen", ("0.0.0.0", 8443), 1, "ok"),
        connection(
            DAY,
            Who { namespace: "batch".into(), ..who("job-1", 30, 10) },
            "out",
            ("169.254.169.254", 80),
            2,
            "ok",
        ),
        connection(DAY, who("", 40, 1), "in", ("198.51.100.7", 22), 4, "ok"),
        connection(DAY, who("", 41, 1), "out", ("2001:db8::7", 443), 12, "ok"),
    ]) {
        flows.add(&c, "prod-eu-1", n);
    }
    let namespace = |pods: &[&str]| Namespace {
        pods: pods.iter().map(|p| (*p).to_owned()).collect(),
        containers: pods.len() as u64,
        first: at(DAY),
        last: Time(at(13 * DAY).0),
    };
    Activity {
        flows,
        sessions: sessions(),
        commands: 14,
        connections: 8,
        files: 1,
        nodes: ["node-1".to_owned()].into(),
        namespaces: BTreeMap::from([
            (("prod-eu-1".to_owned(), "batch".to_owned()), namespace(&["job-1"])),
            (("prod-eu-1".to_owned(), "payments".to_owned()), namespace(&["pay-7d9f", "other-1"])),
        ]),
    }
}
