//! What it costs to route findings: `cargo bench -p avouch-notify`.

#![expect(clippy::unwrap_used, reason = "a bench")]

use std::sync::Arc;

use avouch_finding::{Finding, Severity, Time};
use avouch_notify::{Config, Noted, Router};

fn main() {
    divan::main();
}

fn config(group_by: &str) -> Arc<Config> {
    let text = format!(
        "channels: [{{name: a, to: {{stdout: {{}}}}, at_most: {{messages: 20, per: 1m}}}}]
routes:
  - {{name: no, match: {{rule: ['*nothing*'], namespace: [prod-*]}}, channels: [a]}}
  - {{name: all, match: {{at_least: low}}, channels: [a], group_by: [{group_by}], group_wait: 30s}}"
    );
    Arc::new(Config::parse("bench", &text).unwrap())
}

fn findings(count: u64) -> Vec<Noted> {
    let of = |n: u64| Finding {
        id: format!("{n:032x}"),
        time: Time(n),
        rule: format!("rule {}", n % 20),
        severity: Severity::High,
        cluster: "prod".to_owned(),
        output: "something was done that a rule looks for".repeat(4),
        ..Finding::default()
    };
    (0..count).map(|n| Noted { seq: n, finding: of(n) }).collect()
}

/// Ten thousand findings, a hundred at a time, each time asked what is due; then all is told.
#[divan::bench(args = ["rule", "finding"], sample_count = 20)]
fn ten_thousand_findings_grouped_by(bencher: divan::Bencher<'_, '_>, group_by: &str) {
    let (config, findings) = (config(group_by), findings(10_000));
    bencher.counter(divan::counter::ItemsCount::new(findings.len())).bench(|| {
        let mut router = Router::new(Arc::clone(&config));
        for (n, part) in findings.chunks(100).enumerate() {
            let now = Time(n as u64 * 1_000_000);
            router.take(now, part);
            divan::black_box(router.due(now));
        }
        router.due(Time(60_000_000_000))
    });
}
