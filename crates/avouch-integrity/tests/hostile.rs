//! A saved baseline from anybody: read within its bounds, never a panic, and nothing concluded from a damaged one.

use avouch_integrity::{LoadCounts, parse_saved};
use proptest::prelude::*;

const HEAD: &str = r#"{"avouch_integrity_baseline":1,"complete":true,"files":2,"watch":["/etc"],"exclude":[]}"#;
const LINE: &str = r#"{"path":"/etc/passwd","file":{"kind":"regular","sha256":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff","size":11,"mode":"0o0644","uid":0,"gid":0,"mtime":1,"ctime":-1,"ino":2,"dev":3}}"#;
const HEX: &str = r#"{"path":{"hex":"2fff"},"file":{"kind":"symlink","size":1,"mode":"0o0777","uid":0,"gid":0,"mtime":1,"ctime":1,"ino":2,"dev":3,"target":"x"}}"#;

fn whole() -> String {
    format!("{HEAD}\n{LINE}\n{HEX}\n")
}

#[test]
fn a_whole_one_is_read() {
    let saved = parse_saved(whole().as_bytes(), 10).unwrap();
    assert!(saved.complete);
    assert_eq!(saved.counts, LoadCounts::default());
    assert_eq!(saved.files.len(), 2);
    assert_eq!(saved.files[0].1.mode, 0o644);
    assert_eq!(saved.files[1].0.as_os_str().as_encoded_bytes(), b"/\xff");
}

#[test]
fn a_cut_or_false_one_is_not_complete() {
    let cut = format!("{HEAD}\n{LINE}\n");
    assert!(!parse_saved(cut.as_bytes(), 10).unwrap().complete);
    for bad in [
        LINE.replace("/etc", "etc"),
        LINE.replace("00112233", "0g112233"),
        LINE.replace("0o0644", "8"),
        "x".repeat(40_000),
    ] {
        let saved = parse_saved(format!("{HEAD}\n{bad}\n{LINE}\n{HEX}").as_bytes(), 10).unwrap();
        assert_eq!((saved.complete, saved.counts.bad_lines, saved.files.len()), (false, 1, 2), "{bad}");
    }
    let saved = parse_saved(whole().as_bytes(), 1).unwrap();
    assert_eq!((saved.complete, saved.counts.beyond_limit), (false, 1));
    assert_eq!(parse_saved(whole().replace("line\":1", "line\":2").as_bytes(), 10), None);
}

proptest! {
    #[test]
    fn any_bytes(data in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(parse_saved(&data, 10).is_none_or(|saved| saved.files.len() <= 10));
    }

    #[test]
    fn any_change_of_a_whole_one(at in 0..600_usize, byte: u8, cut in 0..700_usize) {
        let mut data = whole().into_bytes();
        if let Some(b) = data.get_mut(at) {
            *b = byte;
        }
        data.truncate(cut);
        if let Some(saved) = parse_saved(&data, 10) {
            prop_assert!(saved.files.iter().all(|(path, _)| path.is_absolute()));
            prop_assert!(!saved.complete || saved.files.len() == 2);
        }
    }
}
