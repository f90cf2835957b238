//! A real Alertmanager takes our alerts and shows them.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use avouch_finding::{Decision, Delivered, Severity};
use avouch_notify::{Deed, Input};

use crate::receiver::{Running, free_port, installed, runs};
use crate::world::{PATIENCE, Tell as _, World, act, finding, start};

fn get(url: &str) -> Option<String> {
    let mut response = ureq::get(url).call().ok()?;
    response.body_mut().read_to_string().ok()
}

#[test]
fn alertmanager_shows_an_alert_for_each_rule_and_place() {
    let program = "prometheus-alertmanager";
    if !installed("alertmanager_shows_an_alert_for_each_rule_and_place", program, || runs(program, &["--version"])) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("alertmanager.yml");
    std::fs::write(&config, "route: {receiver: none}\nreceivers: [{name: none}]\n").unwrap();
    let url = format!("http://127.0.0.1:{}", free_port());
    let child = Command::new(program)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.path={}", folder.path().display()))
        .arg(format!("--web.listen-address={}", url.trim_start_matches("http://")))
        .arg("--cluster.listen-address=")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _running = Running(child);
    let since = Instant::now();
    while get(&format!("{url}/-/ready")).is_none() {
        assert!(since.elapsed() < PATIENCE, "Alertmanager does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    let yaml = format!(
        "console: https://c.example
channels: [{{name: am, to: {{alertmanager: {{url: '{url}', labels: {{team: soc}}}}}}}}]
routes: [{{name: all, channels: [am], group_wait: 0s, group_by: []}}]"
    );
    let (notifier, receipts) = start(&yaml, &World::new(&[]));
    let hostile = "two \"quotes\" {and} \u{202e}braces\n";
    notifier.findings(&[
        finding(1, "one", Severity::High),
        finding(2, "one", Severity::High),
        finding(3, hostile, Severity::Critical),
    ]);
    let receipt = receipts.wait_for(1).remove(0);
    assert_eq!((receipt.state, receipt.count), (Delivered::Delivered, 3), "{receipt:?}");
    let shown: serde_json::Value = serde_json::from_str(&get(&format!("{url}/api/v2/alerts")).unwrap()).unwrap();
    let shown = shown.as_array().unwrap();
    assert_eq!(shown.len(), 2, "{shown:#?}");
    let one = shown.iter().find(|a| a["labels"]["alertname"] == "one").unwrap();
    for (label, value) in
        [("team", "soc"), ("severity", "high"), ("namespace", "shop"), ("cluster", "prod"), ("node", "node-1")]
    {
        assert_eq!(one["labels"][label], value);
    }
    assert_eq!((&one["annotations"]["findings"], &one["status"]["state"]), (&"2".into(), &"active".into()));
    assert!(one["generatorURL"].as_str().unwrap().starts_with("https://c.example/findings/"));
    // Somebody decides about all of it: the alerts are over.
    for (number, rule) in [(1, "one"), (2, "one"), (3, hostile)] {
        let deed = Deed::Decided(Decision::Benign);
        notifier.take(vec![Input::Act(act(&finding(number, rule, Severity::High).id, deed))], 0);
    }
    assert_eq!(receipts.wait_for(2)[1].reason, "closed");
    let since = Instant::now();
    while get(&format!("{url}/api/v2/alerts")).is_none_or(|text| text.trim() != "[]") {
        assert!(since.elapsed() < PATIENCE, "the alerts go on");
        std::thread::sleep(Duration::from_millis(100));
    }
}
