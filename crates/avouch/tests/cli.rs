//! The command line as a user meets it: output, exit codes, mistakes.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn avouch(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_avouch"));
    command
        .args(args)
        .current_dir(root())
        .env("TZ", "UTC")
        .env("FALCO_HOSTNAME", "host-of-the-test")
        .env("NO_COLOR", "1");
    command
}

fn run(args: &[&str]) -> (String, String, i32) {
    read(avouch(args).output().unwrap())
}

fn read(out: Output) -> (String, String, i32) {
    let text = |b: Vec<u8>| String::from_utf8(b).unwrap();
    (text(out.stdout), text(out.stderr), out.status.code().unwrap())
}

fn with_stdin(args: &[&str], input: &[u8]) -> (String, String, i32) {
    let mut command = avouch(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    read(child.wait_with_output().unwrap())
}

const RECORDING: &str = "recordings/web-intrusion.scap";

#[test]
fn the_main_job_shows_detections_and_criteria() {
    let (out, err, code) = run(&["replay", RECORDING, "--rules", "rules", "--matching", "all", "--criteria"]);
    assert_eq!(code, 0, "{err}");
    let alerts: Vec<&str> = out.lines().take_while(|l| !l.is_empty()).collect();
    assert!(alerts.iter().all(|l| l.contains(" criteria=CC")), "every rule of ours serves a criterion");
    let table = out.split_once("\n\n").unwrap().1;
    insta::assert_snapshot!("main_job_criteria", table);
    insta::assert_snapshot!("main_job_summary", err);
    assert_eq!(alerts.len(), 51, "{out}");
}

#[test]
fn the_first_matching_rule_takes_the_event_unless_all_are_asked_for() {
    let alerts = |matching: &[&str]| -> Vec<String> {
        let (out, err, code) = run(&[&["replay", RECORDING, "--rules", "rules", "-q"], matching].concat());
        assert_eq!(code, 0, "{err}");
        out.lines().map(str::to_owned).collect()
    };
    let (first, all) = (alerts(&[]), alerts(&["--matching", "all"]));
    assert!(first.len() < all.len(), "{} of {}", first.len(), all.len());
    assert!(first.iter().all(|alert| all.contains(alert)), "asking for all loses none");
    assert_eq!(first, alerts(&["--matching", "first"]));
}

#[test]
fn json_lines_have_the_peers_keys_and_criteria() {
    let (out, err, code) = run(&["replay", RECORDING, "--rules", "rules", "--format", "json"]);
    assert_eq!(code, 0);
    let lines: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 44);
    for line in &lines {
        for key in ["hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time", "criteria"] {
            assert!(line.get(key).is_some(), "{key} in {line}");
        }
        assert!(line["output_fields"]["evt.time"].is_u64());
        assert!(line["time"].as_str().unwrap().ends_with('Z'));
    }
    let summary: serde_json::Value = serde_json::from_str(err.trim()).unwrap();
    assert_eq!(summary["detections"]["total"], 44);
    assert_eq!(summary["losses"], serde_json::json!({}));
}

#[test]
fn fail_on_sets_the_exit_code() {
    let with = |priority| run(&["replay", RECORDING, "--rules", "rules", "-q", "--fail-on", priority]).2;
    assert_eq!((with("critical"), with("emergency")), (1, 0));
    let (_, err, code) = run(&["replay", RECORDING, "--rules", "rules", "--fail-on", "loud"]);
    assert_eq!(code, 2);
    assert!(err.contains("`loud` is no priority; use one of Emergency"), "{err}");
}

#[test]
fn a_stream_says_the_same_as_a_file() {
    let bytes = std::fs::read(root().join(RECORDING)).unwrap();
    let file = run(&["replay", RECORDING, "--rules", "rules", "-q"]);
    let stream = with_stdin(&["replay", "-", "--rules", "rules", "-q"], &bytes);
    assert_eq!(file, stream);
}

#[test]
fn a_cut_capture_tells_what_came_before_and_fails() {
    let bytes = std::fs::read(root().join(RECORDING)).unwrap();
    let (out, err, code) = with_stdin(&["replay", "-", "--rules", "rules"], &bytes[..bytes.len() * 3 / 4]);
    assert_eq!(code, 2);
    assert!(out.lines().count() > 5, "{out}");
    assert!(err.contains("was read only in part") && err.contains("inputs that break off"), "{err}");
}

#[test]
fn the_window_leaves_events_out_and_says_so() {
    let args = ["replay", RECORDING, "--rules", "rules", "--to", "2026-11-23T18:36:34Z"];
    let (out, err, code) = run(&args);
    assert_eq!(code, 0, "{err}");
    assert!(out.lines().count() < 44 && err.contains("outside --from and --to"), "{err}");
    assert_eq!(run(&["replay", RECORDING, "--rules", "rules", "--from", "yesterday"]).2, 2);
}

#[test]
fn a_bad_record_is_counted_shown_and_skipped() {
    let good = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"1","stage":"ResponseComplete","stageTimestamp":"2026-11-23T13:13:53.95Z","verb":"create","objectRef":{"resource":"secrets","namespace":"shop","name":"a"},"user":{"username":"eve"},"responseStatus":{"code":201}}"#;
    let log = format!("{good}\n{{\"kind\":\"Event\",\"auditID\"\n{good}\n");
    let (out, err, code) = with_stdin(&["replay", "-", "--rules", "rules"], log.as_bytes());
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(err.contains("records that are no event") && err.contains("record 2 (line 2, byte"), "{err}");
}

#[test]
fn mistakes_in_rules_have_carets_and_do_not_lose_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("site.yaml");
    std::fs::write(
        &path,
        "- macro: shells\n  condition: proc.nmae in (bash, sh)\n\
         - rule: Broken\n  desc: d\n  condition: >\n    evt.type = execve\n    and shells\n  output: x\n  priority: NOTICE\n\
         - rule: Whole\n  desc: d\n  condition: evt.type = chdir\n  output: in %proc.cwd\n  priority: NOTICE\n",
    )
    .unwrap();
    let path = path.to_str().unwrap();
    let (out, _, code) = run(&["rules", "check", path]);
    assert_eq!(code, 2);
    insta::assert_snapshot!("caret_through_macro", out.replace(path, "site.yaml"));
    let (out, _, code) = run(&["replay", RECORDING, "--rules", path, "-q"]);
    assert_eq!(code, 0);
    assert!(out.lines().all(|l| l.contains("Notice in /")) && out.lines().count() > 0, "{out}");
    assert_eq!(run(&["replay", RECORDING, "--rules", path, "-q", "--strict"]).2, 2);
    for format in ["json", "sarif", "falco"] {
        let (out, _, code) = run(&["rules", "check", path, "--format", format]);
        assert_eq!(code, 2);
        let parsed: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(parsed.to_string().contains("proc.nmae"), "{format}: {out}");
    }
}

#[test]
fn our_rules_pass_their_cases_and_are_in_layout() {
    let (out, err, code) = run(&["rules", "test", "rules"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains(" 0 fail") && !out.contains("never fires") && !out.contains("no near miss"), "{out}");
    let (out, _, code) = run(&["rules", "check", "rules", "--strict"]);
    assert_eq!(code, 0, "{out}");
    let (_, err, code) = run(&["rules", "fmt", "--check", "rules"]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_configuration_and_a_mapping_of_ones_own() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("falco.yaml");
    std::fs::write(
        &config,
        "json_output: true\njson_include_tags_property: false\nrule_matching: all\nrules:\n  - disable: {rule: '*'}\n  \
         - enable: {rule: 'SSH key*'}\nappend_output:\n  - extra_fields: [proc.pid]\nengine: {kind: modern_ebpf}\n",
    )
    .unwrap();
    let mapping = dir.path().join("map.yaml");
    std::fs::write(&mapping, "rules:\n  ssh key added for an account: {soc2: {primary: CC6.3, secondary: [CC6.1]}}\n")
        .unwrap();
    let paths = [config.to_str().unwrap(), mapping.to_str().unwrap()];
    let (out, err, code) = run(&["replay", RECORDING, "--rules", "rules", "--config", paths[0], "--mapping", paths[1]]);
    assert_eq!(code, 0, "{err}");
    let line: serde_json::Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(line["criteria"], serde_json::json!(["CC6.3"]));
    assert!(line.get("tags").is_none() && line["output_fields"]["proc.pid"].is_u64(), "{line}");
    assert!(err.contains("not used here: engine"), "{err}");
    std::fs::write(&mapping, "rules:\n  a: {soc2: CC99.1}\n").unwrap();
    let (_, err, _) = run(&["replay", RECORDING, "--rules", "rules", "-q", "--mapping", paths[1]]);
    assert!(err.contains("map.yaml:2") && err.contains("CC99.1"), "{err}");
}

#[test]
fn a_failing_case_names_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let rule = "- rule: R\n  desc: d\n  condition: evt.type = chdir\n  output: x\n  priority: NOTICE\n";
    std::fs::write(dir.path().join("r.yaml"), rule).unwrap();
    let case =
        "# R\n## never\n```json\n{\"type\": \"chdir\", \"params\": {\"path\": \"/\"}}\n```\n```expect\nR: 0\n```\n";
    std::fs::write(dir.path().join("r.md"), case).unwrap();
    let (out, _, code) = run(&["rules", "test", dir.path().to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(out.contains("r.md:2 never") && out.contains("`R` fired 1 times, expected 0"), "{out}");
}

#[test]
fn explain_shows_the_part_that_failed() {
    let args = ["rules", "explain", "terminal shell in container", "--rules", "rules", "--file", RECORDING, "--event"];
    let (out, err, code) = run(&[&args[..], &["200"]].concat());
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("Terminal shell in container"), "{out}");
    let (_, err, code) = run(&[&args[..], &["99999999"]].concat());
    assert_eq!(code, 2);
    assert!(err.contains("no event with number 99999999"), "{err}");
    let (_, err, _) = run(&["rules", "explain", "Terminal shel in container", "--rules", "rules"]);
    assert!(err.contains("did you mean `Terminal shell in container`?"), "{err}");
}

#[test]
fn fields_are_listed_with_what_is_not_read() {
    let (out, _, code) = run(&["rules", "fields", "fd.sip"]);
    assert_eq!(code, 0);
    assert!(out.contains("fd.sip ") && out.contains("NOT READ:"), "{out}");
    let (out, _, _) = run(&["rules", "fields", "--format", "json"]);
    let names = out.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["field"].to_string());
    assert!(names.count() > 500);
}

#[test]
fn agent_options_are_explained() {
    let (out, _, code) = run(&["agent", "--help"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!("agent_help", out);
    let (out, _, _) = run(&["record", "--help"]);
    insta::assert_snapshot!("record_help", out);
}

#[test]
fn a_dry_run_says_what_is_collected_and_for_whom() {
    let (out, err, code) = run(&["agent", "--rules", "rules", "--dry-run", "--calls", "common"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("attached: sys_exit: "), "{out}");
    // What this machine's kernel allows, or why not.
    let (other, err, code) = run(&["agent", "--rules", "rules", "--dry-run", "--calls", "each"]);
    assert_eq!(code, 0, "{err}");
    let first = other.lines().next().unwrap();
    let refused = first.starts_with("attached: sys_exit: ") && first.contains("rejected in the kernel (failed to ");
    assert!(refused || first.starts_with("attached: fexit: ") && first.contains("_sys_openat"), "{other}");
    assert!(out.contains("execve ") && out.contains("Terminal shell in container"), "{out}");
}

/// The agent over our recording, in place of the kernel.
fn watch(rest: &[&str]) -> (String, String, i32) {
    run(&[&["agent", "--rules", "rules", "--capture", RECORDING], rest].concat())
}

#[test]
fn an_agent_over_a_recording_prints_what_a_replay_prints() {
    let (out, err, code) = watch(&["--criteria"]);
    let replay = run(&["replay", RECORDING, "--rules", "rules", "--criteria"]);
    assert_eq!((out, code), (replay.0, 0), "{err}");
    assert!(err.starts_with("watching: 256 rules") && err.contains("a recording stands in for the kernel"), "{err}");
}

#[test]
fn records_tell_what_was_found_and_whether_it_was_watched() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("records");
    let args = ["-q", "--out-dir", folder.to_str().unwrap(), "--activity"];
    let read = |name: &str| -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    };
    let kinds = |records: &[serde_json::Value]| -> Vec<String> {
        records.iter().map(|r| r["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(watch(&args).2, 0);
    let observed = read("observations.jsonl");
    assert_eq!(kinds(&observed), ["start", "observation", "stop"]);
    assert_eq!(observed[1]["detections"], 44);
    assert_eq!(observed[0]["rules"], observed[1]["rules"]);
    assert_eq!(observed[0]["rules"]["digest"].as_str().unwrap().len(), 64);
    assert_eq!(read("findings.jsonl").len(), 44);
    assert!(kinds(&read("activity.jsonl")).contains(&"command".to_owned()));

    // A run that died has no stop record.
    let path = folder.join("observations.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let died: String = text.lines().take(2).flat_map(|l| [l, "\n"]).collect();
    std::fs::write(&path, died).unwrap();
    assert_eq!(watch(&args).2, 0);
    let gap = &read("observations.jsonl")[2];
    assert_eq!((&gap["kind"], &gap["from"]), (&"gap".into(), &observed[1]["time"]), "{gap}");
    assert_eq!(gap["reason"], "agent was not running: no stop record");
}

#[test]
fn what_is_recorded_replays_to_the_same_detections() {
    let dir = tempfile::tempdir().unwrap();
    let before = run(&["replay", RECORDING, "--rules", "rules", "-q"]);
    for name in ["again.scap", "again.scap.gz"] {
        let path = dir.path().join(name);
        let path = path.to_str().unwrap();
        let (_, err, code) = run(&["record", "-o", path, "--capture", RECORDING]);
        assert!(code == 0 && err.contains("no drops"), "{err}");
        assert_eq!(run(&["replay", path, "--rules", "rules", "-q"]), before);
    }
    let path = dir.path().join("x.scap");
    let (_, err, code) = run(&["record", "-o", path.to_str().unwrap(), "--capture", "no-such-file"]);
    assert!(code == 2 && err.contains("no-such-file"), "{err}");
}

#[test]
fn wrong_usage_is_two() {
    assert_eq!(run(&["agent"]).2, 2);
    assert_eq!(run(&["agent", "--rules", "rules", "--activity"]).2, 2, "there is nowhere to write it");
    assert_eq!(run(&["replay"]).2, 2);
    assert_eq!(run(&["replay", "no-such-file.scap", "--rules", "rules"]).2, 2);
    assert_eq!(run(&["replay", "README.md", "--rules", "rules"]).2, 2);
    assert_eq!(run(&["replay", RECORDING, "--rules", "recordings"]).2, 2);
    assert_eq!(run(&["rules", "check", "rules", "--lint", "no-such-lint=deny"]).2, 2);
}
