//! What is done to a bundle is found and named.

use std::fs;
use std::path::Path;

use crate::estate::{Estate, RECORDING, copy, fine, run};
use serde_json::Value as Json;

#[test]
fn whatever_is_done_to_a_bundle_is_found_and_named() {
    let estate = Estate::new();
    let data = estate.data();
    let out = estate.report("out", &[]);
    let key = fs::read_dir(estate.path("data/ledger/keys")).unwrap().next().unwrap().unwrap().path();
    let key = key.display().to_string();
    let (head, _) = fine(&["ledger", "head", "--data", &data]);
    let anchor = estate.path("anchor.head");
    fs::write(&anchor, head).unwrap();

    let bundle = out.join("bundle").display().to_string();
    let (said, _) = fine(&["verify", &bundle, "--key", &key]);
    assert!(said.contains("bundle: intact"), "{said}");

    type Act<'a> = (&'a str, &'a dyn Fn(&Path), &'a str);
    let segment = |dir: &Path| dir.join("ledger/segments/00000001.jsonl");
    let lines = |dir: &Path, f: &dyn Fn(&mut Vec<String>)| {
        let text = fs::read_to_string(segment(dir)).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        f(&mut lines);
        fs::write(segment(dir), lines.join("\n") + "\n").unwrap();
    };
    let acts: &[Act<'_>] = &[
        ("edit", &|d| lines(d, &|l| l[19] = l[19].replace("web-1", "web-9")), "record 20"),
        ("deletion", &|d| lines(d, &|l| drop(l.remove(19))), "record 20"),
        ("insertion", &|d| lines(d, &|l| l.insert(19, l[18].clone())), "record 19: a second record"),
        ("reordering", &|d| lines(d, &|l| l.swap(19, 20)), "record 20"),
        ("cut tail", &|d| lines(d, &|l| l.truncate(40)), "record"),
        (
            "changed manifest",
            &|d| replace(&d.join("manifest.json"), "period report", "period rapport"),
            "the manifest was changed",
        ),
        (
            "changed list",
            &|d| replace(&d.join("populations/detections.csv"), "web-1", "web-9"),
            "populations/detections.csv was changed",
        ),
        (
            "removed file",
            &|d| fs::remove_file(d.join("populations/nodes.csv")).unwrap(),
            "populations/nodes.csv is missing",
        ),
        ("added file", &|d| fs::write(d.join("extra.txt"), "x").unwrap(), "extra.txt is not in the manifest"),
        (
            "changed report",
            &|d| replace(&d.parent().unwrap().join("report.html"), "AC-01", "AC-10"),
            "report.html CHANGED",
        ),
    ];
    for (what, act, named) in acts {
        let dir = tempfile::tempdir().unwrap();
        copy(&out, dir.path());
        act(&dir.path().join("bundle"));
        let (said, _, code) = run(&["verify", &dir.path().join("bundle").display().to_string(), "--key", &key]);
        assert_eq!(code, 1, "{what}: {said}");
        assert!(said.contains(named), "{what} is named: {said}");
    }

    // Another key than the one that signed.
    let other = estate.path("other");
    fine(&["replay", RECORDING, "--rules", "rules", "--quiet", "--data", &other, "--node", "x"]);
    let foreign = fs::read_dir(Path::new(&other).join("ledger/keys")).unwrap().next().unwrap().unwrap().path();
    let (said, _, code) = run(&["verify", &bundle, "--key", &foreign.display().to_string()]);
    assert_eq!((code, said.contains("none that you trust")), (1, true), "{said}");

    // A ledger whose end was cut, with its heads: only a head from outside shows it.
    let cut = tempfile::tempdir().unwrap();
    copy(Path::new(&estate.path("data/ledger")), cut.path());
    lines_of(&cut.path().join("segments/00000001.jsonl"), |l| l.truncate(57));
    let heads = fs::read_to_string(cut.path().join("heads.jsonl")).unwrap();
    let kept: Vec<&str> =
        heads.lines().filter(|l| serde_json::from_str::<Json>(l).unwrap()["last_seq"].as_u64() <= Some(57)).collect();
    fs::write(cut.path().join("heads.jsonl"), kept.join("\n") + if kept.is_empty() { "" } else { "\n" }).unwrap();
    let dir = cut.path().display().to_string();
    let (said, _, code) = run(&["verify", &dir, "--key", &key, "--anchor", &anchor]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("NOT INTACT"), "{said}");
}

fn lines_of(path: &Path, f: impl FnOnce(&mut Vec<String>)) {
    let mut lines: Vec<String> = fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    f(&mut lines);
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{} holds no {from}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}
