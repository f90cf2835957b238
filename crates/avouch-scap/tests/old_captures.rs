//! Old block versions and old events, by hand.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use avouch_event::{Item, types};
use avouch_scap::{Capture, EventFault};
use support::{Raw, describe, read_all, str};

/// One process entry with the fields up to `version`, tids 1, 2, 3 and so on.
fn process(version: u8) -> Vec<u8> {
    let mut b: Vec<u8> = [11_i64, 12, 13].iter().flat_map(|v| v.to_le_bytes()).collect();
    if version >= 6 {
        b.extend(14_i64.to_le_bytes());
    }
    if version >= 8 {
        b.extend(15_i64.to_le_bytes());
    }
    b.extend(str(b"comm"));
    b.extend(str(b"exe"));
    if version >= 7 {
        b.extend(str(b"/bin/exe"));
    }
    b.extend(str(b"a\0b"));
    b.extend(str(b"/cwd"));
    b.extend(1024_i64.to_le_bytes());
    b.extend([1_u32, 2, 3].iter().flat_map(|v| v.to_le_bytes()));
    if version >= 2 {
        b.extend([4_u32, 5, 6].iter().flat_map(|v| v.to_le_bytes()));
        b.extend([7_u64, 8].iter().flat_map(|v| v.to_le_bytes()));
    }
    if version >= 3 {
        b.extend(str(b"A=1\0"));
    }
    if version >= 4 {
        b.extend([16_i64, 17].iter().flat_map(|v| v.to_le_bytes()));
        b.extend(str(b"cpu=/x\0"));
    }
    if version >= 5 {
        b.extend(str(b"/root"));
    }
    b
}

#[test]
fn every_version_of_the_process_list() {
    let numbers = [
        (1, 0x202),
        (1, 0x8000_ABCD),
        (2, 0x207),
        (2, 0x8013_ABCD),
        (3, 0x209),
        (3, 0x8014_ABCD),
        (4, 0x210),
        (5, 0x211),
        (6, 0x212),
        (7, 0x213),
        (8, 0x214),
    ];
    for (version, number) in numbers {
        let mut raw = Raw::section(0);
        raw.block(number, &[process(version), process(version)].concat());
        let mut capture = Capture::from_slice(&raw.0);
        for _ in 0..2 {
            let Some(Item::Process(p)) = capture.next().unwrap() else { panic!("version {version}") };
            assert_eq!((p.tid, p.pid, p.ptid, p.comm, p.exe), (11, 12, 13, &b"comm"[..], &b"exe"[..]));
            assert_eq!((p.args, p.cwd, p.fdlimit, p.flags, p.uid, p.gid), (&b"a\0b"[..], &b"/cwd"[..], 1024, 1, 2, 3));
            let since = |v: u8, x: i64, none: i64| if version >= v { x } else { none };
            assert_eq!((p.sid, p.vpgid, p.pgid), (since(6, 14, -1), since(8, 15, -1), -1));
            assert_eq!((p.vtid, p.vpid), (since(4, 16, -1), since(4, 17, -1)));
            assert_eq!(i64::from(p.vmsize), since(2, 4, 0));
            assert_eq!(
                (p.env.is_empty(), p.root.is_empty(), p.exepath.is_empty()),
                (version < 3, version < 5, version < 7)
            );
            assert_eq!(p.loginuid, u32::MAX);
        }
        assert!(matches!(capture.next().unwrap(), Some(Item::SnapshotEnd)));
        assert!(capture.next().unwrap().is_none());
    }
}

#[test]
fn a_short_tail_begins_at_loginuid_a_long_one_with_the_namespace_start() {
    let entry = |tail: &[u8]| {
        let body = [process(8), tail.to_vec()].concat();
        let mut e = u32::try_from(body.len() + 4).unwrap().to_le_bytes().to_vec();
        e.extend(body);
        e
    };
    let old = [1000_u32.to_le_bytes().to_vec(), vec![1]].concat();
    let new = [5_u64.to_le_bytes().to_vec(), 34_u32.to_le_bytes().to_vec(), old.clone(), vec![9; 100]].concat();
    let mut raw = Raw::section(2);
    raw.block(0x215, &[entry(&old), entry(&new), entry(b"")].concat());
    let mut capture = Capture::from_slice(&raw.0);
    let mut tails = Vec::new();
    while let Some(Item::Process(p)) = capture.next().unwrap() {
        tails.push((p.pidns_init_start_ts, p.tty, p.loginuid, p.exe_writable));
    }
    assert_eq!(tails, [(0, 0, 1000, true), (5, 34, 1000, true), (0, 0, u32::MAX, false)]);
}

#[test]
fn entries_newer_than_this_reader_are_passed_over_by_their_length() {
    let fd = |kind: u8, rest: &[u8]| {
        let mut e = u32::try_from(21 + rest.len()).unwrap().to_le_bytes().to_vec();
        e.extend(3_i64.to_le_bytes());
        e.extend(4_u64.to_le_bytes());
        e.push(kind);
        e.extend(rest);
        e
    };
    let mut body = 7_i64.to_le_bytes().to_vec();
    body.extend(fd(99, b"whatever"));
    body.extend(fd(7, &[str(b"pipe:[1]"), b"newer tail".to_vec()].concat()));
    // A kind whose payload is cut short is lost, the next entry is not.
    body.extend(fd(3, b"xx"));
    body.extend(fd(2, &str(b"/tmp")));
    let mut raw = Raw::section(2);
    raw.block(0x218, &body).block(0x777, b"unknown block");
    let (items, end, counts) = read_all(Capture::from_slice(&raw.0));
    assert!(end.is_none());
    assert_eq!(items.len(), 4);
    assert!(items[0].contains("Unsupported") && items[1].contains("Fifo") && items[2].contains("Directory"));
    assert_eq!((counts.entries_not_decoded, counts.skipped_blocks), (1, 1));
}

#[test]
fn an_exit_takes_what_its_enter_event_said() {
    let (fd, size) = (5_i64.to_le_bytes(), 100_u32.to_le_bytes());
    let res = 3_i64.to_le_bytes();
    let mut raw = Raw::section(0);
    raw.event_v1(types::READ_E.0, 42, &[&fd, &size])
        .event_v1(types::READ_E.0, 43, &[&res, &size])
        .event_v1(types::READ_X.0, 42, &[&res, b"abc"])
        // Its enter event is consumed: defaults.
        .event_v1(types::READ_X.0, 42, &[&res, b"abc"]);
    let mut capture = Capture::from_slice(&raw.0);
    assert!(matches!(capture.next().unwrap(), Some(Item::SnapshotEnd)));
    for (num, want_fd, want_size) in [(1, 5, 100), (2, 0, 0)] {
        let Some(Item::Event(e)) = capture.next().unwrap() else { panic!("event") };
        assert_eq!((e.num, e.ty, e.tid, e.cpu, e.timestamp, e.hidden), (num, types::READ_X, 42, 1, 1000, false));
        assert_eq!((e.params.len(), e.params.i64(0), e.params.get(1)), (4, Some(3), Some(&b"abc"[..])));
        assert_eq!((e.params.i64(2), e.params.u32(3)), (Some(want_fd), Some(want_size)));
    }
    assert!(capture.next().unwrap().is_none());
    assert_eq!(capture.counts().dropped_by_conversion, 2);
}

#[test]
fn the_oldest_execve_becomes_the_current_one() {
    let pid = 9_i64.to_le_bytes();
    let params: [&[u8]; 8] = [&[0; 8], b"ls\0", b"-l\0", &pid, &pid, &pid, b"/\0", &[0; 8]];
    let mut raw = Raw::section(0);
    raw.event_v1(types::EXECVE_8_E.0, 9, &[]).event_v1(types::EXECVE_8_X.0, 9, &params);
    let mut capture = Capture::from_slice(&raw.0);
    assert!(matches!(capture.next().unwrap(), Some(Item::SnapshotEnd)));
    let Some(Item::Event(e)) = capture.next().unwrap() else { panic!("enter") };
    assert_eq!((e.num, e.ty, e.hidden), (1, types::EXECVE_19_E, true));
    let Some(Item::Event(e)) = capture.next().unwrap() else { panic!("exit") };
    assert_eq!((e.num, e.ty, e.hidden), (2, types::EXECVE_19_X, false));
    assert_eq!(e.params.len(), types::EXECVE_19_X.info().unwrap().params.len());
    assert_eq!(
        (e.params.charbuf(1), e.params.charbuf(2), e.params.i64(3)),
        (Some(&b"ls"[..]), Some(&b"-l"[..]), Some(9))
    );
    assert_eq!(e.params.get(30), None);
}

#[test]
fn the_enter_event_of_another_call_is_not_taken() {
    let res = 0_i64.to_le_bytes();
    let mut raw = Raw::section(0);
    raw.event_v1(types::CLOSE_E.0, 42, &[&7_i64.to_le_bytes()]).event_v1(types::FSTAT_X.0, 42, &[&res]);
    let (items, end, counts) = read_all(Capture::from_slice(&raw.0));
    assert!(end.is_none());
    assert_eq!((items.len(), counts.yielded, counts.enters_mismatched), (2, 1, 1));
}

#[test]
fn the_oldest_container_event_becomes_text() {
    let mut raw = Raw::section(0);
    raw.event_v1(types::CONTAINER_E.0, -1, &[b"id\0", &3_u32.to_le_bytes(), b"web\0", b"nginx\0"]);
    let mut capture = Capture::from_slice(&raw.0);
    assert!(matches!(capture.next().unwrap(), Some(Item::SnapshotEnd)));
    let Some(Item::Event(e)) = capture.next().unwrap() else { panic!("container") };
    assert_eq!((e.ty, e.hidden), (types::CONTAINER_JSON_2_E, true));
    let want = br#"{"container":{"id":"id","type":3,"name":"web","image":"nginx"}}"#;
    assert_eq!(e.params.charbuf(0), Some(&want[..]));
}

#[test]
fn dump_flag_hides_and_long_old_notifications_are_read() {
    let mut raw = Raw::section(0);
    let plain = support::event(types::CHDIR_X.0, 1, &[&[0; 8], b"/\0"], false, false);
    let flagged = [&plain[..2], &1_u32.to_le_bytes(), &plain[2..]].concat();
    raw.block(0x217, &flagged);
    let mut note = support::event(280, 1, &[b"id\0", b"desc\0"], true, false);
    note[18] += 3;
    raw.block(0x204, &note);
    let (items, end, counts) = read_all(Capture::from_slice(&raw.0));
    assert!(end.is_none());
    assert_eq!((counts.hidden, counts.yielded), (1, 2), "{items:?}");
}

#[test]
fn a_capture_concatenated_behind_resets_and_numbers_go_on() {
    let mut raw = Raw::section(2);
    raw.event_v2(types::CHDIR_X.0, 1, &[&[0; 8], b"/\0"]).more_section(1, 2);
    raw.block(0x202, &process(1)).event_v2(types::CHDIR_X.0, 2, &[&[0; 8], b"/\0"]);
    let mut capture = Capture::from_slice(&raw.0);
    let mut kinds = Vec::new();
    while let Some(item) = capture.next().unwrap() {
        kinds.push(describe(&item).split([' ', '(']).next().unwrap().to_owned());
    }
    assert_eq!(kinds, ["SnapshotEnd", "1", "Reset", "Process", "SnapshotEnd", "2"]);
    assert_eq!(capture.counts().sections, 2);
}

#[test]
fn what_cannot_be_decoded_is_counted_by_reason() {
    let mut raw = Raw::section(2);
    let ok: [&[u8]; 2] = [&[0; 8], b"/\0"];
    raw.event_v2(9999, 1, &ok)
        .event_v2(types::CHDIR_X.0, 1, &[&[0; 8], b"/\0", b"x"])
        .event_v2(types::READ_X.0, 1, &[&[0; 8]])
        .block(0x216, b"short")
        .event_v2(types::CHDIR_X.0, 1, &ok);
    let mut bad = support::event(types::CHDIR_X.0, 1, &ok, false, false);
    bad[28] = 200;
    raw.block(0x216, &bad).block(0x216, &vec![0; 70_000]);
    let mut capture = Capture::from_slice(&raw.0);
    let mut events = 0;
    while let Some(item) = capture.next().unwrap() {
        events += u64::from(matches!(item, Item::Event(_)));
    }
    let counts = capture.counts();
    assert_eq!((events, counts.unknown_numbers), (1, 1));
    let reasons: Vec<(EventFault, u64)> = counts.not_decoded().collect();
    use EventFault as F;
    let want = [F::Short, F::TooLong, F::TooManyParams, F::Lengths, F::NoConversion].map(|f| (f, 1));
    assert_eq!(reasons, want);
    let places: Vec<String> = capture.problems().iter().map(ToString::to_string).collect();
    assert_eq!(places[0], "capture block 2 at byte 84: event not decoded: too many parameters");
}
