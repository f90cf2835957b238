// Proposing, previewing and saving acceptances.
import { DAY } from "./data.mjs";
import { answer } from "./query.mjs";

function hits(world, row, withNamespace) {
  return world.rows.filter((r) => r.rule === row.rule && r.process === row.process && r.image === row.image && (!withNamespace || r.namespace === row.namespace) && r._t > Date.now() - 90 * DAY);
}

const found = (r) => ({ id: r.id, time: r.time, rule: r.rule, node: r.node ?? "", output: r.output, decision: r.decision?.decision ?? null, suppressed: false, file: null });

function preview(rows) {
  const per = new Map();
  for (const r of rows) per.set(r.time.slice(0, 10), (per.get(r.time.slice(0, 10)) ?? 0) + 1);
  return {
    would_remove: rows.length,
    by_rule: rows.length === 0 ? [] : [{ rule: rows[0].rule, count: rows.length }],
    by_day: [...per].sort().map(([day, count]) => ({ day, count })),
    lost_true: { count: rows.filter((r) => r.decision?.decision === "true").length, rows: rows.filter((r) => r.decision?.decision === "true").slice(-5).reverse().map(found) },
    already: 0,
    no_record: 0,
    from: new Date(Date.now() - 90 * DAY).toISOString(),
    to: new Date().toISOString(),
    unknown: 2,
    looked_at: 9000,
    sample: { count: rows.length, rows: rows.slice(-5).reverse().map(found) },
    diagnostics: [],
  };
}

const WAITS = "acceptances:\n  - id: ACC-2026-029\n    rule: Launch Package Management Process in Container\n    reason: nightly image build\n    requester: jonas\n    approver: (whoever approves it)\n    from: 2026-11-01\n    expires: 2027-02-01\n    subject:\n      k8s.ns.name: [build]\n";

function register(world) {
  const now = Date.now();
  const at = (days) => new Date(now + days * DAY).toISOString();
  const base = { criterion: "CC6.8", control: null, check: null, subject: {}, condition: null, risk: null, compensating: null, ticket: null, standing: "in force", review_due: null, broken: null, yaml: null, digest: null, own: false };
  return (world.extra.register ??= [
    { ...base, id: "ACC-2026-029", rule: "Launch Package Management Process in Container", condition: '(k8s.ns.name = "build")', subject: { "k8s.ns.name": ["build"] }, reason: "nightly image build", requester: "jonas", approver: null, from: at(-25), expires: at(67), standing: "pending", unused: null, file: null, line: null, yaml: WAITS, digest: "d1" },
    { ...base, id: "ACC-2026-028", rule: "Terminal shell in container", condition: '(k8s.ns.name = "dev")', reason: "people try things out in the development cluster", requester: "mara", approver: null, from: at(-1), expires: at(80), standing: "pending", unused: null, file: null, line: null, yaml: WAITS.replace("ACC-2026-029", "ACC-2026-028"), digest: "d2", own: true },
    { ...base, id: "ACC-2026-011", rule: "Contact K8S API Server From Container", condition: '(proc.name = "operator")', reason: "the operator asks the API server by design", requester: "mara", approver: "ingrid", ticket: "SEC-112", from: at(-120), expires: at(40), unused: 0, file: "/var/lib/avouch/server/acceptances/ACC-2026-011.yaml", line: 2 },
    { ...base, id: "ACC-2026-004", rule: "Read sensitive file untrusted", condition: '(proc.name = "backup")', reason: "the backup reads everything", requester: "jonas", approver: "ingrid", from: at(-200), expires: at(90), unused: 96, file: "/var/lib/avouch/server/acceptances/ACC-2026-004.yaml", line: 2 },
    { ...base, id: "ACC-2025-090", rule: "Netcat Remote Code Execution in Container", condition: null, reason: "exercise", requester: "jonas", approver: "ingrid", from: at(-300), expires: at(-20), standing: "expired", unused: null, file: null, line: null },
  ]);
}

function list(world, params) {
  const now = Date.now();
  const to = Date.parse(params.get("to") ?? "") || now;
  const from = Date.parse(params.get("from") ?? "") || to - 90 * DAY;
  const first = Math.max(Math.floor(from / DAY), Math.floor((to - 1) / DAY) - 99);
  const n = Math.floor((to - 1) / DAY) - first + 1;
  const rows = register(world).map(({ unused, ...a }) => {
    const used = unused === 0;
    const by_day = Array.from({ length: n }, (_, i) => (used ? (i * 7) % 5 : 0));
    return { ...a, by_day, hits: by_day.reduce((x, y) => x + y, 0), last_hit: unused === null ? null : new Date((Math.floor(now / DAY) - unused) * DAY).toISOString(), unused_days: unused };
  });
  return { answer: answer(new URLSearchParams(), { from, to }, world.rows, 0, world.gaps, now), first_day: new Date(first * DAY).toISOString(), acceptances: rows };
}

export function acceptances(world, method, path, params, body) {
  if (method === "GET" && path === "/acceptances") return list(world, params);
  const [, , id, act] = path.split("/");
  const one = register(world).find((a) => a.id === id);
  if (method === "POST" && act === "approve" && one !== undefined) {
    if (one.own) return { status: 403, body: { error: { code: "not_allowed", message: "whoever asks for an acceptance cannot approve it" } } };
    if (one.digest !== body.digest) return { status: 409, body: { error: { code: "conflict", message: "it is another text than was looked at" } } };
    Object.assign(one, { standing: "in force", approver: "mara", yaml: null, digest: null, unused: 0, file: `/var/lib/avouch/server/acceptances/${id}.yaml`, line: 2 });
    return { id, standing: "in force", requester: one.requester, approver: "mara" };
  }
  if (method === "DELETE" && one !== undefined) {
    world.extra.register = register(world).filter((a) => a !== one);
    return { id };
  }
  if (method === "POST" && path === "/acceptances/propose") {
    const row = world.byId.get(body.finding);
    if (row === undefined) return { status: 404, body: { error: { code: "not_found", message: "no such finding" } } };
    world.extra.proposed = row;
    const rows = hits(world, row, true);
    const until = new Date(Date.now() + 90 * DAY).toISOString().slice(0, 10);
    const yaml = `- acceptance: ACC-2026-030\n  rule: ${row.rule}\n  condition: >\n    proc.name = ${row.process ?? "?"} and container.image.repository = "${(row.image ?? "").split(":")[0]}"\n    and k8s.ns.name = ${row.namespace ?? "?"}\n  reason: ""\n  requester: mara\n  approver: ""\n  ticket: ""\n  expires: ${until}\n`;
    return {
      acceptance: { id: "ACC-2026-030", rule: row.rule },
      yaml,
      subject: [["k8s.ns.name", row.namespace ?? ""]],
      alternatives: [
        { action: "drop", field: "k8s.ns.name", lost_true: hits(world, row, false).filter((r) => r.decision?.decision === "true").length, would_remove: hits(world, row, false).length, yaml: yaml.replace(/\n {4}and k8s.ns.name = .*\n/, "\n") },
        { action: "add", field: "user.name", lost_true: 0, would_remove: rows.filter((r) => r.user === row.user).length, yaml: yaml.replace("    and k8s", `    and user.name = ${row.user ?? "?"} and k8s`) },
      ],
      preview: preview(rows),
    };
  }
  if (method === "POST" && path === "/acceptances/preview") {
    // One that was not proposed here is of the newest finding of its rule.
    const rule = /rule: (.+)/.exec(body.yaml)?.[1];
    const row = world.extra.proposed ?? world.rows.findLast((r) => r.rule === rule && r.process !== null);
    if (row === undefined) return preview([]);
    const out = preview(hits(world, row, body.yaml.includes("k8s.ns.name")));
    const empty = body.yaml.split("\n").findIndex((l) => /reason: ""/.test(l));
    if (empty >= 0) out.diagnostics = [{ severity: "error", code: "C0204", message: "an acceptance needs a reason", line: empty + 1, column: 11, end_line: empty + 1, end_column: 13, hint: "say why this is expected, and for whom" }];
    return out;
  }
  if (method === "POST" && path === "/acceptances") return { id: "ACC-2026-030", standing: "pending", yaml: body.yaml, digest: "d3", diagnostics: [] };
  return undefined;
}
