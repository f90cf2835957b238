//! A quarter of findings that look like real ones: 90 days, 40 nodes, 130 rules, 60 namespaces, 2,000 pods; about 750 bytes as JSON.

use avouch_finding::{Fact, Finding, FindingKey, Severity, Suppressed, Time};
use avouch_store::Record;
use serde_json::{Map, Value};

/// Begin of the quarter.
pub(crate) const FROM: u64 = 1_767_225_600_000_000_000;
/// ns of a day.
pub(crate) const DAY: u64 = 86_400_000_000_000;
/// Its days.
pub(crate) const DAYS: u64 = 90;

/// Numbers without pattern, the same every time.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    /// A number below `n`, small ones far more often.
    fn skewed(&mut self, n: u64) -> u64 {
        let a = self.below(n);
        self.below(a + 1)
    }
}

const PATHS: [&str; 8] = [
    "/etc/shadow",
    "/etc/passwd",
    "/root/.ssh/id_rsa",
    "/usr/bin/curl",
    "/var/log/auth.log",
    "/tmp/x",
    "/dev/shm/a",
    "/proc/1/environ",
];
const PROGRAMS: [&str; 12] =
    ["bash", "sh", "curl", "python3", "java", "node", "nginx", "kubectl", "cat", "sed", "systemd", "cron"];

/// The finding with number `n` of `of`, in order of time.
pub(crate) fn finding(n: u64, of: u64) -> Finding {
    let mut random = Random::new(n + 1);
    let span = DAYS * DAY / of;
    let time = Time(FROM + n * span + random.below(span.max(1)));
    let rule = random.skewed(130);
    let node = format!("node-{:02}.example.internal", random.below(40));
    let namespace = format!("team-{:02}", random.skewed(60));
    let pod = format!("{namespace}-api-{:05x}", random.skewed(2_000) * 7919);
    let program = PROGRAMS[random.skewed(12) as usize];
    let path = PATHS[random.skewed(8) as usize];
    let user = ["root", "www-data", "app", "alice"][random.skewed(4) as usize];
    let image = format!("registry.example.com/{namespace}/api-{}", random.skewed(50));
    let container: String = format!("{:012x}", random.skewed(2_000) * 104_729_311);
    let command = format!("{program} --config /etc/app/{}.yaml --token-file {path} -v", random.below(5_000));
    let name = format!("Unexpected access number {rule} to a sensitive file");
    let output = format!(
        "{name} (user={user} command={command} file={path} container={container} image={image} pod={pod} ns={namespace} port={})",
        random.below(60_000)
    );
    let mut fields = Map::new();
    for (key, value) in [
        ("user.name", user),
        ("proc.name", program),
        ("proc.cmdline", &command),
        ("proc.pname", "containerd-shim"),
        ("fd.name", path),
        ("container.id", &container),
        ("container.name", "api"),
        ("container.image.repository", &image),
        ("k8s.ns.name", &namespace),
        ("k8s.pod.name", &pod),
    ] {
        fields.insert(key.into(), Value::String(value.into()));
    }
    let severity = [Severity::Medium, Severity::Low, Severity::High, Severity::Informational, Severity::Critical]
        [(rule % 5) as usize];
    let priority = ["Warning", "Notice", "Error", "Informational", "Critical"][(rule % 5) as usize];
    Finding {
        id: FindingKey { node: &node, source: "syscall", time, event: n, rule: &name }.id(),
        time,
        cluster: format!("cluster-{}", random.below(3)),
        run: format!("run-{node}"),
        source: if rule.is_multiple_of(9) { "k8s_audit" } else { "syscall" }.into(),
        node,
        event: n,
        rule: name,
        rules: "3f1c".repeat(16),
        priority: priority.into(),
        severity,
        criteria: vec![format!("CC6.{}", rule % 8 + 1)],
        criteria_secondary: vec!["CC7.1".into()],
        tags: vec!["container".into(), format!("T{}", 1000 + rule)],
        output,
        fields,
        lost_events: n.is_multiple_of(500).then_some(3),
        suppressed: (rule == 3).then(|| Suppressed { acceptance: "ACC-7".into() }),
        ..Finding::default()
    }
}

/// A fact as record `seq`.
pub(crate) fn record(seq: u64, fact: Fact) -> Record {
    let mut hash = [0; 32];
    let mut random = Random::new(seq);
    for part in hash.chunks_mut(4) {
        part.copy_from_slice(&(random.below(1 << 32) as u32).to_be_bytes());
    }
    let recorded = fact.time().unwrap_or_default();
    Record { ledger: "ledger-1".into(), seq, hash, recorded, fact }
}
