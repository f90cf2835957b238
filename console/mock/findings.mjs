// Questions about findings, and acts on them.
import { DAY } from "./data.mjs";
import { answer, BadRequest, facet, gapsIn, histogram, parse, select, wire } from "./query.mjs";

export function findings(world, params) {
  const started = Date.now();
  const query = parse(params);
  const limit = Math.min(1000, Number(params.get("limit") ?? 100));
  const newest = params.get("order") !== "oldest";
  const after = params.get("after");
  // Pages of one question are asked one after the other: the selection is kept for them.
  const key = `${new URLSearchParams([...params].filter(([n]) => n !== "after" && n !== "limit"))}|${world.rows.length}`;
  if (world.pages?.key !== key) {
    const { rows, suppressed } = select(world.rows, query);
    world.pages = { key, ordered: newest ? rows.reverse() : rows, suppressed };
  }
  const { ordered, suppressed } = world.pages;
  let start = 0;
  if (after !== null) {
    let end = ordered.length;
    while (start < end) {
      const mid = (start + end) >> 1;
      if (newest ? ordered[mid].record.seq >= Number(after) : ordered[mid].record.seq <= Number(after)) start = mid + 1;
      else end = mid;
    }
  }
  const page = ordered.slice(start, start + limit);
  const more = start + limit < ordered.length;
  return { answer: answer(params, query, world.rows, suppressed, world.gaps, started), rows: page.map(wire), next: more ? String(page.at(-1).record.seq) : null };
}

export function counts(world, params) {
  const started = Date.now();
  const query = parse(params);
  const { rows, suppressed } = select(world.rows, query);
  const all = select(world.rows, query, true).rows;
  const step = Number(params.get("step") ?? 0);
  return {
    answer: answer(params, query, world.rows, suppressed, world.gaps, started),
    count: rows.length,
    facets: params.getAll("facet").map((c) => facet(rows, c, Number(params.get("values") ?? 20))),
    histogram: step > 0 ? histogram(all, query, step) : [],
    gaps: gapsIn(world.gaps, query, params, world.extra.nothing),
  };
}

export function groups(world, params) {
  const started = Date.now();
  const query = parse(params);
  const { rows, suppressed } = select(world.rows, query);
  const by = (params.get("by") ?? "rule,process,container").split(",");
  const map = new Map();
  for (const row of rows) {
    const key = Object.fromEntries(by.map((c) => [c, row[c] ?? null]));
    const id = JSON.stringify(key);
    const group = map.get(id) ?? { key, count: 0, first: row.time, last: row.time, severity: row.severity, open: 0, newest: row };
    group.count += 1;
    group.last = row.time;
    group.newest = row;
    if (row.acknowledged === null && row.decision === null) group.open += 1;
    map.set(id, group);
  }
  const list = [...map.values()].sort((a, b) => b.count - a.count).slice(0, Number(params.get("limit") ?? 100));
  return { answer: answer(params, query, world.rows, suppressed, world.gaps, started), count: rows.length, distinct: map.size, groups: list.map((g) => ({ ...g, newest: wire(g.newest) })) };
}

export function exported(world, params) {
  const { rows } = select(world.rows, parse(params));
  if (params.get("format") === "json") return { type: "application/json", name: "findings.json", body: JSON.stringify(rows.map(wire)) };
  const columns = ["time", "severity", "rule", "cluster", "node", "namespace", "pod", "container", "user", "process", "command", "output", "id"];
  const cell = (v) => `"${String(v ?? "").replaceAll('"', '""')}"`;
  return { type: "text/csv", name: "findings.csv", body: [columns.join(","), ...rows.map((r) => columns.map((c) => cell(r[c])).join(","))].join("\r\n") };
}

function find(world, id) {
  const row = world.byId.get(id);
  if (row === undefined) throw Object.assign(new BadRequest("not_found", `no finding \`${id}\``, "it may be older than what is kept", null), { status: 404 });
  return row;
}

export function one(world, id) {
  const row = find(world, id);
  const query = { from: row._t, to: row._t + 1 };
  const history = [{ kind: "recorded", time: row.recorded, by: "agent", body: {}, seq: row.record.seq }];
  const later = world.notes.get(id) ?? [];
  if (row.acknowledged !== null && !later.some((e) => e.kind === "acknowledged")) history.push({ kind: "acknowledged", time: row.acknowledged.time, by: row.acknowledged.by, body: {}, seq: row.record.seq + 40_000 });
  if (row.decision !== null && !later.some((e) => e.kind === "decided")) history.push({ kind: "decided", time: row.decision.time, by: row.decision.by, body: { decision: row.decision.decision, reason: row.decision.reason, incident: row.decision.incident }, seq: row.record.seq + 40_001 });
  history.push(...later);
  return {
    answer: answer(new URLSearchParams({ id }), query, world.rows, 0, world.gaps, Date.now()),
    finding: { ...wire(row), fields: { "proc.name": row.process, "proc.cmdline": row.command, "proc.pname": "bash", "user.name": row.user, "container.image.repository": row.image, "k8s.ns.name": row.namespace, "fd.name": row.object } },
    row: wire(row),
    history,
    controls: row.criteria.map((c, i) => ({ id: `AC-${c.slice(2)}-${i + 1}`, title: c.startsWith("CC6") ? "Access to running workloads is limited and watched" : "Unusual behaviour of workloads is found and followed up" })),
  };
}

export function explain(world, id) {
  const row = find(world, id);
  const test = (field, op, want, actual, value = "true") => ({ kind: "test", text: `${field} ${op} ${want}`, field, op, actual, value, children: [] });
  const tree = {
    kind: "and", text: "and", value: "true",
    children: [
      { kind: "or", text: "spawned_process", value: "true", children: [test("evt.type", "=", "execve", "execve"), test("evt.type", "=", "execveat", "execve", "false")] },
      row.container_unknown ? test("container.id", "!=", "host", null, "unknown") : test("container.id", "!=", "host", "8f2c91d0aa41"),
      test("proc.name", "in", "(shell_binaries)", row.process),
      { kind: "not", text: "not", value: "true", children: [test("proc.pname", "in", "(known_shell_spawners)", "containerd-shim", "false")] },
      { kind: "not", text: "not user_expected_terminal_shell_in_container_conditions", value: "true", children: [{ kind: "and", text: "and", value: "false", children: [test("container.image.repository", "=", "docker.io/library/busybox", row.image, "false"), { ...test("proc.tty", "!=", "0", null, "unknown"), absent: true }] }] },
    ],
  };
  return { rule: { name: row.rule, file: "rules/own/shell_in_container.yaml", line: 12, condition: "spawned_process and container and shell_procs and not known_shell_spawner" }, tree, left_out: 0, exact: false, contradicts: false, same_rule: true, note: "" };
}

export function activity(world, id, params) {
  const row = find(world, id);
  const within = Number(params.get("within") ?? 60) * 1000;
  const kinds = [["command", "ls -la /app"], ["connection", "10.2.0.14:48112 -> 10.96.0.1:443 tcp"], ["file", "write /tmp/.cache/x"], ["command", "id"], ["command", row.command ?? "sh"], ["file", "read /etc/passwd"], ["connection", "10.2.0.14:48120 -> 203.0.113.7:4444 tcp"]];
  const rows = kinds.map(([kind, text], i) => ({ time: new Date(row._t + (i - 4) * within * 0.21).toISOString(), kind, text, user: row.user, program: kind === "command" ? text.split(" ")[0] : row.process, container: row.container, fact: `A${row.id}${i}`, node: row.node ?? "", pid: 48_200 + i, namespace: row.namespace, pod: row.pod, record: { ledger: row.record.ledger, seq: row.record.seq + i + 1 } }));
  return { answer: answer(params, { from: row._t - within, to: row._t + within }, world.rows, 0, world.gaps, Date.now()), rows, left_out: 3 };
}

export function ancestry(world, id) {
  const row = find(world, id);
  if (row.process === null) return { processes: [] };
  return { processes: [{ pid: 48211, name: row.process, cmdline: row.command, exe: `/usr/bin/${row.process}` }, { pid: 48207, name: "bash", cmdline: "bash -i", exe: "/usr/bin/bash" }, { pid: 48190, name: "runc", cmdline: "runc exec --process /tmp/p", exe: "/usr/bin/runc" }, { pid: 1422, name: "containerd-shim", cmdline: null, exe: null }, { pid: 1, name: "systemd" }] };
}

export function similar(world, id, params) {
  const row = find(world, id);
  const days = Number(params.get("days") ?? 90);
  const to = Math.ceil(Date.now() / DAY) * DAY;
  const from = to - days * DAY;
  const by = Array.from({ length: days }, (_, i) => ({ day: new Date(from + i * DAY).toISOString().slice(0, 10), count: 0, suppressed: 0 }));
  for (const r of world.rows) {
    if (r._t < from || r.rule !== row.rule || r.process !== row.process || r.image !== row.image) continue;
    const slot = by[Math.floor((r._t - from) / DAY)];
    if (slot !== undefined) slot[r.suppressed === null ? "count" : "suppressed"] += 1;
  }
  return { answer: answer(params, { from, to }, world.rows, 0, world.gaps, Date.now()), by_day: by };
}

export function act(world, body, by) {
  const recorded = [];
  const time = new Date().toISOString();
  for (const id of body.ids ?? []) {
    const row = find(world, id);
    const seq = ++world.seq;
    recorded.push(seq);
    const add = (kind, b) => {
      world.notes.set(id, [...(world.notes.get(id) ?? []), { kind, time, by, body: b, seq }]);
      world.tell("act", { finding: id, kind, body: b });
    };
    if (body.acknowledge !== undefined) {
      row.acknowledged = { time, by };
      add("acknowledged", body.acknowledge);
    }
    if (body.assign !== undefined) {
      row.assignee = body.assign.to === "" ? null : body.assign.to;
      add("assigned", body.assign);
    }
    if (body.decide !== undefined) {
      row.decision = { time, by, ...body.decide };
      add("decided", body.decide);
    }
    if (body.note !== undefined) add("note", body.note);
  }
  return { recorded };
}
