//! Controls, coverage and acceptances as a user meets them.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

const STARTER: &str = "controls/lists/kubernetes-starter";

/// Set to write the matrix instead of comparing it.
const RENEW: &str = "AVOUCH_RENEW";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn run(args: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_avouch"));
    let out = command.args(args).current_dir(root()).env("NO_COLOR", "1").output().unwrap();
    let text = |b: Vec<u8>| String::from_utf8(b).unwrap();
    (text(out.stdout), text(out.stderr), out.status.code().unwrap())
}

fn lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// A list version for comparing, from the shipped one.
fn second_version(folder: &Path) -> String {
    let text = std::fs::read_to_string(root().join(STARTER).join("v1.yaml")).unwrap();
    let head = "version: 2\n  approved: {by: Ann Example, on: 2026-01-01}\n  valid: {from: 2026-01-01}";
    let changed = text.replacen("version: 1", head, 1).replace("owner: Incident lead", "owner: Eve Example");
    let path = folder.join("v2.yaml");
    std::fs::write(&path, changed).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_matrix_of_rules_and_criteria_is_the_committed_one() {
    let args = ["rules", "coverage", "--rules", "rules", "--controls", STARTER, "--format", "markdown"];
    let (now, err, code) = run(&args);
    assert_eq!(code, 0, "{err}");
    let path = root().join("controls/COVERAGE.md");
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if committed == now {
        return;
    }
    let (before, after): (Vec<&str>, Vec<&str>) = (committed.lines().collect(), now.lines().collect());
    let gone = before.iter().filter(|l| !after.contains(l)).map(|l| format!("- {l}\n"));
    let new = after.iter().filter(|l| !before.contains(l)).map(|l| format!("+ {l}\n"));
    let difference: String = gone.chain(new).take(60).collect();
    panic!(
        "rules, criteria or controls changed what serves what:\n{difference}\nIf that is meant, renew the matrix and commit it:\n  \
         {RENEW}=1 cargo test -p avouch --test controls the_matrix"
    );
}

#[test]
fn the_first_criterion_among_the_tags_of_our_rules_is_the_one_they_serve_first() {
    let (out, err, code) = run(&["rules", "list", "--rules", "rules", "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let mut count = 0;
    for rule in lines(&out) {
        let tags = rule["tags"].as_array().unwrap().iter().map(|t| t.as_str().unwrap());
        let criteria: Vec<&str> =
            tags.filter_map(|t| t.strip_prefix("SOC2_")).filter(|id| !id.contains(".pof")).collect();
        assert_eq!(rule["criteria"], serde_json::json!(criteria.get(..1)), "{}", rule["rule"]);
        assert!(!criteria.contains(&"CC7.2") && !criteria.contains(&"CC7.3"), "{}", rule["rule"]);
        count += 1;
    }
    assert!(count > 20);
}

#[test]
fn coverage_shows_blanks_and_other_catalogues() {
    let (out, _, code) = run(&["rules", "coverage", "--rules", "rules", "--format", "json"]);
    assert_eq!(code, 0);
    let all: serde_json::Value = serde_json::from_str(&out).unwrap();
    let criteria = all["criteria"].as_array().unwrap();
    let row = |id: &str| criteria.iter().find(|c| c["id"] == id).unwrap();
    assert_eq!(criteria.len(), 61);
    assert!(row("CC6.4")["primary"].as_array().unwrap().is_empty(), "buildings are a blank");
    assert!(!row("CC6.1")["primary"].as_array().unwrap().is_empty());
    assert_eq!(row("CC6.1")["points_of_focus"].as_array().unwrap().len(), 13);
    assert_eq!(all["unmapped"], serde_json::json!([]));

    let (out, _, code) =
        run(&["rules", "coverage", "--rules", "rules", "--framework", "nist_800_53", "--format", "json"]);
    assert_eq!(code, 0);
    let nist: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(nist["relation"], "intersect");
    let ids = nist["ids"].as_array().unwrap();
    let ac6 = ids.iter().find(|i| i["id"] == "AC-6").unwrap();
    assert!(ac6["named"].as_array().unwrap().len() > 3, "{ac6}");
    assert_eq!(ac6["criteria"], serde_json::json!(["CC6.1", "CC6.3"]));
    let (out, _, _) = run(&["rules", "coverage", "--rules", "rules", "--framework", "pci_dss"]);
    assert!(out.starts_with("PCI DSS 4.0 through SOC 2 (relation: intersect, never equal)"), "{out}");
}

#[test]
fn the_shipped_files_are_right_and_a_draft_is_said() {
    let (out, _, code) = run(&["controls", "check", "controls", "--rules", "rules", "--concise"]);
    assert_eq!(code, 0, "{out}");
    let found: Vec<&str> = out.lines().filter(|l| l.contains(": warning")).collect();
    assert!(
        found.len() == 2 && out.contains("C0201") && out.contains("C0203"),
        "a draft without dates, no more: {out}"
    );
    assert_eq!(run(&["controls", "check", STARTER, "--strict"]).2, 2);
    let allowed = ["--lint", "control-list-not-approved=allow", "--lint", "control-list-not-dated=allow"];
    assert_eq!(run(&[&["controls", "check", STARTER, "--strict"], &allowed[..]].concat()).2, 0);
    let (_, err, code) = run(&["controls", "check", STARTER, "--lint", "no-such=allow"]);
    assert!(code == 2 && err.contains("no-such"), "{err}");
}

#[test]
fn mistakes_in_controls_have_carets() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l.yaml");
    std::fs::write(
        &path,
        "list: {id: l, version: 1, title: L, entity: E}\ncontrols:\n  - id: A\n    title: T\n    statement: S\n    owner: o\n    \
         frequency: dayly\n    type: detective\n    nature: manual\n    satisfies: [CC6.1]\n",
    )
    .unwrap();
    let path = path.to_str().unwrap();
    let (out, _, code) = run(&["controls", "check", path]);
    assert_eq!(code, 2);
    assert!(out.contains("7 |     frequency: dayly") && out.contains("^^^^^ no such word"), "{out}");
    assert!(out.contains("did you mean `daily`?"), "{out}");
    for format in ["json", "sarif"] {
        let (out, _, code) = run(&["controls", "check", path, "--format", format]);
        assert_eq!(code, 2);
        let parsed: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(parsed.to_string().contains("C0107"), "{format}: {out}");
    }
    let (out, _, _) = run(&["rules", "explain", "c0107"]);
    assert!(out.contains("C0107 unknown-word"), "{out}");
    let (_, err, code) = run(&["controls", "list", "no-such-folder"]);
    assert!(code == 2 && err.contains("there is no file or folder `no-such-folder`"), "{err}");
}

#[test]
fn the_family_table_of_the_example_has_the_articles_numbers_and_ours() {
    let args = ["controls", "table", "--profile", "article-example", "--rules", "rules"];
    let (out, err, code) = run(&args);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("points of focus of the 2017 edition"), "{out}");
    let cc6 = out.lines().find(|l| l.starts_with("CC6 ")).unwrap();
    assert!(cc6.contains(" 35 ") && cc6.contains("21 (60 %)"), "{cc6}");
    assert!(out.lines().any(|l| l.starts_with("CC7 ") && l.contains("14 (42 %)")), "{out}");
    assert!(out.contains("no verdict"), "{out}");
    let (out, _, _) = run(&[&args[..], &["--format", "json"]].concat());
    let table: serde_json::Value = serde_json::from_str(&out).unwrap();
    let families = table["families"].as_array().unwrap();
    assert_eq!(families.len(), 11);
    let cc6 = families.iter().find(|f| f["family"] == "CC6").unwrap();
    assert_eq!((&cc6["controls"], &cc6["relevant"]), (&35.into(), &21.into()));
    assert!(cc6["served"].as_u64().unwrap() >= 10, "{cc6}");
    // Without rules nothing is said of what is served now.
    let (out, _, _) = run(&["controls", "table", "--profile", "article-example", "--format", "json"]);
    assert!(!out.contains("served"), "{out}");
    let (out, _, _) = run(&["controls", "table", STARTER, "--rules", "rules"]);
    assert!(out.contains("a draft: nobody approved it"), "{out}");
    let (_, err, code) = run(&["controls", "table", "--profile", "nope"]);
    assert!(code == 2 && err.contains("article-example"), "{err}");
}

#[test]
fn controls_are_listed_and_versions_compared() {
    let (out, _, code) = run(&["controls", "list", STARTER, "--rules", "rules", "--format", "json"]);
    assert_eq!(code, 0);
    let controls = lines(&out);
    assert!((30..=45).contains(&controls.len()));
    let shell = controls.iter().find(|c| c["id"] == "K8S-AC-01").unwrap();
    assert_eq!(shell["draft"], true);
    assert!(shell["rules"].as_array().unwrap().contains(&"Terminal shell in container".into()), "{shell}");

    let dir = tempfile::tempdir().unwrap();
    let later = second_version(dir.path());
    let (out, _, code) = run(&["controls", "diff", STARTER, &later]);
    assert_eq!(code, 0);
    assert!(out.contains("list: approved\n  - (nothing)\n  + Ann Example on 2026-01-01\n"), "{out}");
    assert!(out.contains("K8S-IR-03: owner\n  - Incident lead\n  + Eve Example\n"), "{out}");
    let (out, _, _) = run(&["controls", "diff", STARTER, &later, "--format", "json"]);
    let changes = lines(&out);
    assert_eq!(changes.iter().filter(|c| c["field"] == "owner").count(), 2, "{out}");
    assert_eq!(changes.len(), 5, "version, approved, valid and two owners: {out}");
}

#[test]
fn acceptances_are_checked_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let whole = "reason: r, requester: ann, approver: bob, from: 2026-01-01";
    std::fs::write(
        dir.path().join("a.yaml"),
        format!(
            "acceptances:\n  - {{id: ACC-1, rule: Terminal shell in container, subject: {{k8s.ns.name: debug}}, {whole}, expires: 2026-06-01}}\n  \
             - {{id: ACC-2, rule: Terminal shel in container, subject: {{x: '1'}}, {whole}, expires: 2026-07-01}}\n"
        ),
    )
    .unwrap();
    let folder = dir.path().to_str().unwrap();
    let (out, _, code) = run(&["acceptances", "check", folder, "--at", "2026-03-01", "--strict"]);
    assert_eq!(code, 0, "{out}");
    let (out, _, code) = run(&["acceptances", "check", folder, "--at", "2026-06-01", "--strict"]);
    assert!(code == 2 && out.contains("C0305") && out.contains("ACC-1"), "{out}");
    let (out, _, code) = run(&["acceptances", "check", folder, "--at", "2026-03-01", "--rules", "rules"]);
    assert_eq!(code, 0);
    assert!(out.contains("a rule with a similar name is loaded: `Terminal shell in container`"), "{out}");
    let standing = |at| {
        let (out, _, code) = run(&["acceptances", "list", folder, "--at", at, "--format", "json"]);
        assert_eq!(code, 0);
        lines(&out).iter().map(|a| a["standing"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(standing("2025-12-31"), ["pending", "pending"]);
    assert_eq!(standing("2026-05-31T23:59:59Z"), ["in force", "in force"]);
    assert_eq!(standing("2026-06-01"), ["expired", "in force"]);
    // One that its requester approved is no acceptance.
    std::fs::write(
        dir.path().join("a.yaml"),
        "acceptances:\n  - {id: ACC-3, rule: R, reason: r, requester: Ann, approver: ann, from: 2026-01-01}\n",
    )
    .unwrap();
    let (out, err, code) = run(&["acceptances", "list", folder, "--at", "2026-03-01"]);
    assert!(code == 2 && out.contains("0 acceptances") && err.contains("must be somebody else"), "{out}{err}");
    assert_eq!(run(&["acceptances", "check", folder, "--at", "soon"]).2, 2);
}
