// Health in the mock: nodes in every state, gaps, and a server with something to say.
import { NODES } from "./data.mjs";
import { answer, gapsIn } from "./query.mjs";

const DAY = 86_400_000;
const REASONS = {
  late: "what it sends is 41 s old: it was last watched up to a moment ago",
  silent: "no event from syscall for 7 min",
  failing: "cannot attach to tracepoint sys_enter: permission denied",
  starting: "it began a moment ago, and no event came yet",
  losing: "14206 events were lost in the last 10 min",
};

const FAILED = "files may have been changed: digest `111122223333_CloudTrail-Digest_eu-central-1_trail_eu-central-1_20261126T100000Z.json.gz` cannot be trusted: its signature was not made with the key that it names (found at 2026-11-26T10:14:02Z)";

export function health(world, params) {
  const now = Date.now();
  const query = { from: Date.parse(params.get("from") ?? "") || now - DAY, to: Date.parse(params.get("to") ?? "") || now };
  const iso = (ms) => new Date(ms).toISOString();
  const states = { 1: "losing", 2: "late", 6: "silent", 10: "failing", 11: "starting" };
  const none = new URLSearchParams();
  const gapsOf = (node) => gapsIn(world.gaps.filter((g) => g.node === node), query, none).map((g) => ({ ...g, source: g.source === "" ? "syscall" : g.source }));
  const bad = world.extra.healthy ? {} : states;
  const sources = NODES.map(({ node, cluster }, i) => {
    const state = bad[i] ?? "ok";
    return { source: "syscall", node, cluster, own: false, run: "agent-1", state, reason: REASONS[state] ?? "", last_event: state === "starting" ? null : iso(now - (state === "silent" ? 420_000 : 900)), lag_s: state === "late" ? 41 : 0.4, events: 1_204_331 * (i + 1), drops: state === "losing" ? 14_206 : 0, drops_lately: state === "losing" ? 14_206 : 0, rules_digest: i === 3 ? "b1946ac92492d234" : "5d41402abc4b2a76", version: "0.9.0", expected: { from: iso(state === "starting" ? now - 20_000 : i === 5 ? now - 9 * 3_600_000 : query.from), to: iso(query.to) }, gaps: gapsOf(node) };
  });
  sources.push({ source: "k8s_audit", node: "prod-eu", cluster: "prod-eu", own: true, run: "server-1", state: "ok", reason: "", last_event: iso(now - 2100), lag_s: 2.1, events: 882_114, drops: 0, drops_lately: 0, rules_digest: "5d41402abc4b2a76", version: "", expected: { from: iso(query.from), to: iso(query.to) }, gaps: [] });
  // An agent of a machine that has the name of that cluster, and judges the same source.
  if (world.extra.twin) sources.push({ ...sources.at(-1), own: false, run: "agent-7", version: "0.9.0" });
  // A cloud account whose digests are checked: some without a key, and one that its key did not sign.
  const digests = world.extra.healthy ? { verified: 331, not_verified: 0, failed: 0 } : { verified: 329, not_verified: 2, failed: 1 };
  sources.push({ source: "aws_cloudtrail", node: "111122223333", cluster: "111122223333", own: true, run: "server-1", state: world.extra.healthy ? "ok" : "losing", reason: world.extra.healthy ? "" : FAILED, last_event: iso(now - 240_000), lag_s: 240, events: 44_120, drops: 0, drops_lately: 0, rules_digest: "5d41402abc4b2a76", version: "", digests, expected: { from: iso(query.from), to: iso(query.to) }, gaps: [] });
  // Some take their rules from the server: one has not taken the newest yet, one refused it.
  const wanted = "9f86d081884c7d65";
  const set = (old, refused = null) => ({ runs: old ? "2c26b46b68ffc68f" : wanted, wanted, behind_since: old ? iso(now - 1_500_000) : null, refused });
  const sets = { 7: set(false), 8: set(!world.extra.healthy), 9: set(!world.extra.healthy, world.extra.healthy ? null : "rules/own/logins.yaml:14: unknown field `proc.pgid.name`") };
  const nodes = sources.filter((s) => s.source === "syscall").map((s, i) => ({
    node: s.node, cluster: s.cluster, state: s.state, reason: s.reason, own: false, run: "agent-1", version: s.version, kernel: "6.12.9", heard: s.state === "starting" ? null : iso(now - 900), watched_to: iso(now - s.lag_s * 1000),
    rules_digest: s.rules_digest, rule_set: sets[i] ?? null, events: s.events, detections: 12, lost: s.drops, lost_by_cause: s.drops > 0 ? { "ring buffer full": s.drops } : {}, lost_lately: s.drops, ahead_s: i === 4 ? 12 : 0,
    warnings: world.extra.healthy ? [] : i === 3 ? ["it runs other rules (b1946ac92492) than 11 nodes of its cluster (5d41402abc4b)"] : i === 4 ? ["its clock is at least 12 s ahead of the server's"] : i === 9 ? [`newer rules were not taken: ${sets[9].refused}`] : [],
  }));
  // A server to which nothing reports yet.
  if (world.extra.nothing) {
    sources.length = 0;
    nodes.length = 0;
  }
  const reasons = sources.filter((s) => s.state !== "ok").map((s) => `${s.source} of ${s.node}: ${s.reason}`);
  return {
    answer: answer(none, query, world.rows, 0, world.gaps, now),
    ready: reasons.length === 0 && !world.extra.nothing, reasons: world.extra.nothing ? ["nothing is watched: no agent and no audit source has sent anything yet"] : reasons, sources, nodes, forgotten: world.extra.healthy ? 0 : 1, agents_behind: world.extra.healthy ? 0 : 2, other_gaps: world.extra.nothing ? gapsIn([], query, none, true) : world.extra.healthy ? [] : [{ node: "prod-eu-node-retired", cluster: "prod-eu", source: "syscall", from: iso(query.to - 20 * 3_600_000), to: iso(query.to - 19 * 3_600_000), cause: "agent not running" }],
    ledger: { id: "7239bd9f0b26e92d61496cfc41c94fd5", key: "c828211b9f95eee79e32e822d60cfae7", seq: world.seq, head_seq: world.seq - 120, head_time: iso(now - (world.extra.headLate ? 1_800_000 : 40_000)), redacted: 17, unreadable: 0, anchors: [{ anchor: "s3", place: "https://objects.example/avouch-heads", time: iso(now - 3_600_000), last_seq: world.seq - 4000 }] },
    store: { ledger_bytes: 812_000_000, store_bytes: 312_000_000, files: 41 },
    notify: { delivered: 214, failed: 2, held_back: 31, channels: { oncall: { delivered: 40, failed: 2 }, chat: { delivered: 174, held_back: 31 } }, last_failure: { channel: "oncall", time: iso(now - 7_200_000), answer: "503 after 6 attempts" } },
    ingest: { batches: 40_211, bytes: 91_000_000, recorded: 812_331, repeated: 412, refused: 0, holes: 0, unreadable: 0, turned_away: 3, failed: 0 },
    server: { version: "0.9.0-mock", begun: iso(now - 5 * DAY), time: iso(now) },
  };
}
