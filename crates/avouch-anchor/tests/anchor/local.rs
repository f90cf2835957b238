use std::{fs, path::Path, process::Command};

use avouch_anchor::{Anchor, AnchorError, FileAnchor, GitAnchor, Head};

use crate::{LINE, head};

#[test]
fn a_file_gets_one_head_a_line() {
    let dir = tempfile::tempdir().unwrap();
    let anchor = FileAnchor { path: dir.path().join("heads.jsonl") };
    anchor.publish(&head()).unwrap();
    let receipt = anchor.publish(&Head { line: b"{\"second\":1}", ..head() }).unwrap();
    assert_eq!(receipt.place, anchor.path.display().to_string());
    let expected = [LINE, b"\n{\"second\":1}\n"].concat();
    assert_eq!(fs::read(&anchor.path).unwrap(), expected);
    // After a line that was cut short, the next head begins a line of its own.
    fs::write(&anchor.path, "{\"cut").unwrap();
    anchor.publish(&head()).unwrap();
    assert_eq!(fs::read(&anchor.path).unwrap(), [b"{\"cut\n", LINE, b"\n"].concat());
}

#[test]
fn what_cannot_be_published_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let anchor = FileAnchor { path: dir.path().join("no/such/folder") };
    assert!(matches!(anchor.publish(&head()), Err(AnchorError::Io { .. })));
    let anchor = FileAnchor { path: dir.path().join("heads") };
    for bad in [Head { line: b"a\nb", ..head() }, Head { ledger: "../x", ..head() }, Head { ledger: "", ..head() }] {
        assert!(matches!(anchor.publish(&bad), Err(AnchorError::NotAHead)));
    }
    assert!(!anchor.path.exists());
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(dir).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_repository_gets_a_commit_for_each_head_and_is_pushed() {
    let dir = tempfile::tempdir().unwrap();
    let (work, remote) = (dir.path().join("work"), dir.path().join("remote"));
    git(dir.path(), &["init", "--quiet", "--bare", remote.to_str().unwrap()]);
    git(dir.path(), &["init", "--quiet", work.to_str().unwrap()]);
    git(&work, &["remote", "add", "origin", remote.to_str().unwrap()]);
    let anchor = GitAnchor { repository: work.clone(), push: Some(("origin".into(), "refs/heads/main".into())) };
    let first = anchor.publish(&head()).unwrap();
    let second = anchor.publish(&Head { line: b"{\"second\":1}", last_seq: 43, ..head() }).unwrap();
    // Again: nothing to commit is no error.
    assert_eq!(anchor.publish(&Head { line: b"{\"second\":1}", last_seq: 43, ..head() }).unwrap(), second);
    assert_ne!(first.place, second.place);
    let log = git(&remote, &["log", "--format=%s", "main"]);
    assert_eq!(log, "Head of ledger 0011aabb at record 43\nHead of ledger 0011aabb at record 42");
    let stored = git(&remote, &["show", "main:heads/0011aabb.jsonl"]);
    assert_eq!(stored.as_bytes(), [LINE, b"\n{\"second\":1}"].concat());
    assert_eq!(second.place, format!("commit {}", git(&remote, &["rev-parse", "main"])));
}

#[test]
fn a_push_that_fails_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "--quiet"]);
    let push = Some(("/no/such/remote".to_owned(), "main".to_owned()));
    let anchor = GitAnchor { repository: dir.path().to_owned(), push };
    assert!(matches!(anchor.publish(&head()), Err(AnchorError::Git { command, .. }) if command == "push"));
    fs::create_dir(dir.path().join("below")).unwrap();
    for name in ["none", "below"] {
        let anchor = GitAnchor { repository: dir.path().join(name), push: None };
        assert!(
            matches!(anchor.publish(&head()), Err(AnchorError::Git { command, .. }) if command == "rev-parse"),
            "{name}"
        );
    }
}
