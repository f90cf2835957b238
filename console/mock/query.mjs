// Filters, facets and the answer line, as the contract has them.
import { SEVERITIES } from "./data.mjs";

const LISTS = { criterion: "criteria", tag: "tags" };
const yes = (b) => (b ? "yes" : "no");
const COMPUTED = {
  suppressed: (r) => yes(r.suppressed !== null),
  acknowledged: (r) => yes(r.acknowledged !== null),
  decision: (r) => r.decision?.decision ?? "none",
  losses: (r) => yes(r.lost_events > 0),
  container_unknown: (r) => yes(r.container_unknown),
  acceptance: (r) => r.suppressed,
};
const PLAIN = ["severity", "priority", "rule", "source", "node", "cluster", "namespace", "pod", "image", "container", "user", "process", "assignee"];
const NONE = ["criterion_secondary", "point_of_focus", "nist_800_53", "pci_dss", "attack"];
const OTHER = new Set(["from", "to", "q", "limit", "order", "after", "facet", "values", "step", "by", "format", "within", "days", "framework"]);

export class BadRequest extends Error {
  constructor(code, message, hint, param) {
    super(message);
    Object.assign(this, { code, hint, param });
  }
}

/** Values of a column in a row. */
export function valuesOf(row, column) {
  if (LISTS[column]) return row[LISTS[column]];
  if (COMPUTED[column]) return [COMPUTED[column](row)].filter((v) => v !== null);
  if (NONE.includes(column)) return [];
  return row[column] === null || row[column] === undefined ? [] : [row[column]];
}

function time(params, name, fallback) {
  const text = params.get(name);
  if (text === null) return fallback;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new BadRequest("bad_time", `\`${text}\` is no time`, "write 2026-11-26T10:00:00Z or 2026-11-26", name);
  return ms;
}

/** Reads range and conditions; throws for parameters that do not exist. */
export function parse(params) {
  const now = Date.now();
  const to = time(params, "to", now);
  const from = time(params, "from", to - 24 * 3_600_000);
  const terms = new Map();
  for (const [name, value] of params) {
    if (OTHER.has(name)) continue;
    const not = name.startsWith("not.");
    const column = not ? name.slice(4) : name;
    if (!PLAIN.includes(column) && !NONE.includes(column) && !LISTS[column] && !COMPUTED[column]) throw new BadRequest("bad_filter", `no column \`${column}\``, "did you mean `rule`?", name);
    const term = terms.get(name) ?? { column, not, values: new Set() };
    term.values.add(value);
    terms.set(name, term);
  }
  return { from, to, text: (params.get("q") ?? "").toLowerCase(), terms: [...terms.values()] };
}

/** Whether a row is in the filter, apart from its time. */
export function matches(row, query) {
  for (const { column, not, values } of query.terms) if (valuesOf(row, column).some((v) => values.has(v)) === not) return false;
  return query.text === "" || `${row.output} ${row.command ?? ""} ${row.object ?? ""} ${row.rule}`.toLowerCase().includes(query.text);
}

/** Rows of a filter, oldest first; suppressed ones only where the filter asks for them. */
export function select(rows, query, withSuppressed = query.terms.some((t) => t.column === "suppressed" || t.column === "acceptance")) {
  let lo = 0;
  let hi = rows.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (rows[mid]._t < query.from) lo = mid + 1;
    else hi = mid;
  }
  const out = [];
  let suppressed = 0;
  for (let i = lo; i < rows.length && rows[i]._t < query.to; i++) {
    if (!matches(rows[i], query)) continue;
    if (rows[i].suppressed !== null && !withSuppressed) suppressed += 1;
    else out.push(rows[i]);
  }
  return { rows: out, suppressed };
}

/** The answer line. */
export function answer(params, query, rows, suppressed, gaps, started) {
  const clusters = params.getAll("cluster");
  const text = new URLSearchParams([...params].filter(([n]) => !["from", "to", "limit", "after", "facet", "values", "step", "by"].includes(n)));
  const inside = gaps.filter((g) => g.from < query.to && g.to > query.from && (clusters.length === 0 || clusters.includes(g.cluster)));
  const last = rows.at(-1);
  return {
    query: text.toString(),
    from: new Date(query.from).toISOString(),
    to: new Date(query.to).toISOString(),
    scope: clusters.length === 0 ? "all clusters" : clusters.join(", "),
    fresh_to: last === undefined ? null : new Date(last._t).toISOString(),
    as_of_seq: last?.record.seq ?? 0,
    excluded: suppressed > 0 ? { suppressed } : {},
    partial: inside.map((g) => `${g.node}${g.source === null ? "" : ` (${g.source})`}: ${g.cause}, ${Math.round((Math.min(g.to, query.to) - Math.max(g.from, query.from)) / 60_000)} min`),
    took_ms: Date.now() - started,
  };
}

/** Gaps of the range on the wire; where nothing reports, all of it is one. */
export function gapsIn(gaps, query, params, nothing = false) {
  if (nothing) return [{ node: "", cluster: "", source: "", from: new Date(query.from).toISOString(), to: new Date(query.to).toISOString(), cause: "nothing was watched yet: no source was ever heard before" }];
  const clusters = params.getAll("cluster");
  return gaps.filter((g) => g.from < query.to && g.to > query.from && (clusters.length === 0 || clusters.includes(g.cluster))).map((g) => ({ ...g, source: g.source ?? "", from: new Date(g.from).toISOString(), to: new Date(g.to).toISOString() }));
}

export function facet(rows, column, values) {
  const counts = new Map();
  for (const row of rows) for (const v of valuesOf(row, column)) counts.set(v, (counts.get(v) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return { column, distinct: sorted.length, values: sorted.slice(0, values).map(([value, count]) => ({ value, count })) };
}

export function histogram(rows, query, step) {
  const width = step * 1000;
  const bars = new Map();
  for (const row of rows) {
    const from = Math.floor(row._t / width) * width;
    const bar = bars.get(from) ?? { from: new Date(from).toISOString(), severity: bySeverity([]), suppressed: 0 };
    if (row.suppressed === null) bar.severity[row.severity] = (bar.severity[row.severity] ?? 0) + 1;
    else bar.suppressed += 1;
    bars.set(from, bar);
  }
  return [...bars].sort((a, b) => a[0] - b[0]).map(([, bar]) => bar);
}

export function bySeverity(rows) {
  const out = {};
  for (const s of SEVERITIES) out[s] = 0;
  for (const row of rows) out[row.severity] += 1;
  return out;
}

/** A row on the wire: without the members of the mock. */
export function wire(row) {
  const out = { ...row };
  delete out._t;
  // As the server has it: an empty text for what is not known.
  for (const name of ["node", "cluster", "namespace", "pod", "container", "image", "user", "process", "command", "object"]) out[name] ??= "";
  if (out.decision !== null) out.decision = { ...out.decision, incident: out.decision.incident ?? "" };
  return out;
}
