// Proposing, previewing and saving acceptances.
import { DAY } from "./data.mjs";

function hits(world, row, withNamespace) {
  return world.rows.filter((r) => r.rule === row.rule && r.process === row.process && r.image === row.image && (!withNamespace || r.namespace === row.namespace) && r._t > Date.now() - 90 * DAY);
}

const found = (r) => ({ id: r.id, time: r.time, rule: r.rule, node: r.node ?? "", output: r.output, decision: r.decision?.decision ?? null, suppressed: false, file: null });

function preview(rows) {
  const per = new Map();
  for (const r of rows) per.set(r.time.slice(0, 10), (per.get(r.time.slice(0, 10)) ?? 0) + 1);
  return {
    would_remove: rows.length,
    by_rule: rows.length === 0 ? [] : [[rows[0].rule, rows.length]],
    by_day: [...per].sort(),
    lost_true: { count: rows.filter((r) => r.decision?.decision === "true").length, rows: rows.filter((r) => r.decision?.decision === "true").slice(-5).reverse().map(found) },
    unknown: 2,
    looked_at: 9000,
    sample: { count: rows.length, rows: rows.slice(-5).reverse().map(found) },
    diagnostics: [],
  };
}

export function acceptances(world, method, path, _params, body) {
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
      alternatives: [
        { drop: "k8s.ns.name", lost_true: hits(world, row, false).filter((r) => r.decision?.decision === "true").length, would_remove: hits(world, row, false).length, yaml: yaml.replace(/\n {4}and k8s.ns.name = .*\n/, "\n") },
        { add: ["user.name", row.user], lost_true: 0, would_remove: rows.filter((r) => r.user === row.user).length, yaml: yaml.replace("    and k8s", `    and user.name = ${row.user ?? "?"} and k8s`) },
      ],
      preview: preview(rows),
    };
  }
  if (method === "POST" && path === "/acceptances/preview") {
    const row = world.extra.proposed;
    if (row === undefined) return preview([]);
    const out = preview(hits(world, row, body.yaml.includes("k8s.ns.name")));
    const empty = body.yaml.split("\n").findIndex((l) => /reason: ""/.test(l));
    if (empty >= 0) out.diagnostics = [{ severity: "error", code: "C0204", message: "an acceptance needs a reason", line: empty + 1, column: 11, end_line: empty + 1, end_column: 13, hint: "say why this is expected, and for whom" }];
    return out;
  }
  if (method === "POST" && path === "/acceptances") return { id: "ACC-2026-030", standing: "pending" };
  return undefined;
}
