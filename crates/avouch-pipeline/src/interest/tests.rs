use avouch_event::types;

use super::*;
use crate::RuleSetOptions;

fn plan(condition: &str) -> Plan {
    let text = format!("- rule: r\n  desc: d\n  condition: >\n    {condition}\n  output: o\n  priority: INFO\n");
    let rules = RuleSet::from_texts(vec![("r.yaml".to_owned(), text)], Vec::new(), &RuleSetOptions::default());
    assert!(!rules.has_errors(), "{:?}", rules.diagnostics);
    of_rules(&rules)
}

fn wants(condition: &str, ty: EventType) -> String {
    names(plan(condition).interest.of(ty))
}

#[test]
fn failures_are_left_to_rules_about_failures() {
    for success in [
        "evt.rawres >= 0",
        "evt.res = SUCCESS",
        "not evt.failed = true",
        "fd.num >= 0",
        "evt.rawarg.fd >= 0",
        "fd.typechar = f",
    ] {
        assert_eq!(wants(&format!("evt.type = open and {success}"), types::OPEN_X), "reads+writes", "{success}");
    }
    for failure in
        ["evt.rawres < 0", "evt.res != SUCCESS", "evt.failed = true", "fd.num = -1", "evt.res in (ENOENT, EACCES)"]
    {
        assert_eq!(wants(&format!("evt.type = open and {failure}"), types::OPEN_X), "failures", "{failure}");
    }
    assert_eq!(wants("evt.type = open and not fd.num >= 0", types::OPEN_X), "reads+writes+failures");
    assert_eq!(wants("evt.type = execve and evt.arg.res = 0", types::EXECVE_19_X), "reads+writes");
    assert_eq!(wants("evt.type = unlink", types::UNLINK_2_X), "reads+writes+failures");
}

#[test]
fn opens_are_told_apart_by_what_they_may_do() {
    let open = |c: &str, ty| wants(&format!("evt.type in (open, openat2, creat) and {c} and evt.rawres >= 0"), ty);
    assert_eq!(open("evt.is_open_write = true", types::OPEN_X), "writes");
    assert_eq!(open("evt.is_open_create = true", types::OPEN_X), "writes");
    assert_eq!(open("evt.is_open_read = false", types::OPEN_X), "writes");
    assert_eq!(open("evt.is_open_write = false", types::OPEN_X), "reads+writes");
    assert_eq!(open("evt.is_open_read = true", types::OPEN_X), "reads+writes");
    assert_eq!(open("evt.is_open_write = true", types::OPENAT2_X), "writes");
    assert_eq!(open("evt.is_open_write = true", types::CREAT_X), "");
    assert_eq!(open("evt.is_open_write = false", types::CREAT_X), "writes");
}

#[test]
fn a_connection_being_made_is_a_success() {
    let connect = |c: &str| wants(&format!("evt.type = connect and {c}"), types::CONNECT_X);
    assert_eq!(connect("(evt.rawres >= 0 or evt.res = EINPROGRESS)"), "reads+writes");
    assert_eq!(connect("evt.res = EINPROGRESS"), "reads+writes");
    assert_eq!(connect("evt.rawres = -115"), "reads+writes");
    assert_eq!(connect("evt.rawres = -111"), "failures");
    assert_eq!(connect("evt.failed = true"), "reads+writes+failures");
}

#[test]
fn what_the_type_decides_is_decided() {
    assert!(!plan("evt.type = open and evt.dir = >").interest.of(types::OPEN_X).any());
    assert!(!plan("evt.type = open and evt.category = net").interest.of(types::OPEN_X).any());
    assert!(!plan("evt.type = execve and fd.name = /x").interest.of(types::EXECVE_19_X).any());
    assert!(!plan("evt.type = open and evt.arg.request exists").interest.of(types::OPEN_X).any());
    assert!(
        plan("evt.is_io_write = true").interest.iter().all(|(ty, _)| ty.has(avouch_event::EventFlags::WRITES_TO_FD))
    );
}

#[test]
fn parts_are_asked_for_where_they_are_read() {
    assert_eq!(wants("evt.type = read and fd.name = /x and evt.rawres > 0", types::READ_X), "reads+writes+descriptors");
    assert_eq!(
        wants("evt.type = write and evt.buffer contains x and evt.rawres > 0", types::WRITE_X),
        "reads+writes+data"
    );
    assert_eq!(wants("evt.type = read and proc.name = x and evt.failed = false", types::READ_X), "reads+writes");
    // The directory of a relative path.
    assert_eq!(
        wants("evt.type = openat and fd.name = /x and evt.is_open_write = true and fd.num >= 0", types::OPENAT_2_X),
        "writes+descriptors"
    );
    assert_eq!(wants("evt.type = read and evt.arg.data contains x", types::READ_X), "reads+writes+failures+data");
}

#[test]
fn fields_of_other_descriptors_need_the_whole_table() {
    let plan = plan("evt.type = execve and proc.stdin.type = ipv4");
    assert!(plan.interest.of(types::SOCKET_X).contains(Want::STATE));
    assert_eq!(plan.reasons[&types::CLOSE_X][0].0, Asker::State);
    assert!(!self::plan("evt.type = execve").interest.of(types::CLOSE_X).any());
}

#[test]
fn calls_without_an_event_are_named() {
    assert_eq!(plan("evt.type in (acct, open)").generic, Some(vec!["acct"]));
    assert_eq!(plan("evt.type = open").generic, Some(vec![]));
    assert_eq!(plan("proc.name = x").generic, None);
    // Their events do not tell what they returned.
    assert_eq!(plan("evt.type = acct and evt.failed = true").generic, Some(vec![]));
}

#[test]
fn reasons_add_up_to_the_interest() {
    let mut plan = plan("evt.type = open and evt.is_open_write = true");
    plan.add(&Asker::State, &state());
    plan.add(&Asker::Activity, &activity());
    for (ty, want) in plan.interest.iter() {
        let sum = plan.reasons[&ty].iter().fold(Want::NONE, |sum, (_, w)| sum.union(*w));
        assert_eq!(sum, want, "{}", ty.name());
    }
    let text = plan.to_string();
    assert!(text.contains("open writes+failures\n") || text.contains("open writes+failures+descriptors\n"), "{text}");
    assert!(text.contains("    reads+writes+state: (state)\n"), "{text}");
}

#[test]
fn tables_name_what_a_sensor_gives() {
    let tables = [state(), activity(), descriptors()];
    for (ty, want) in tables.iter().flat_map(Interest::iter) {
        let classes = avouch_engine::SourceFacts::classes(&SyscallFacts, ty);
        assert!(!classes.is_empty(), "{}", ty.name());
        // Only a connection that was tried is told though it failed.
        assert!(!want.contains(Want::FAILURES) || ty == types::CONNECT_X, "{}", ty.name());
    }
}

#[test]
fn files_opened_for_reading_are_asked_for_by_path() {
    let reads = |c: &str| paths(plan(&format!("evt.type in (open, openat, openat2) and {c}")).interest.read_paths());
    assert_eq!(reads("fd.name startswith /etc and evt.is_open_read = true"), "1 prefixes: /etc");
    assert_eq!(reads("fd.directory = /etc"), "1 prefixes: /etc");
    assert_eq!(reads("fd.nameraw contains ../"), "paths that are not plain");
    // Writes are no matter of paths.
    assert_eq!(reads("(fd.name = /a or evt.is_open_write = true)"), "1 prefixes: /a");
    assert_eq!(reads("fd.filename = x"), "any path");
    // What the state gives for a path opened from a very long directory.
    assert_eq!(reads("fd.name startswith /DIR_TOO"), "any path");
    let text = plan("evt.type = open and proc.name = x").to_string();
    assert!(text.contains("files opened for reading: any path\n    any path: r\n"), "{text}");
}
