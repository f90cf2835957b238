//! Who worked where, from scripted activity.

use super::*;

const MINUTE: u64 = 60 * SECOND;

fn at(seconds: u64) -> Time {
    Time(1_000_000 * SECOND + seconds * SECOND)
}

fn request(seconds: u64, asked: Asked, user: &str, command: &str) -> Request {
    Request {
        time: at(seconds),
        asked,
        granted: Some(true),
        user: user.into(),
        addresses: "198.51.100.7".into(),
        node: "prod-api".into(),
        cluster: "prod".into(),
        namespace: "shop".into(),
        pod: "web".into(),
        command: command.into(),
        rule: "Attach/Exec Pod".into(),
        record: 10 + seconds,
        decided: None,
    }
}

/// A command in the pod, or on the node where `pod` is empty.
fn run(seconds: u64, pod: &str, (pid, ppid): (i64, i64), tty: u32, cmdline: &str) -> Command {
    let mut who = Who { pid, ppid, exe: format!("/bin/{cmdline}"), user: "root".into(), ..Who::default() };
    if !pod.is_empty() {
        who.container = "c0ffee".into();
        who.namespace = "shop".into();
        who.pod = pod.into();
    }
    Command { time: at(seconds), node: "n1".into(), who, cmdline: cmdline.into(), tty, ..Command::default() }
}

fn joined(sessions: &mut Sessions) -> Vec<(String, u64, Joined)> {
    sessions.finish();
    sessions.all().iter().map(|s| (s.account.clone(), s.commands, s.joined)).collect()
}

#[test]
fn a_request_gets_the_processes_that_begin_in_its_pod_and_their_children() {
    let mut sessions = Sessions::new(vec![request(100, Asked::Exec, "ann", "sh")]);
    // The pod's own program and its job, which runs all the time.
    assert_eq!(sessions.command(&run(10, "web", (500, 400), 0, "server"), "prod", 1), None);
    assert_eq!(sessions.command(&run(99, "web", (501, 500), 0, "job"), "prod", 2), None);
    assert_eq!(sessions.command(&run(101, "other", (700, 401), 0, "sh"), "prod", 3), None, "another pod");
    assert_eq!(sessions.command(&run(102, "web", (600, 402), 34_816, "sh"), "prod", 4), Some(0));
    assert_eq!(sessions.command(&run(103, "web", (502, 500), 0, "job"), "prod", 5), None, "the job goes on");
    assert_eq!(sessions.command(&run(160, "web", (601, 600), 34_816, "curl"), "prod", 6), Some(0));
    let change = FileChange {
        time: at(161),
        node: "n1".into(),
        action: "write".into(),
        path: "/etc/passwd".into(),
        ..FileChange::default()
    };
    sessions.file(&FileChange { who: Who { pid: 601, ppid: 600, ..Who::default() }, ..change.clone() });
    sessions.file(&FileChange { who: Who { pid: 500, ppid: 400, ..Who::default() }, ..change });
    assert_eq!(joined(&mut sessions), [("ann".to_owned(), 2, Joined::Yes)]);
    let session = &sessions.all()[0];
    assert_eq!((session.node.as_str(), session.container.as_str()), ("n1", "c0ffee"));
    assert_eq!((session.files, session.objects.as_slice()), (1, ["write /etc/passwd".to_owned()].as_slice()));
    assert_eq!(session.last, at(161));
}

#[test]
fn of_requests_at_once_the_command_decides_and_where_it_does_not_the_doubt_is_said() {
    let mut sessions =
        Sessions::new(vec![request(100, Asked::Exec, "ann", "/bin/ls"), request(101, Asked::Exec, "ben", "cat")]);
    assert_eq!(sessions.command(&run(102, "web", (600, 402), 0, "cat"), "prod", 4), Some(1));
    assert_eq!(sessions.command(&run(103, "web", (601, 402), 0, "ls"), "prod", 5), Some(0), "by the same shim");
    assert_eq!(joined(&mut sessions), [("ann".to_owned(), 1, Joined::Yes), ("ben".to_owned(), 1, Joined::Yes)]);

    let mut sessions =
        Sessions::new(vec![request(100, Asked::Exec, "ann", "sh"), request(101, Asked::Exec, "ben", "sh")]);
    assert_eq!(sessions.command(&run(102, "web", (600, 402), 0, "sh"), "prod", 4), Some(0));
    assert_eq!(sessions.command(&run(103, "web", (601, 402), 0, "id"), "prod", 5), None, "nobody asked for it");
    assert_eq!(
        joined(&mut sessions),
        [("ann".to_owned(), 1, Joined::Among(2)), ("ben".to_owned(), 0, Joined::NoProcess)]
    );
}

#[test]
fn a_request_that_tells_no_command_takes_a_parent_that_is_new_to_the_pod() {
    let mut sessions = Sessions::new(vec![request(100, Asked::Exec, "ann", "")]);
    assert_eq!(sessions.command(&run(90, "web", (500, 400), 0, "job"), "prod", 1), None);
    assert_eq!(
        sessions.command(&run(101, "web", (501, 400), 0, "job"), "prod", 2),
        None,
        "of a parent that is not new"
    );
    assert_eq!(sessions.command(&run(102, "web", (600, 402), 0, "sh"), "prod", 3), Some(0));
}

#[test]
fn what_cannot_be_joined_stays_apart() {
    let mut sessions = Sessions::new(vec![
        request(100, Asked::Exec, "ann", "sh"),
        request(200, Asked::PortForward, "ben", ""),
        request(300, Asked::Attach, "eve", ""),
    ]);
    // Too late for the request of ann; a sitting of its own.
    assert_eq!(sessions.command(&run(100 + 31, "web", (600, 402), 34_816, "sh"), "prod", 4), Some(1));
    let said = joined(&mut sessions);
    let joined: Vec<Joined> = said.iter().map(|s| s.2).collect();
    assert_eq!(joined, [Joined::NoProcess, Joined::NoRequest, Joined::NoneOfItsOwn, Joined::NoneOfItsOwn]);
}

#[test]
fn a_sitting_on_a_node_has_the_login_and_the_address_that_the_ssh_server_took() {
    let mut sessions = Sessions::default();
    let login = |mut c: Command, uid| {
        c.who.loginuid = Some(uid);
        c
    };
    let taken = |seconds: u64, address: &str| Connection {
        node: "n1".into(),
        direction: "in".into(),
        address: address.into(),
        port: 22,
        first: at(seconds),
        last: at(seconds),
        count: 1,
        who: Who { pid: 1, exe: "/usr/sbin/sshd".into(), ..Who::default() },
        ..Connection::default()
    };
    let mut ann = run(5, "", (50, 1), 0, "cron");
    (ann.who.uid, ann.who.user) = (1000, "ann".into());
    assert_eq!(sessions.command(&ann, "", 1), None);
    assert_eq!(sessions.command(&login(run(100, "", (600, 402), 34_816, "bash"), 1000), "prod", 2), Some(0));
    // The connection is told up to a minute later.
    sessions.connection(&taken(95, "198.51.100.7"));
    sessions.connection(&taken(400, "203.0.113.1"));
    assert_eq!(sessions.command(&login(run(120, "", (601, 600), 34_816, "sudo"), 1000), "prod", 3), Some(0));
    // A shell at the same terminal whose parent ran nothing there: somebody else sat down.
    assert_eq!(sessions.command(&run(130, "", (900, 800), 34_816, "bash"), "prod", 4), Some(1));
    let all = sessions.all();
    assert_eq!((all[0].path, all[0].login.as_str()), (SessionPath::Ssh, "1000 (ann)"));
    assert_eq!(all[0].from, BTreeSet::from(["198.51.100.7".to_owned()]));
    assert_eq!((all[1].path, all[1].joined), (SessionPath::Node, Joined::NotAsked));
}

#[test]
fn jobs_with_a_login_are_counted_and_no_session() {
    let mut sessions = Sessions::default();
    let mut job = run(10, "", (50, 1), 0, "backup");
    job.who.loginuid = Some(0);
    assert_eq!(sessions.command(&job, "", 1), None);
    assert_eq!((sessions.unattended, sessions.all().len()), (1, 0));
}

#[test]
fn a_number_that_is_given_again_is_another_process() {
    let mut sessions = Sessions::default();
    assert_eq!(sessions.command(&run(10, "", (600, 402), 34_816, "bash"), "", 1), Some(0));
    let later = at(10).0 + 40 * MINUTE;
    let other = Command { time: Time(later), ..run(0, "", (600, 7), 0, "daemon") };
    assert_eq!(sessions.command(&other, "", 2), None);
    let child = Command { time: Time(later + 1), ..run(0, "", (601, 600), 0, "ls") };
    assert_eq!(sessions.command(&child, "", 3), None);
}

#[test]
fn processes_of_asked_pods_that_are_too_many_are_counted() {
    let mut sessions = Sessions::new(vec![request(100, Asked::Exec, "ann", "sh")]);
    let job = |pid: i64| run(10, "web", (pid, 1), 0, "job");
    for pid in 0..i64::try_from(PROCESSES).unwrap() {
        sessions.command(&job(1_000 + pid), "prod", 1);
    }
    assert_eq!(sessions.unnoted, 0);
    // One that is known already takes no room, and other pods' need none.
    sessions.command(&job(1_000), "prod", 1);
    sessions.command(&run(10, "other", (1, 2), 0, "job"), "prod", 1);
    assert_eq!(sessions.unnoted, 0);
    sessions.command(&job(1), "prod", 1);
    sessions.command(&job(2), "prod", 1);
    assert_eq!(sessions.unnoted, 2);
}
