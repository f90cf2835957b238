//! The agent with a policy of responses: read anew on SIGHUP, and run with no more capabilities than it needs.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::agent::{Agent, PATIENCE, RULES, alone};
use super::mark;

/// Looks again and again until there is an answer.
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn acts(agent: &Agent) -> usize {
    agent.records("findings.jsonl").iter().filter(|r| r["kind"] == "act").count()
}

/// What the records say of the `n`th time that rules and policy were loaded anew.
fn reload(agent: &Agent, n: usize) -> Value {
    agent.hang_up();
    let reloads = || agent.records("observations.jsonl").into_iter().filter(|r| r["kind"] == "rules");
    wait_for("a record of the reload", || reloads().nth(n))
}

#[test]
fn a_policy_is_loaded_anew_on_sighup() {
    let Some(_alone) = alone() else { return };
    let dir = tempfile::tempdir().expect("make a folder");
    let policy = dir.path().join("response.yaml");
    fs::write(&policy, "dry_run: true\n").expect("write the policy");
    let agent = Agent::start(RULES, &["--respond", policy.to_str().expect("a name")]);
    mark("unanswered");
    agent.alert("unanswered");

    fs::write(&policy, "dry_run: true\nrules:\n  - rule: Marked file opened\n    action: kill\n").expect("write");
    let told = reload(&agent, 0);
    assert_eq!((&told["policy"]["refused"], &told["refused"]), (&Value::Null, &Value::Null), "{told}");
    assert_eq!(told["policy"]["file"].as_str(), policy.to_str(), "{told}");
    assert_eq!(acts(&agent), 0, "the old policy had no responses");
    mark("answered");
    agent.alert("answered");
    wait_for("an act by the new policy", || (acts(&agent) == 1).then_some(()));

    fs::write(&policy, "rules: [").expect("write");
    let told = reload(&agent, 1);
    assert!(told["policy"]["refused"].as_str().is_some_and(|why| why.contains("the old one goes on")), "{told}");
    mark("still");
    agent.alert("still");
    wait_for("an act by the policy before", || (acts(&agent) == 2).then_some(()));
    agent.stop();
}

#[test]
fn who_answers_fanotify_keeps_three_capabilities() {
    /// CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE and CAP_SYS_ADMIN (`capability.h` of the kernel).
    const ANSWERING: u64 = 1 << 2 | 1 << 19 | 1 << 21;
    let Some(_alone) = alone() else { return };
    let dir = tempfile::tempdir().expect("make a folder");
    let policy = dir.path().join("response.yaml");
    fs::write(&policy, "dry_run: false\nprevention:\n  exec_not_from_image: {mode: deny, scope: containers}\n")
        .expect("write the policy");
    let agent = Agent::start(RULES, &["--respond", policy.to_str().expect("a name")]);
    let records = agent.records("observations.jsonl");
    let start = records.iter().find(|r| r["kind"] == "start").expect("a record of the start");
    let missing: Vec<&str> = start["missing"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let Some(lsm) = missing.iter().find(|m| m.contains("security module")) else {
        println!("SKIP: a security module denies here, and fanotify is not used");
        return;
    };
    assert!(lsm.ends_with("fanotify and SIGKILL at exec stand in for it"), "{missing:?}");
    let held = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", agent.pid())).expect("threads of the agent").flatten();
        let all = tasks.filter_map(|task| {
            let name = fs::read_to_string(task.path().join("comm")).ok()?.trim().to_owned();
            let status = fs::read_to_string(task.path().join("status")).ok()?;
            let bits =
                |key: &str| status.lines().find_map(|l| u64::from_str_radix(l.strip_prefix(key)?.trim(), 16).ok());
            Some((name, (bits("CapPrm:")?, bits("CapEff:")?)))
        });
        all.collect::<BTreeMap<_, _>>()
    };
    wait_for("the thread keeps three", || {
        (held().get("exec-permission") == Some(&(ANSWERING, ANSWERING))).then_some(())
    });
    let of_all = held();
    let sys_resource = 1 << 24;
    assert!(of_all.values().all(|(permitted, _)| permitted & sys_resource == 0), "{of_all:?}");
    agent.stop();
}
