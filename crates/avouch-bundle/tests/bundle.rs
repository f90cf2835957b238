//! A bundle is made, handed over, changed in every way, and one record of it is shown alone.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::{fs, path::Path};

use avouch_bundle::{BundleProblem, BundleReport, Evidence, prove, prove_all, verify, write_manifest};
use avouch_ledger::{Draft, Fault, Ledger, Options, PublicKey, Reader, Source, Time, Trust, Verdict};
use serde_json::json;
use tempfile::TempDir;

fn ledger(dir: &Path, records: u64) -> Ledger {
    let (mut ledger, _) = Ledger::open(dir, Options::default(), Time(0)).unwrap();
    for n in 0..records {
        let source = Source { name: "node-1".into(), run: "1".into() };
        let body = json!({ "n": n });
        ledger.append(Draft { time: Time(n), source, source_seq: None, kind: "finding".into(), body }).unwrap();
        if n == records / 2 {
            ledger.seal(Time(n)).unwrap();
        }
    }
    ledger.packed().unwrap();
    ledger.checkpoint(Time(records)).unwrap();
    ledger
}

/// A bundle with populations, a ledger and an anchor; and the ledger's key.
fn bundle() -> (TempDir, PublicKey) {
    let dir = tempfile::tempdir().unwrap();
    let (source, bundle) = (dir.path().join("source"), dir.path().join("bundle"));
    let ledger = ledger(&source, 20);
    for folder in ["ledger/segments", "ledger/keys", "populations", "anchors"] {
        fs::create_dir_all(bundle.join(folder)).unwrap();
    }
    for name in ["heads.jsonl", "segments/00000001.jsonl.zst", "segments/00000002.jsonl"] {
        fs::copy(source.join(name), bundle.join("ledger").join(name)).unwrap();
    }
    let key = format!("keys/{}.pub", ledger.public_key().id());
    fs::copy(source.join(&key), bundle.join("ledger").join(&key)).unwrap();
    fs::write(bundle.join("populations/findings.csv"), "id,time\n1,2026\n").unwrap();
    fs::write(bundle.join("report.html"), "<p>no evidence</p>").unwrap();
    fs::write(bundle.join("anchors/2026.head"), [ledger.last_head().unwrap().line(), b"\n".to_vec()].concat()).unwrap();
    write_manifest(&bundle, json!({"query": "all", "rows": 1}), &ledger).unwrap();
    let key = ledger.public_key();
    (dir, key)
}

fn check(dir: &TempDir, key: PublicKey) -> BundleReport {
    verify(&dir.path().join("bundle"), &Trust { keys: vec![key], ..Trust::default() }).unwrap()
}

#[test]
fn a_bundle_as_it_was_made_is_intact() {
    let (dir, key) = bundle();
    let report = check(&dir, key);
    assert_eq!((report.verdict, report.files, report.key_trusted), (Verdict::Intact, 7, true), "{report:#?}");
    assert_eq!((report.about, report.key), (json!({"query": "all", "rows": 1}), key.id()));
    let ledger = report.ledger.unwrap();
    assert_eq!((ledger.verdict, ledger.records, ledger.anchors[0].matches), (Verdict::Intact, 22, Some(true)));
    // Without a key from outside it still holds together, and says that nobody vouched for the key.
    let report = verify(&dir.path().join("bundle"), &Trust::default()).unwrap();
    assert_eq!((report.verdict, report.key_trusted), (Verdict::Intact, false));
}

#[test]
fn the_same_files_give_the_same_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = ledger(&dir.path().join("ledger"), 1);
    let texts = ["a", "b"].map(|name| {
        let bundle = dir.path().join(name);
        fs::create_dir_all(bundle.join("x")).unwrap();
        let mut files = [("x/2", "two"), ("x/10", "ten"), ("ü", "")];
        if name == "b" {
            files.reverse();
        }
        files.iter().for_each(|(path, text)| fs::write(bundle.join(path), text).unwrap());
        write_manifest(&bundle, json!({"b": 1, "a": 2}), &ledger).unwrap();
        // Written again over itself, it does not name itself.
        write_manifest(&bundle, json!({"a": 2, "b": 1}), &ledger).unwrap();
        (fs::read(bundle.join("manifest.json")).unwrap(), fs::read(bundle.join("manifest.sig")).unwrap())
    });
    assert_eq!(texts[0], texts[1]);
    // printf two | sha256sum
    let two = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";
    let named = format!(r#"{{"bytes":3,"path":"x/2","sha256":"{two}"}}"#);
    assert!(String::from_utf8_lossy(&texts[0].0).contains(&named));
}

#[test]
fn every_way_to_change_a_bundle_is_named() {
    type Case = (&'static str, fn(&Path), fn(&BundleProblem) -> bool);
    let cases: [Case; 10] = [
        (
            "a file edited",
            |dir| fs::write(dir.join("populations/findings.csv"), "id,time\n2,2026\n").unwrap(),
            |p| matches!(p, BundleProblem::FileChanged { path, .. } if path == "populations/findings.csv"),
        ),
        (
            "a file removed",
            |dir| fs::remove_file(dir.join("report.html")).unwrap(),
            |p| matches!(p, BundleProblem::FileMissing { path } if path == "report.html"),
        ),
        (
            "a file added",
            |dir| fs::write(dir.join("populations/more.csv"), "").unwrap(),
            |p| matches!(p, BundleProblem::FileNotInManifest { path } if path == "populations/more.csv"),
        ),
        (
            "the manifest edited",
            |dir| {
                let path = dir.join("manifest.json");
                let text = fs::read_to_string(&path).unwrap().replace("\"rows\":1", "\"rows\":2");
                fs::write(path, text).unwrap();
            },
            |p| matches!(p, BundleProblem::ManifestChanged),
        ),
        (
            "the manifest with a space",
            |dir| {
                let path = dir.join("manifest.json");
                let text = fs::read_to_string(&path).unwrap().replace("\"rows\":1", "\"rows\": 1");
                fs::write(path, text).unwrap();
            },
            |p| matches!(p, BundleProblem::ManifestMalformed { .. }),
        ),
        (
            "the signature edited",
            |dir| {
                let path = dir.join("manifest.sig");
                let text = fs::read_to_string(&path).unwrap();
                let first = if text.starts_with('0') { "1" } else { "0" };
                fs::write(path, format!("{first}{}", &text[1..])).unwrap();
            },
            |p| matches!(p, BundleProblem::ManifestChanged),
        ),
        (
            "no manifest",
            |dir| fs::remove_file(dir.join("manifest.json")).unwrap(),
            |p| matches!(p, BundleProblem::ManifestMissing { path } if path == "manifest.json"),
        ),
        (
            "no signature",
            |dir| fs::remove_file(dir.join("manifest.sig")).unwrap(),
            |p| matches!(p, BundleProblem::ManifestMissing { path } if path == "manifest.sig"),
        ),
        (
            "a link in place of a file",
            |dir| {
                fs::remove_file(dir.join("report.html")).unwrap();
                std::os::unix::fs::symlink("/etc/hostname", dir.join("report.html")).unwrap();
            },
            |p| matches!(p, BundleProblem::NotAFile { path } if path == "report.html"),
        ),
        (
            "a segment edited",
            |dir| {
                let path = dir.join("ledger/segments/00000002.jsonl");
                let text = fs::read_to_string(&path).unwrap().replace("\"n\":15", "\"n\":51");
                fs::write(path, text).unwrap();
            },
            |p| matches!(p, BundleProblem::FileChanged { path, .. } if path == "ledger/segments/00000002.jsonl"),
        ),
    ];
    for (name, change, expected) in cases {
        let (dir, key) = bundle();
        change(&dir.path().join("bundle"));
        let report = check(&dir, key);
        assert_eq!(report.verdict, Verdict::Failed, "{name}");
        assert!(report.problems.iter().any(expected), "{name}: {:#?}", report.problems);
    }
}

#[test]
fn the_ledger_inside_is_verified_and_its_problem_named() {
    let (dir, key) = bundle();
    let path = dir.path().join("bundle/ledger/segments/00000002.jsonl");
    let text = fs::read_to_string(&path).unwrap().replace("\"n\":15", "\"n\":51");
    fs::write(path, text).unwrap();
    let ledger = check(&dir, key).ledger.unwrap();
    assert_eq!((ledger.verdict, ledger.problems[0].fault), (Verdict::Failed, Fault::Edited));
    assert_eq!(ledger.problems[0].seq, Some(18));
}

#[test]
fn a_cut_tail_that_was_signed_anew_is_found_by_the_anchor_in_the_bundle() {
    let (dir, key) = bundle();
    let bundle = dir.path().join("bundle");
    // What an insider with the key can do: cut records and heads, and sign another manifest.
    let cut = |path: &Path, keep: usize| {
        let text = fs::read_to_string(path).unwrap();
        let kept: Vec<&str> = text.split_inclusive('\n').take(keep).collect();
        fs::write(path, kept.concat()).unwrap();
    };
    fs::remove_file(bundle.join("ledger/segments/00000002.jsonl")).unwrap();
    cut(&bundle.join("ledger/heads.jsonl"), 2);
    let (signer, _) = Ledger::open(&dir.path().join("source"), Options::default(), Time(99)).unwrap();
    write_manifest(&bundle, json!({}), &signer).unwrap();
    let report = check(&dir, key);
    assert_eq!((report.problems, report.verdict), (vec![], Verdict::Failed));
    let ledger = report.ledger.unwrap();
    assert_eq!((ledger.problems[0].fault, ledger.anchors[0].matches), (Fault::CutTail, Some(false)));
}

#[test]
fn another_key_than_the_one_given_is_named() {
    let (dir, _) = bundle();
    let (_other, key) = bundle();
    let report = check(&dir, key);
    assert!(report.problems.iter().any(|p| matches!(p, BundleProblem::WrongKey { .. })), "{report:#?}");
    assert_eq!(report.ledger.unwrap().problems[0].fault, Fault::WrongKey);
}

#[test]
fn one_record_is_shown_to_belong_to_a_signed_head() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = ledger(dir.path(), 20);
    let reader = Reader::open(dir.path()).unwrap();
    for seq in 1..=ledger.last_seq() {
        let evidence = prove(&reader, seq).unwrap().unwrap();
        assert!(evidence.holds() && evidence.head.verify(&ledger.public_key()), "{seq}");
        let mut edited = evidence.clone();
        let last = edited.line.len() - 3;
        edited.line[last] ^= 1;
        assert!(!edited.holds());
        let mut moved: Evidence = evidence.clone();
        moved.proof.index += 1;
        assert!(!moved.holds());
        for at in 0..evidence.proof.path.len() {
            let mut other = evidence.clone();
            other.proof.path[at].0[0] ^= 1;
            assert!(!other.holds());
            let mut short = evidence.clone();
            short.proof.path.remove(at);
            assert!(!short.holds());
        }
    }
    assert!(prove(&reader, 99).unwrap().is_none());
}

#[test]
fn a_record_that_was_changed_is_not_proven_and_the_others_still_are() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = ledger(dir.path(), 20);
    let path = dir.path().join("segments/00000002.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.replace(r#""what":{"n":15}"#, r#""what":{"n":51}"#);
    assert_ne!(text, changed);
    fs::write(&path, &changed).unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    let all = prove_all(&reader, &(1..=ledger.last_seq()).collect()).unwrap();
    let broken: Vec<&Evidence> = all.values().filter(|e| !e.holds()).collect();
    assert_eq!((all.len() as u64, broken.len()), (ledger.last_seq(), 1));
    assert!(String::from_utf8_lossy(&broken[0].line).contains(r#"{"n":51}"#));
}
