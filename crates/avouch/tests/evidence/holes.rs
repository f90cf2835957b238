//! Acceptances held against the evidence that they worked on.

use std::fs;

use crate::estate::{fine, run};
use crate::ten::WEEK;

#[test]
fn an_acceptance_that_hid_nothing_is_named_and_one_that_did_is_not() {
    let data = WEEK.estate.data();
    let dir = tempfile::tempdir().unwrap();
    let used = fs::read_to_string(WEEK.estate.path("acceptances.yaml")).unwrap();
    let unused = used.replace("ACC-1", "ACC-2").replace("[root]", "[nobody]").replace("acceptances:\n", "");
    let path = dir.path().join("two.yaml");
    fs::write(&path, used + &unused).unwrap();
    let path = path.display().to_string();
    let check = ["acceptances", "check", &path, "--at", "2026-07-03T12:00:00Z", "--concise"];
    let (said, _) = fine(&[&check[..], &["--data", &data]].concat());
    let named: Vec<&str> = said.lines().filter(|l| l.contains("C0306")).collect();
    assert!(named.len() == 1 && named[0].contains("acceptance `ACC-2` let nothing be"), "{said}");
    // Without evidence nothing is said of it, and with `--strict` it is an error.
    assert!(!fine(&check).0.contains("C0306"));
    assert_eq!(run(&[&check[..], &["--data", &data, "--strict"]].concat()).2, 2);
    // Before it began it cannot have been of use.
    let before = ["acceptances", "check", &path, "--at", "2026-07-01", "--data", &data];
    assert!(!fine(&before).0.contains("C0306"));
}
