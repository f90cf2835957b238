//! What changed while nobody watched.

mod support;

use std::fs;

use avouch_integrity::{Aspect, Config, ContentChanged, Found, IntegrityChange, Seen};
use support::Watched;

/// Everything that is told until the watch stops.
fn told(w: &mut Watched, paths: &[&str]) -> Vec<IntegrityChange> {
    paths.iter().map(|name| w.path(name)).collect::<Vec<_>>().iter().map(|path| w.change_of(path)).collect()
}

#[test]
fn changes_while_the_agent_was_down_are_found() {
    let mut w = Watched::new();
    for name in ["group", "hosts", "same"] {
        fs::write(w.path(name), name).unwrap();
    }
    assert!(!w.start().compared);
    assert!(w.stop().is_empty());
    fs::write(w.path("passwd"), "evil").unwrap();
    fs::remove_file(w.path("group")).unwrap();
    fs::write(w.path("new"), "new").unwrap();
    // The same bytes once more are no change.
    fs::write(w.path("same"), "same").unwrap();

    let baseline = w.start();
    assert!(baseline.compared);
    let mut changes = told(&mut w, &[]);
    changes.extend(w.stop());
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    let told: Vec<_> =
        changes.iter().map(|c| (c.path.rsplit('/').next().unwrap(), c.found, c.differs.clone())).collect();
    let found = Found::ChangedWhileNotWatching;
    assert_eq!(
        told,
        [
            ("group", found, vec![Aspect::Removed]),
            ("new", found, vec![Aspect::Appeared]),
            ("passwd", found, vec![Aspect::Content, Aspect::Mtime]),
        ]
    );
    assert!(matches!(&changes[2].before, Seen::Saved(state) if state.sha256.is_some()));
    assert!(changes.iter().all(|c| c.changes.is_empty() && c.content_changed == ContentChanged::Yes));

    // They were told, and are not told again.
    w.start();
    assert!(w.stop().is_empty());
}

#[test]
fn a_digest_is_read_anew_although_size_and_times_were_set_back() {
    let mut w = Watched::new();
    w.start();
    w.stop();
    let path = w.path("passwd");
    let before = fs::metadata(&path).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"evil", 0).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    w.start();
    let changes = w.stop();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].differs, [Aspect::Content]);
}

#[test]
fn what_was_not_watched_before_is_not_new() {
    let mut w = Watched::new();
    w.start();
    w.stop();
    let more = w.folder.path().join("more");
    fs::create_dir(&more).unwrap();
    fs::write(more.join("file"), "x").unwrap();
    w.config = Config { watch: [w.config.watch.clone(), vec![more.to_str().unwrap().to_owned()]].concat(), ..w.config };
    let baseline = w.start();
    assert!(!baseline.compared);
    assert!(w.stop().is_empty());
}

#[test]
fn a_damaged_baseline_is_said_and_nothing_is_concluded_from_what_it_lacks() {
    let mut w = Watched::new();
    fs::write(w.path("hosts"), "x").unwrap();
    w.start();
    w.stop();
    let text = fs::read_to_string(w.saved()).unwrap();
    let without: Vec<_> = text.lines().map(|l| if l.contains("hosts") { "{}" } else { l }).collect();
    fs::write(w.saved(), without.join("\n")).unwrap();
    let baseline = w.start();
    assert_eq!(baseline.load_failed.as_deref(), Some("1 lines are no files, 0 are beyond the limit"));
    assert!(w.stop().is_empty());
    fs::write(w.saved(), "no baseline").unwrap();
    assert!(w.start().load_failed.unwrap().contains("not a baseline"));
    w.stop();
    fs::remove_file(w.saved()).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", w.saved()).unwrap();
    assert!(w.start().load_failed.is_some(), "a link is not followed");
}

#[test]
fn bounds_hold_and_what_does_not_fit_is_counted() {
    let mut w = Watched::new();
    for i in 0..20 {
        fs::write(w.path(&format!("f{i}")), "x").unwrap();
    }
    w.config.max_files = 10;
    let baseline = w.start();
    // The folder, `passwd` and the twenty.
    assert_eq!((baseline.files, baseline.not_kept), (10, 12));
    let path = w.path("f9");
    w.tell(avouch_integrity::ChangeKind::Write, &path, None);
    let before = w.change_of(&path).before;
    assert!(matches!(before, Seen::Unknown(_)), "it was there, and nobody knows how: {before:?}");
}
