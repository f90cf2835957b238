// Rules, rule files and back-tests in the mock.
import { DAY, NODES, RULES } from "./data.mjs";
import { answer, wire } from "./query.mjs";

const FOLDER = "/etc/avouch/rules";
const FILE = `${FOLDER}/containers.yaml`;
const LOCAL = `${FOLDER}/local_rules.yaml`;
const DIGEST = "5d41402abc4b2a76b9719d911017c592aa05cf5b0f3cb4a2b7d1e6a3c9f04d21";
const TEXT = `# Rules of this site.
- list: shells
  items: [bash, sh, ash]

- macro: in_container
  condition: (container.id != host)

- rule: Terminal shell in container
  desc: A shell with a terminal was started in a container.
  condition: evt.type = execve and in_container and proc.name in (shells) and proc.tty != 0
  output: A shell was started in a container (user=%user.name command=%proc.cmdline)
  priority: NOTICE
  tags: [container, shell, SOC2_CC6.8]
`;
const hex = (text) => Array.from({ length: 64 }, (_, i) => ((text.length * (i + 3) + (text.charCodeAt((i * 7) % Math.max(1, text.length)) || 0)) % 16).toString(16)).join("");

function days(world, params) {
  const now = Date.now();
  const to = Date.parse(params.get("to") ?? "") || now;
  const from = Date.parse(params.get("from") ?? "") || to - 14 * DAY;
  const first = Math.max(Math.floor(from / DAY), Math.floor((to - 1) / DAY) - 99);
  return { query: { from, to }, first, n: Math.floor((to - 1) / DAY) - first + 1, now };
}

function list(world, params) {
  const { query, first, n, now } = days(world, params);
  const per = new Map();
  for (const r of world.rows) {
    if (r._t < query.from || r._t >= query.to) continue;
    const c = per.get(r.rule) ?? { per_day: Array(n).fill(0), total: 0, suppressed: 0 };
    if (r.suppressed === null) {
      const slot = Math.floor(r._t / DAY) - first;
      if (slot >= 0 && slot < n) c.per_day[slot] += 1;
      c.total += 1;
    } else c.suppressed += 1;
    per.set(r.rule, c);
  }
  const row = (rule, i) => {
    const c = per.get(rule.rule) ?? { per_day: Array(n).fill(0), total: 0, suppressed: 0 };
    return { name: rule.rule, source: rule.source ?? "syscall", priority: "Notice", severity: rule.severity, enabled: true, status: "loaded", file: i === 0 ? LOCAL : FILE, line: 8 + i * 9, criteria: rule.criteria.slice(0, 1), criteria_secondary: rule.criteria.slice(1), tags: rule.tags, overridden_by: i === 1 ? [{ file: LOCAL, line: 31 }] : [], shadowed_by: i === 5 ? [{ file: FILE, line: 53 }] : [], ...c, budget: 50, over: c.per_day.some((d) => d > 50) };
  };
  const quiet = { per_day: Array(n).fill(0), total: 0, suppressed: 0, budget: 50, over: false, overridden_by: [], shadowed_by: [], criteria_secondary: [], tags: [], source: "syscall", priority: "Warning", file: FILE };
  const rules = [...RULES.slice(0, 9).map(row), { ...quiet, name: "Fileless execution via memfd_create", severity: "critical", enabled: true, status: "loaded", line: 120, criteria: ["CC6.8"] }, { ...quiet, name: "Packet socket created in container", severity: "low", enabled: false, status: "disabled", line: 131, criteria: ["CC6.6"] }, { ...row(RULES[9], 9), source: "", priority: "", severity: null, enabled: false, status: "not here", file: null, line: null, criteria: [], criteria_secondary: [], tags: [] }];
  return { answer: answer(new URLSearchParams(), query, world.rows, 0, world.gaps, now), digest: DIGEST, first_day: new Date(first * DAY).toISOString(), errors: 0, warnings: 2, rules };
}

function diagnostics(text) {
  const out = [];
  text.split("\n").forEach((line, i) => {
    const at = line.indexOf("proc.nmae");
    if (at >= 0) out.push({ severity: "error", code: "R0102", message: "unknown field `proc.nmae` for source `syscall`", line: i + 1, column: at + 1, end_line: i + 1, end_column: at + 10, hint: "a field with a similar name exists: `proc.name`", file: null });
  });
  if (!text.includes("macro: in_container")) out.push({ severity: "error", code: "R0110", message: "no macro `in_container`", line: 44, column: 14, end_line: 44, end_column: 26, hint: null, file: FILE });
  return out;
}

// The chosen rule loses, one that is new would find what activity has, and one is about events that nobody keeps.
function difference(world, job) {
  const [from, to] = [Date.parse(job.from), Date.parse(job.to)];
  const mine = world.rows.filter((r) => r.rule === RULES[0].rule && r._t >= from && r._t < to);
  const found = (r) => ({ id: r.id, time: r.time, rule: r.rule, node: r.node, output: wire(r).output, decision: r.decision?.decision ?? null, suppressed: r.suppressed !== null, file: null, acted: null });
  const sample = (rows, most) => ({ count: rows.length, rows: rows.slice(-most).reverse().map(found) });
  const none = sample([], 0);
  const lost = mine.filter((r) => r.process !== "sh").slice(0, 40);
  const known = mine.filter((r) => r.decision?.decision === "true");
  // Activity begins in the middle of the period, and one node has none.
  const middle = Math.floor((from + to) / 2 / DAY) * DAY;
  const acted = (i, count, output, kind = "command") => ({ id: null, time: new Date(to - (i + 1) * 7_300_000).toISOString(), rule: "Listener started in container", node: NODES[i % 3].node, output, decision: null, suppressed: false, file: null, acted: { kind, process: "/usr/bin/nc", pid: 4_100 + i, parent: "bash", user: "www-data", container: "shop-web", pod: "web-7d9f", namespace: "shop", times: count, recorded: new Date(to - (i + 1) * 7_300_000).toISOString(), seq: 91_000 + i } });
  const gained = { count: 23, rows: Array.from({ length: 20 }, (_, i) => acted(i, 1, `nc -l -p ${9000 + i}`)) };
  const unclear = { count: 9, rows: Array.from({ length: 9 }, (_, i) => acted(i, i === 0 ? 14 : 1, i === 0 ? "connects to 203.0.113.9:443 (tcp, ok)" : `ncat 203.0.113.${i} 443`, i === 0 ? "connection" : "command")) };
  const byDay = (rows, left) => {
    const per = new Map();
    for (const r of rows) {
      const day = Math.floor(r._t / DAY) * DAY;
      const d = per.get(day) ?? { day: new Date(day).toISOString(), before: 0, after: 0, unknown: 0 };
      d.before += 1;
      if (!left.includes(r)) d.after += 1;
      per.set(day, d);
    }
    return [...per.values()].sort((a, b) => a.day.localeCompare(b.day));
  };
  const fresh = Array.from({ length: Math.max(1, Math.floor((to - middle) / DAY)) }, (_, i) => ({ day: new Date(middle + i * DAY).toISOString(), before: 0, after: i % 3, unknown: i % 2 }));
  const noise = (before, after, verdict) => ({ budget: 50, before_a_day: before, after_a_day: after, before_worst: Math.ceil(before * 2), after_worst: Math.ceil(after * 2), over_before: 0, over_after: 0, verdict });
  const activity = (extra) => ({ about: [{ event: "execve", kept: "yes" }, { event: "execveat", kept: "yes" }], about_count: 2, kept: true, gained: 0, already: 0, unknown_before: 0, unknown: none, missing: [], settled: 0, ...extra });
  const row = (name, what, extra) => ({ rule: name, what, before: 0, after: 0, gained: none, lost: none, unknown: 0, replayed: 0, activity: null, days: [], noise: null, ...extra });
  const span = { first: new Date(middle).toISOString(), last: new Date(to - 60_000).toISOString() };
  const node = (n, i) => ({ node: n.node, records: i === 2 ? 0 : 41_200 - i * 977, first: i === 2 ? null : span.first, last: i === 2 ? null : span.last, days: i === 2 ? 0 : 4, watched_days: 7, gaps: i === 2 ? [{ from: new Date(middle).toISOString(), to: new Date(middle + 3 * DAY).toISOString() }] : [] });
  return {
    lost_true: sample(known.length > 0 ? known : mine.slice(-2).map((r) => ({ ...r, decision: { decision: "true" } })), 20), unknown_true: none,
    rules: [
      row("Listener started in container", "added", { after: 23, gained, activity: activity({ gained: 23, unknown: unclear, missing: [{ field: "container.image.tag", records: 8 }, { field: "proc.env", records: 2 }] }), days: fresh, noise: noise(0, 3.3, "within") }),
      row(RULES[0].rule, "changed", { before: mine.length, after: mine.length - lost.length - 3, lost: sample(lost, 20), unknown: 3, replayed: 12, activity: activity({}), days: byDay(mine, lost), noise: noise(mine.length / 7, (mine.length - lost.length) / 7, mine.length > 350 ? "over" : "within") }),
      row("Process traced by another", "added", { activity: activity({ about: [{ event: "ptrace", kept: "no" }], about_count: 1, kept: false }), noise: noise(0, 0, "not_known") }),
      row(RULES[1].rule, "same", { before: 41, after: 41 }),
    ],
    unknown: 3,
    read: { captures: 4, archives: 0, events: 1_204_331, findings: mine.length, from: job.from, to: job.to, missing: ["recordings of 11 of 14 days: on these only what some rule found or activity tells is known"] },
    activity: { state: "read", commands: 61_204, connections: 12_880, files: 7_339, ...span, cut_short: null, nodes: NODES.slice(0, 3).map(node), more_nodes: 0, left_out: 318, dropped: 0, brief: 0 },
  };
}

// Activity of one node around a moment.
function near(params) {
  const at = (Date.parse(params.get("from")) + Date.parse(params.get("to"))) / 2;
  const rows = [["command", "bash -i", -4_000], ["command", "nc -l -p 9000", 0], ["connection", "in tcp 203.0.113.9:9000", 3_000]].map(([kind, text, ms], i) => ({ fact: `l-${i}`, record: { ledger: "7239bd9f0b26e92d61496cfc41c94fd5", seq: 812 + i }, time: new Date(at + ms).toISOString(), kind, text, node: params.get("node"), user: "www-data", program: "/usr/bin/nc", container: "shop-web", namespace: "shop", pod: "web-7d9f", pid: 4_100 }));
  return { answer: answer(new URLSearchParams(), { from: at - 30_000, to: at + 30_000 }, [], 0, [], Date.now()), rows, next: null };
}

export function rules(world, method, path, params, body) {
  const state = (world.extra.rules ??= { text: TEXT, jobs: new Map(), versions: [] });
  const parts = path.split("/").slice(1).map(decodeURIComponent);
  const missing = { status: 404, body: { error: { code: "not_found", message: "no such rule" } } };
  if (path === "/rules" && method === "GET") return list(world, params);
  if (path === "/activity") return near(params);
  if (parts[0] === "rules" && parts.length === 2) {
    const all = list(world, params);
    const rule = all.rules.find((r) => r.name === parts[1] && r.file !== null);
    if (rule === undefined) return missing;
    return { answer: all.answer, first_day: all.first_day, rule, description: "A shell with a terminal was started in a container.", condition: "evt.type = execve and in_container and proc.name in (shells)", resolved: "evt.type = execve and (container.id != host) and proc.name in (bash, sh, ash)", output: "A shell was started in a container (user=%user.name command=%proc.cmdline)" };
  }
  if (path === "/rule-sets") {
    const { query, now } = days(world, params);
    const nodes = NODES.map(({ node }, i) => ({ node, run: "agent-1", time: new Date(now - (i + 1) * 3_600_000).toISOString(), digest: i === 3 ? "b1946ac92492d2347c6235b4d2611184" : DIGEST, rules: i === 3 ? 61 : 64, not_running: 2, same: i !== 3, refused: i === 7 ? "no rule is left to run" : null }));
    return { answer: answer(new URLSearchParams(), query, world.rows, 0, world.gaps, now), digest: DIGEST, nodes, left_out: 0 };
  }
  if (path === "/rule-files") return { files: [{ path: FILE, editable: false, why_not: "it is a link: what it leads to is not of this server", errors: 0, warnings: 2 }, { path: LOCAL, editable: true, why_not: null, errors: 0, warnings: 0 }], folders: [FOLDER] };
  if (parts[0] === "rule-files" && parts.length === 2) {
    if (parts[1] !== LOCAL && parts[1] !== FILE && method === "GET") return missing;
    if (method === "PUT") {
      if (body.digest !== null && body.digest !== hex(state.text)) return { status: 409, body: { error: { code: "conflict", message: `\`${parts[1]}\` was changed by somebody else meanwhile`, hint: "look at what is there now, and edit that" } } };
      state.versions.unshift({ time: new Date().toISOString(), by: "mara", digest: hex(body.text), before: hex(state.text), seq: (world.seq += 1) });
      state.text = body.text;
      return { digest: hex(body.text), rules: DIGEST, diagnostics: [] };
    }
    const editable = parts[1] === LOCAL;
    return { path: parts[1], text: state.text, digest: hex(state.text), editable, why_not: editable ? null : "it is a link: what it leads to is not of this server", diagnostics: [], versions: state.versions };
  }
  if (parts[0] === "rule-files" && parts[2] === "check") return { diagnostics: diagnostics(body.text) };
  if (parts[0] === "rule-files" && parts[2] === "backtest") {
    const job = { id: `backtest-${state.jobs.size + 1}`, by: "mara", asked: new Date().toISOString(), file: parts[1], digest: hex(body.text), from: body.from, to: body.to, state: "running", progress: 0.2, reading: "findings", read: 812, error: null, result: null };
    // Not part of the answer: how often it was looked at.
    Object.defineProperty(job, "looks", { value: 0, writable: true });
    state.jobs.set(job.id, job);
    return job;
  }
  if (parts[0] === "backtests") {
    const job = state.jobs.get(parts[1]);
    if (job === undefined) return missing;
    if (method === "DELETE") job.state = "cancelled";
    else if (job.state === "running" && (job.looks += 1) > 1) Object.assign(job, { state: "done", progress: 1, result: difference(world, job) });
    return job;
  }
  return undefined;
}
