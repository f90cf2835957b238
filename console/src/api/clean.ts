import { SEVERITIES, type Answer, type Counts, type FindingDetail, type FindingsPage, type Groups, type Overview, type Row, type Session, type Severity } from "./types";

// The server leaves out what is not there, or sends an empty text. Pages see one
// form: `null` for what is not known, lists that exist.

type Loose<T> = { [K in keyof T]?: T[K] | null };

const NAMES = ["node", "cluster", "namespace", "pod", "container", "image", "user", "process", "command", "object"] as const;

/** A text, or null when it is empty or not there. */
function text(value: string | null | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}

/** A row with nulls for what is not known. */
export function cleanRow(raw: Loose<Row> & { id: string }): Row {
  const row: Row = {
    id: raw.id,
    time: raw.time ?? "",
    recorded: raw.recorded ?? raw.time ?? "",
    node: null,
    cluster: null,
    namespace: null,
    pod: null,
    container: null,
    image: null,
    user: null,
    process: null,
    command: null,
    object: null,
    source: raw.source ?? "",
    rule: raw.rule ?? "",
    priority: raw.priority ?? "",
    severity: severityOf(raw.severity),
    output: raw.output ?? "",
    criteria: raw.criteria ?? [],
    tags: raw.tags ?? [],
    suppressed: text(raw.suppressed),
    acknowledged: raw.acknowledged ?? null,
    decision: raw.decision === null || raw.decision === undefined ? null : { ...raw.decision, incident: text(raw.decision.incident) },
    assignee: text(raw.assignee),
    lost_events: raw.lost_events ?? null,
    container_unknown: raw.container_unknown ?? false,
    slice: raw.slice ?? false,
    record: raw.record ?? { ledger: "", seq: 0 },
  };
  for (const name of NAMES) row[name] = text(raw[name]);
  return row;
}

/** A severity; one of a newer server is shown as the lowest rather than lost. */
function severityOf(value: string | null | undefined): Severity {
  return SEVERITIES.find((s) => s === value) ?? "informational";
}

/** An answer line; a question without a period has the epoch and the end of what was read. */
export function cleanAnswer(raw: Loose<Answer> | null | undefined): Answer {
  return {
    query: raw?.query ?? "",
    from: raw?.from ?? null,
    to: raw?.to ?? null,
    scope: raw?.scope ?? "",
    fresh_to: raw?.fresh_to ?? null,
    as_of_seq: raw?.as_of_seq ?? 0,
    excluded: { suppressed: raw?.excluded?.suppressed ?? 0 },
    partial: raw?.partial ?? [],
    took_ms: raw?.took_ms ?? 0,
  };
}

export function cleanPage(raw: FindingsPage): FindingsPage {
  return { answer: cleanAnswer(raw.answer), rows: raw.rows.map(cleanRow), next: text(raw.next) };
}

export function cleanCounts(raw: Loose<Counts>): Counts {
  return { answer: cleanAnswer(raw.answer), count: raw.count ?? 0, facets: raw.facets ?? [], histogram: raw.histogram ?? [], gaps: raw.gaps ?? null };
}

export function cleanGroups(raw: Groups): Groups {
  return { answer: cleanAnswer(raw.answer), distinct: (raw.distinct as number | undefined) ?? raw.groups.length, groups: raw.groups.map((g) => ({ ...g, newest: cleanRow(g.newest), key: Object.fromEntries(Object.entries(g.key).map(([k, v]) => [k, text(v)])) })) };
}

export function cleanDetail(raw: Loose<FindingDetail> & { row: Row }): FindingDetail {
  const history = raw.history ?? [];
  return {
    answer: cleanAnswer(raw.answer),
    row: cleanRow(raw.row),
    finding: raw.finding ?? null,
    // Who did it stands in the body of the record where the entry does not repeat it.
    history: history.map((h) => ({ ...h, by: text(h.by as string | undefined) ?? (typeof h.body["by"] === "string" ? h.body["by"] : "") })),
    controls: raw.controls ?? null,
    links: raw.links ?? {},
  };
}

export function cleanOverview(raw: Overview): Overview {
  const severity = SEVERITIES.map((s) => raw.severity.find((x) => x.severity === s) ?? { severity: s, count: 0, before: 0 });
  return { ...raw, answer: cleanAnswer(raw.answer), severity, open: { ...raw.open, oldest: raw.open.oldest === null ? null : cleanRow(raw.open.oldest) } };
}

export function cleanSession(raw: Loose<Session>): Session {
  const user = raw.user ?? null;
  return {
    user: user === null ? null : { name: user.name, role: user.role, permissions: (user.permissions as string[] | undefined) ?? [], period: (user.period as typeof user.period | undefined) ?? null },
    csrf: raw.csrf ?? "",
    version: raw.version ?? "",
    setup_needed: raw.setup_needed ?? false,
    oidc: raw.oidc ?? null,
    cluster_names: raw.cluster_names ?? [],
    server_time: raw.server_time ?? "",
  };
}
