//! Prevention on the running kernel: each denial with a twin that must go through.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};

use avouch_respond::{Act, ActMode, Filesystems, Layer, LayerState, Mechanism, Policy, Prevention, Reach};
use common::{
    Cgroup, Overlay, WAIT, busybox_in_memory, cgroup2_is_mounted, in_overlay, prepare, prepare_in_sight,
    prepare_without_lsm, skip, state, wait_for,
};

fn policy(prevention: &str) -> Policy {
    Policy::parse("test.yaml", &format!("dry_run: false\nprevention:\n{prevention}")).unwrap()
}

fn within(cgroup: &Cgroup) -> Reach {
    // A file system that runs no programs: other tests watch others.
    Reach { cgroup: Some(cgroup.0.clone()), filesystems: Filesystems::Of(vec!["/proc/self".into()]) }
}

/// The reason when programs are not killed at exec here.
fn kills(reports: &[avouch_respond::LayerReport]) -> Result<(), String> {
    match (state(reports, Layer::Lsm), state(reports, Layer::KillAtExec)) {
        (LayerState::Active, _) => Err("a security module stands before it".to_owned()),
        (_, LayerState::Active) => Ok(()),
        (_, other) => Err(format!("{other:?}")),
    }
}

#[test]
fn an_empty_policy_starts_nothing() {
    let (mut prevention, reports) = Prevention::start(&Policy::default(), &Reach::default());
    assert!(reports.iter().all(|r| r.state == LayerState::NotNeeded), "{reports:?}");
    assert!(prevention.poll().is_empty());
}

#[test]
fn a_program_in_memory_is_killed_before_it_acts() {
    const NAME: &str = "a_program_in_memory_is_killed_before_it_acts";
    if let Err(reason) = prepare_without_lsm() {
        return skip(NAME, reason);
    }
    let (cgroup, dir) = (Cgroup::v2("memory"), tempfile::tempdir().unwrap());
    let policy = policy("  exec_from_memory: {mode: deny, scope: all}");
    let (mut prevention, reports) = Prevention::start(&policy, &within(&cgroup));
    if let Err(reason) = kills(&reports) {
        return skip(NAME, reason);
    }
    let (_fd, program) = busybox_in_memory();
    let (mark, twin) = (dir.path().join("mark"), dir.path().join("twin"));
    let status = cgroup.run(&format!("-a busybox {program} touch {}", mark.display()));
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    assert!(!mark.exists(), "it acted before it was killed");
    assert!(cgroup.run(&format!("/bin/busybox touch {}", twin.display())).success() && twin.exists());

    let acts = wait_for(&mut prevention, |_| true);
    let [act] = &acts[..] else { panic!("{acts:?}") };
    assert_eq!(
        (act.rule.as_str(), act.mechanism, &act.mode),
        ("exec_from_memory", Mechanism::KillAtExec, &ActMode::Performed)
    );
    assert_eq!(act.object.as_deref(), Some("memfd:dropper"));
    assert!(act.target.cgroups.iter().any(|c| c.contains("avouch-respond-")), "{act:?}");
    let age = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
        - u128::from(act.time_ns);
    assert!(age < 60_000_000_000, "{age}");
}

#[test]
fn dry_run_reports_a_program_in_memory_and_lets_it_run() {
    const NAME: &str = "dry_run_reports_a_program_in_memory_and_lets_it_run";
    if let Err(reason) = prepare_without_lsm() {
        return skip(NAME, reason);
    }
    let (cgroup, dir) = (Cgroup::v2("dry"), tempfile::tempdir().unwrap());
    let mut policy = policy("  exec_from_memory: {mode: deny, scope: all}");
    policy.dry_run = true;
    let (mut prevention, reports) = Prevention::start(&policy, &within(&cgroup));
    if let Err(reason) = kills(&reports) {
        return skip(NAME, reason);
    }
    let (_fd, program) = busybox_in_memory();
    let mark = dir.path().join("mark");
    assert!(cgroup.run(&format!("-a busybox {program} touch {}", mark.display())).success() && mark.exists());
    let acts = wait_for(&mut prevention, |_| true);
    assert!(acts.iter().all(|a| a.mode == ActMode::DryRun), "{acts:?}");
}

#[test]
fn the_hosts_own_programs_in_memory_are_no_container() {
    const NAME: &str = "the_hosts_own_programs_in_memory_are_no_container";
    if let Err(reason) = prepare_without_lsm() {
        return skip(NAME, reason);
    }
    let (cgroup, dir) = (Cgroup::v2("host"), tempfile::tempdir().unwrap());
    let (mut prevention, reports) = Prevention::start(&policy("  exec_from_memory: {mode: deny}"), &within(&cgroup));
    if let Err(reason) = kills(&reports) {
        return skip(NAME, reason);
    }
    let (_fd, program) = busybox_in_memory();
    let mark = dir.path().join("mark");
    assert!(cgroup.run(&format!("-a busybox {program} touch {}", mark.display())).success() && mark.exists());
    assert_eq!(prevention.poll(), []);
}

#[test]
fn a_dropped_file_of_a_container_is_killed_and_a_shipped_one_runs() {
    const NAME: &str = "a_dropped_file_of_a_container_is_killed_and_a_shipped_one_runs";
    let start = |cgroup: &Cgroup| {
        let policy = policy("  exec_not_from_image: {mode: deny}");
        let (prevention, reports) = Prevention::start(&policy, &within(cgroup));
        kills(&reports).map(|()| prevention)
    };
    let Some((overlay, cgroup, mut prevention)) = in_overlay(NAME, prepare_without_lsm, "upper", start) else { return };
    assert!(!overlay.touch(&cgroup, "/bin/busybox-dropped"));
    assert!(overlay.touch(&cgroup, "/bin/busybox"));
    let acts = wait_for(&mut prevention, |_| true);
    let [act] = &acts[..] else { panic!("{acts:?}") };
    assert_eq!((act.rule.as_str(), act.object.as_deref()), ("exec_not_from_image", Some("/bin/busybox-dropped")));
}

#[test]
fn forbidden_binaries_are_killed_by_path_and_by_name() {
    const NAME: &str = "forbidden_binaries_are_killed_by_path_and_by_name";
    let overlay = match prepare_without_lsm().and_then(|()| Overlay::new()) {
        Ok(overlay) => overlay,
        Err(reason) => return skip(NAME, reason),
    };
    let rules = ["paths: [/bin/busybox-shipped]", "names: [busybox-shipped]"];
    for (at, rule) in rules.into_iter().enumerate() {
        let cgroup = Cgroup::v2(&format!("forbidden{at}"));
        let text = format!("  forbidden_binaries: {{mode: deny, {rule}}}");
        let (mut prevention, reports) = Prevention::start(&policy(&text), &within(&cgroup));
        if let Err(reason) = kills(&reports) {
            return skip(NAME, reason);
        }
        assert!(!overlay.touch(&cgroup, "/bin/busybox-shipped"), "{rule}");
        assert!(overlay.touch(&cgroup, "/bin/busybox"), "{rule}");
        let acts = wait_for(&mut prevention, |_| true);
        assert_eq!((acts.len(), acts[0].object.as_deref()), (1, Some("/bin/busybox-shipped")), "{rule}");
    }
}

#[test]
fn fanotify_denies_by_path_name_content_and_layer() {
    const NAME: &str = "fanotify_denies_by_path_name_content_and_layer";
    let overlay = match prepare_without_lsm().and_then(|()| Overlay::new()) {
        Ok(overlay) => overlay,
        Err(reason) => return skip(NAME, reason),
    };
    // One file of its own content, so that the twin is not meant.
    let own = overlay.root().join("bin/busybox-own");
    let mut bytes = fs::read("/bin/busybox").unwrap();
    bytes.extend_from_slice(b"own");
    fs::write(&own, &bytes).unwrap();
    fs::set_permissions(&own, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let digest: String = sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(&bytes))
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let cases = [
        ("forbidden_binaries: {mode: deny, paths: [/bin/busybox-shipped]}".to_owned(), "/bin/busybox-shipped"),
        ("forbidden_binaries: {mode: deny, names: [busybox-shipped]}".to_owned(), "/bin/busybox-shipped"),
        (format!("forbidden_binaries: {{mode: deny, sha256: [{digest}]}}"), "/bin/busybox-own"),
        ("exec_not_from_image: {mode: deny}".to_owned(), "/bin/busybox-dropped"),
    ];
    for (at, (rule, program)) in cases.iter().enumerate() {
        let cgroup = Cgroup::v2(&format!("fanotify{at}"));
        let reach = Reach { cgroup: Some(cgroup.0.clone()), filesystems: Filesystems::Of(vec![overlay.root()]) };
        let (mut prevention, reports) = Prevention::start(&policy(&format!("  {rule}")), &reach);
        match state(&reports, Layer::Fanotify) {
            LayerState::Active => {}
            other => return skip(NAME, format!("{other:?}")),
        }
        assert!(!overlay.touch(&cgroup, program), "{rule}");
        assert!(overlay.touch(&cgroup, "/bin/busybox"), "{rule}");
        let acts = wait_for(&mut prevention, |_| true);
        assert_eq!(acts.len(), 1, "{acts:?}");
        assert_eq!((acts[0].mechanism, acts[0].object.as_deref()), (Mechanism::Fanotify, Some(*program)), "{rule}");
        assert_eq!(prevention.losses().unjudged, 0, "{rule}");
        assert!(!prevention.losses().fanotify_ended);
    }
}

#[test]
fn fanotify_watches_overlays_that_are_mounted_later() {
    const NAME: &str = "fanotify_watches_overlays_that_are_mounted_later";
    if let Err(reason) = prepare_in_sight() {
        return skip(NAME, reason);
    }
    if !cgroup2_is_mounted() {
        return skip(NAME, "no cgroup of version 2");
    }
    let cgroup = Cgroup::v2("later");
    let reach = Reach { cgroup: Some(cgroup.0.clone()), filesystems: Filesystems::All };
    let (mut prevention, reports) = Prevention::start(&policy("  exec_not_from_image: {mode: deny}"), &reach);
    match state(&reports, Layer::Fanotify) {
        LayerState::Active => {}
        other => return skip(NAME, format!("{other:?}")),
    }
    let overlay = match Overlay::new() {
        Ok(overlay) => overlay,
        Err(reason) => return skip(NAME, reason),
    };
    // Until the watch has seen the mount, the kernel program behind it denies.
    let end = std::time::Instant::now() + WAIT;
    loop {
        assert!(!overlay.touch(&cgroup, "/bin/busybox-dropped"));
        if wait_for(&mut prevention, |_| true)[0].mechanism == Mechanism::Fanotify {
            break;
        }
        assert!(std::time::Instant::now() < end, "the new overlay is not watched");
    }
    assert!(overlay.touch(&cgroup, "/bin/busybox"));
}

/// Not a test: what a child of the tests below does.
#[test]
#[ignore = "run by the other tests, in a cgroup of theirs"]
fn reach_out() {
    let Ok(to) = std::env::var("AVOUCH_TEST_REACH") else { return };
    let (protocol, to) = to.split_once(' ').unwrap();
    let to: SocketAddr = to.parse().unwrap();
    if protocol == "tcp" {
        TcpStream::connect(to).unwrap();
    } else {
        let any: SocketAddr = if to.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
        UdpSocket::bind(any).unwrap().send_to(b"x", to).unwrap();
    }
}

fn reaches(cgroup: &Cgroup, to: &str) -> bool {
    let own = std::env::current_exe().unwrap();
    let mut command = cgroup.command(&format!("{} --ignored --exact reach_out", own.display()));
    command.env("AVOUCH_TEST_REACH", to).output().unwrap().status.success()
}

#[test]
fn forbidden_destinations_are_not_reached_and_others_are() {
    const NAME: &str = "forbidden_destinations_are_not_reached_and_others_are";
    if let Err(reason) = prepare() {
        return skip(NAME, reason);
    }
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let cgroup = Cgroup::v2("connect");
    let rule = format!(
        "  forbidden_destinations:\n    mode: deny\n    scope: all\n    destinations:\n      \
         - {{cidr: 127.7.0.0/16, ports: [{port}]}}\n      - {{cidr: 127.8.0.1}}\n      - {{cidr: '::1', ports: [9]}}\n"
    );
    let (mut prevention, reports) = Prevention::start(&policy(&rule), &within(&cgroup));
    match state(&reports, Layer::CgroupConnect) {
        LayerState::Active => {}
        other => return skip(NAME, format!("{other:?}")),
    }
    let denied = [
        format!("tcp 127.7.1.2:{port}"),
        format!("tcp [::ffff:127.7.1.2]:{port}"),
        format!("tcp 127.8.0.1:{port}"),
        "udp 127.8.0.1:9".to_owned(),
        "udp [::1]:9".to_owned(),
    ];
    for to in &denied {
        assert!(!reaches(&cgroup, to), "{to}");
    }
    for to in [format!("tcp 127.9.0.1:{port}"), "udp 127.7.1.2:9".to_owned(), "udp [::1]:10".to_owned()] {
        assert!(reaches(&cgroup, &to), "{to}");
    }
    // Outside of the cgroup nothing is denied.
    TcpStream::connect(("127.8.0.1", port)).unwrap();
    let is_last = |a: &Act| a.object.as_deref() == Some("udp [::1]:9");
    let objects: Vec<String> = wait_for(&mut prevention, is_last).into_iter().filter_map(|a| a.object).collect();
    let mut expected = denied.to_vec();
    expected[1] = denied[0].clone();
    assert_eq!(objects, expected);
}

#[test]
fn observed_destinations_are_reached_and_reported() {
    const NAME: &str = "observed_destinations_are_reached_and_reported";
    if let Err(reason) = prepare() {
        return skip(NAME, reason);
    }
    let listener = TcpListener::bind("127.8.0.2:0").unwrap();
    let to = format!("tcp {}", listener.local_addr().unwrap());
    let cgroup = Cgroup::v2("observe");
    let rule = "  forbidden_destinations: {mode: observe, scope: all, destinations: [{cidr: 127.8.0.2}]}";
    let (mut prevention, reports) = Prevention::start(&policy(rule), &within(&cgroup));
    match state(&reports, Layer::CgroupConnect) {
        LayerState::Active => {}
        other => return skip(NAME, format!("{other:?}")),
    }
    assert!(reaches(&cgroup, &to));
    let acts = wait_for(&mut prevention, |_| true);
    assert_eq!((acts[0].object.as_deref(), &acts[0].mode), (Some(&*to), &ActMode::DryRun));
}
