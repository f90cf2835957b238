//! Changes of real files, told as events tell them.

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::sync::mpsc;

use avouch_integrity::{Aspect, ChangeKind, ContentChanged, FileKind, Found, NotHashed, Place, Seen, UnknownState};
use support::{Watched, file};

#[test]
fn a_changed_file_has_its_digest_before_and_after_and_who() {
    let mut w = Watched::started();
    let change = w.write("passwd", "root:x:0:0\nevil:x:0:0\n");
    // From `sha256sum`.
    let sha = |seen| file(seen).sha256.unwrap().to_string();
    assert_eq!(sha(&change.before), "7cf1f940025c27c78e5e4a707519f0e06178702e6dc16722f3d48e13f5e60d9e");
    assert_ne!(sha(&change.before), sha(&change.after));
    assert_eq!((&change.content_changed, change.found), (&ContentChanged::Yes, Found::Event));
    assert_eq!(change.differs, [Aspect::Content, Aspect::Mtime]);
    assert_eq!((change.changes[0].who.exe.as_str(), change.changes[0].event), ("/usr/bin/vi", 1));
}

#[test]
fn a_touched_file_is_said_to_be_the_same() {
    let mut w = Watched::started();
    let change = w.write("passwd", "root:x:0:0\n");
    assert_eq!((change.content_changed, change.differs), (ContentChanged::No, vec![Aspect::Mtime]));
}

#[test]
fn many_changes_of_a_moment_are_one_record() {
    let mut w = Watched::started();
    let path = w.path("passwd");
    fs::write(&path, "other").unwrap();
    for _ in 0..20 {
        w.tell(ChangeKind::Write, &path, None);
    }
    let change = w.change_of(&path);
    assert_eq!(change.changes.len() as u64 + change.more_changes, 20);
    assert!(w.stop().is_empty());
}

#[test]
fn a_file_replaced_by_another_is_told_under_both_names() {
    let mut w = Watched::started();
    let (new, path) = (w.path("passwd.new"), w.path("passwd"));
    fs::write(&new, "evil").unwrap();
    fs::rename(&new, &path).unwrap();
    w.tell(ChangeKind::Rename, &new, Some(&path));
    let mut changes = [w.change_of(&path)].into_iter().chain(w.stop()).collect::<Vec<_>>();
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(changes[0].differs, [Aspect::Content, Aspect::Inode, Aspect::Mtime]);
    // The order in which both are read is not promised; the other name came and went.
    if let Some(other) = changes.get(1) {
        assert_eq!((&other.before, &other.after), (&Seen::Absent, &Seen::Absent));
    }
}

#[test]
fn a_name_from_outside_that_replaces_a_watched_file_counts() {
    let mut w = Watched::started();
    let (new, path) = (w.folder.path().join("elsewhere"), w.path("passwd"));
    fs::write(&new, "evil").unwrap();
    fs::rename(&new, &path).unwrap();
    w.tell(ChangeKind::Rename, &new, Some(&path));
    assert_eq!(w.change_of(&path).content_changed, ContentChanged::Yes);
}

#[test]
fn mode_and_owner() {
    let mut w = Watched::started();
    let path = w.path("passwd");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o4777)).unwrap();
    w.tell(ChangeKind::Mode, &path, None);
    let change = w.change_of(&path);
    assert_eq!((change.differs, change.content_changed), (vec![Aspect::Mode], ContentChanged::No));
    assert_eq!(file(&change.after).mode, 0o4777);
    if !support::root() {
        println!("skipped: the owner of a file is changed by root only");
        return;
    }
    chown(&path, Some(12), Some(34)).unwrap();
    w.tell(ChangeKind::Owner, &path, None);
    let change = w.change_of(&path);
    // The kernel takes the set-user bit away with the owner.
    assert_eq!(change.differs, [Aspect::Mode, Aspect::Owner]);
    assert_eq!((file(&change.after).uid, file(&change.after).gid), (12, 34));
}

#[test]
fn files_come_and_go() {
    let mut w = Watched::started();
    let change = w.write("shadow", "x");
    assert_eq!((&change.before, &change.differs[..]), (&Seen::Absent, &[Aspect::Appeared][..]));
    let path = w.path("shadow");
    fs::remove_file(&path).unwrap();
    w.tell(ChangeKind::Remove, &path, None);
    let change = w.change_of(&path);
    assert_eq!((&change.after, change.content_changed), (&Seen::Absent, ContentChanged::Yes));
    assert!(file(&change.before).sha256.is_some());
}

#[test]
fn a_file_swapped_for_a_link_is_not_followed() {
    let mut w = Watched::started();
    let path = w.path("passwd");
    fs::remove_file(&path).unwrap();
    symlink("/etc/hostname", &path).unwrap();
    w.tell(ChangeKind::Link, &path, None);
    let change = w.change_of(&path);
    let after = file(&change.after);
    assert_eq!((after.kind, after.target.as_deref(), after.sha256), (FileKind::Symlink, Some("/etc/hostname"), None));
    assert!(change.differs.contains(&Aspect::Kind) && change.differs.contains(&Aspect::Target));
    fs::remove_file(&path).unwrap();
    symlink("/etc/shadow", &path).unwrap();
    w.tell(ChangeKind::Link, &path, None);
    assert_eq!(w.change_of(&path).content_changed, ContentChanged::Yes);
}

#[test]
fn pipes_and_huge_files_are_not_read() {
    let mut w = Watched::new();
    rustix::fs::mknodat(rustix::fs::CWD, w.path("pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .unwrap();
    // A file with a hole takes no room.
    let huge = w.path("huge");
    fs::File::create(&huge).unwrap().set_len(1 << 40).unwrap();
    let baseline = w.start();
    assert_eq!(baseline.not_hashed, 1);
    assert!(baseline.bytes < 1 << 20, "{}", baseline.bytes);
    w.tell(ChangeKind::Write, &huge, None);
    let change = w.change_of(&huge);
    assert_eq!(file(&change.after).not_hashed, Some(NotHashed::TooLarge));
    assert_eq!(change.content_changed, ContentChanged::Unknown("too_large".to_owned()));
    let pipe = w.path("pipe");
    w.tell(ChangeKind::Mode, &pipe, None);
    assert_eq!(file(&w.change_of(&pipe).after).kind, FileKind::Fifo);
}

#[test]
fn an_unreadable_file_is_unknown() {
    if support::root() {
        println!("skipped: root reads everything");
        return;
    }
    let mut w = Watched::new();
    fs::set_permissions(w.path("passwd"), fs::Permissions::from_mode(0o000)).unwrap();
    assert_eq!(w.start().not_hashed, 1);
    let path = w.path("passwd");
    w.tell(ChangeKind::Write, &path, None);
    assert_eq!(w.change_of(&path).content_changed, ContentChanged::Unknown("denied".to_owned()));
}

#[test]
fn a_change_older_than_the_reading_before_it_leaves_the_content_unknown() {
    let mut w = Watched::new();
    let path = w.path("passwd");
    fs::write(&path, "evil").unwrap();
    let told = support::now();
    w.start();
    w.integrity.as_mut().unwrap().changed(avouch_integrity::Change {
        path: path.clone(),
        to: None,
        place: Place::Host,
        kind: ChangeKind::Write,
        time: told,
        event: 1,
        who: std::sync::Arc::default(),
    });
    let change = w.change_of(&path);
    assert_eq!(change.content_changed, ContentChanged::Unknown("before: read_after_the_change".to_owned()));
}

#[test]
fn what_no_event_told_is_found_and_who_held_the_file_open_is_named() {
    let mut w = Watched::new();
    w.config.sweep_seconds = 1;
    w.start();
    // Opened to write, told, and written much later.
    let first = w.write("passwd", "root:x:0:0\n");
    assert_eq!(first.content_changed, ContentChanged::No);
    let path = w.path("passwd");
    fs::write(&path, "evil").unwrap();
    fs::write(w.path("new"), "x").unwrap();
    let change = w.change_of(&path);
    assert_eq!((change.found, &change.content_changed), (Found::Sweep, &ContentChanged::Yes));
    assert_eq!(change.changes.len(), 1);
    assert!(change.first.is_none());
    fs::remove_file(&path).unwrap();
    let change = w.change_of(&path);
    assert_eq!((change.found, &change.after), (Found::Sweep, &Seen::Absent));
}

#[test]
fn a_folder_that_moves_takes_its_files_along() {
    let mut w = Watched::new();
    fs::create_dir(w.path("ssh")).unwrap();
    fs::write(w.path("ssh/sshd_config"), "x").unwrap();
    w.start();
    let (from, to) = (w.path("ssh"), w.path("ssh2"));
    fs::rename(&from, &to).unwrap();
    w.tell(ChangeKind::Rename, &from, Some(&to));
    let appeared = w.change_of(&to.join("sshd_config"));
    assert_eq!((appeared.found, appeared.before, appeared.changes.len()), (Found::Sweep, Seen::Absent, 1));
}

#[test]
fn more_changes_than_fit_are_counted_and_found_by_a_look() {
    let mut w = Watched::new();
    w.config.max_pending = 1;
    w.start();
    fs::write(w.path("a"), "a").unwrap();
    fs::write(w.path("b"), "b").unwrap();
    let (a, b) = (w.path("a"), w.path("b"));
    w.tell(ChangeKind::Create, &a, None);
    w.tell(ChangeKind::Create, &b, None);
    let change = w.change_of(&b);
    let overflow = w.integrity.as_ref().unwrap().counts().pending_overflow;
    // On a busy machine the first may have been read before the second came.
    assert!(overflow == 1 || change.found == Found::Event, "{overflow} {change:?}");
}

#[test]
fn a_container_is_read_in_its_own_root_and_no_link_leads_out() {
    if !support::root() {
        println!("skipped: a root of its own needs root");
        return;
    }
    let mut w = Watched::started();
    let inside = tempfile::tempdir().unwrap();
    // Inside, the watched folder is a link that leads to the host's, and must not.
    let in_container = inside.path().join(w.folder.path().strip_prefix("/").unwrap());
    fs::create_dir_all(in_container.join("etc")).unwrap();
    fs::write(in_container.join("etc/passwd"), "of the container").unwrap();
    symlink("/proc/1/root/etc/passwd", in_container.join("etc/escape")).unwrap();
    symlink("/etc", in_container.join("etc/out")).unwrap();
    let (told, tid) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let root = inside.path().to_owned();
    let thread = std::thread::spawn(move || {
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_FS).unwrap();
        nix::unistd::chroot(&root).unwrap();
        told.send(rustix::thread::gettid().as_raw_nonzero().get()).unwrap();
        ended.recv().ok();
    });
    let tid = tid.recv().unwrap();
    let place = |pids: Vec<i32>| Place::Container { id: "c0ffee".to_owned(), pids };
    let path = w.path("passwd");

    // Another container with the same root, whose files are read when it is first seen.
    let seen = || Place::Container { id: "beef".to_owned(), pids: vec![tid] };
    assert!(w.integrity.as_mut().unwrap().container("beef", &[i32::MAX, tid]));
    w.wait_until(|counts| counts.containers == 1);
    w.tell_in(seen(), ChangeKind::Write, &path, None);
    let change = w.change_of(&path);
    assert_eq!((change.container.as_str(), file(&change.before).size), ("beef", 16));
    assert_eq!(change.content_changed, ContentChanged::No);
    let escape = w.path("escape");
    w.tell_in(seen(), ChangeKind::Link, &escape, None);
    assert_eq!(file(&w.change_of(&escape).before).kind, FileKind::Symlink, "read, not followed");

    w.tell_in(place(vec![i32::MAX, tid]), ChangeKind::Write, &path, None);
    let change = w.change_of(&path);
    assert_eq!((change.container.as_str(), &change.before), ("c0ffee", &Seen::Unknown(UnknownState::NotInBaseline)));
    assert_eq!(file(&change.after).size, 16);
    fs::write(in_container.join("etc/passwd"), "evil").unwrap();
    w.tell_in(place(vec![tid]), ChangeKind::Write, &path, None);
    assert_eq!(w.change_of(&path).content_changed, ContentChanged::Yes);

    w.tell_in(place(vec![tid]), ChangeKind::Link, &escape, None);
    assert_eq!(file(&w.change_of(&escape).after).kind, FileKind::Symlink);
    // `/etc/hostname` is the host's; in the container there is no `/etc`.
    let out = w.path("out/hostname");
    w.tell_in(place(vec![tid]), ChangeKind::Write, &out, None);
    assert_eq!(w.change_of(&out).after, Seen::Absent);

    // The root is held from when the change was told, not from when it is read.
    fs::write(in_container.join("etc/passwd"), "the last").unwrap();
    w.tell_in(place(vec![tid]), ChangeKind::Write, &path, None);
    end.send(()).unwrap();
    thread.join().unwrap();
    assert_eq!(file(&w.change_of(&path).after).size, 8);
}

#[test]
fn of_a_container_that_is_gone_nothing_is_guessed() {
    let mut w = Watched::started();
    let path = w.path("passwd");
    let own = i32::try_from(std::process::id()).unwrap();
    for (pid, why) in [(i32::MAX, UnknownState::ContainerGone), (own, UnknownState::NotInContainer)] {
        let place = Place::Container { id: format!("c{pid}"), pids: vec![pid] };
        w.tell_in(place, ChangeKind::Write, &path, None);
        let change = w.change_of(&path);
        assert_eq!(change.after, Seen::Unknown(why));
        assert!(matches!(change.content_changed, ContentChanged::Unknown(_)));
    }
}
