// The shapes of the HTTP API, version 1. Names are those on the wire.

export const SEVERITIES = ["critical", "high", "medium", "low", "informational"] as const;
export type Severity = (typeof SEVERITIES)[number];
export type BySeverity = Partial<Record<Severity, number>>;

/** RFC 3339 in UTC; as many digits of the second as the record has. */
export type Instant = string;

/** What every answer says of itself. */
export interface Answer {
  query: string;
  /** Null when the question has no period. */
  from: Instant | null;
  to: Instant | null;
  scope: string;
  /** The newest record that was read; null when there is none. */
  fresh_to: Instant | null;
  as_of_seq: number;
  excluded: { suppressed?: number };
  /** Why the answer is not whole; empty when it is. */
  partial: string[];
  took_ms: number;
}

export interface Answered {
  answer: Answer;
}

export type Decision = "true" | "benign" | "test";
export type Role = "admin" | "analyst" | "auditor";

export interface User {
  name: string;
  role: Role;
  /** What this user may do, by the server's names: `triage`, `edit_rules`. */
  permissions: string[];
  /** An auditor sees this period only. */
  period: { from: Instant; to: Instant } | null;
}

export interface Session {
  user: User | null;
  csrf: string;
  version: string;
  setup_needed: boolean;
  oidc: { name: string } | null;
  cluster_names: string[];
  server_time: Instant;
}

export interface Row {
  id: string;
  time: Instant;
  recorded: Instant;
  node: string | null;
  cluster: string | null;
  namespace: string | null;
  pod: string | null;
  container: string | null;
  image: string | null;
  user: string | null;
  process: string | null;
  command: string | null;
  object: string | null;
  source: string;
  rule: string;
  priority: string;
  severity: Severity;
  output: string;
  criteria: string[];
  tags: string[];
  suppressed: string | null;
  acknowledged: { time: Instant; by: string } | null;
  decision: { time: Instant; by: string; decision: Decision; reason: string; incident: string | null } | null;
  assignee: string | null;
  lost_events: number | null;
  container_unknown: boolean;
  /** Whether a slice of the capture is kept with it. */
  slice: boolean;
  record: { ledger: string; seq: number };
}

export interface FindingsPage extends Answered {
  rows: Row[];
  next: string | null;
}

/** A stretch in which something was not watched. */
export interface Gap {
  node: string | null;
  cluster: string | null;
  source: string | null;
  from: Instant;
  to: Instant;
  cause: string;
}

export interface Bar {
  from: Instant;
  severity: BySeverity;
  suppressed: number;
}

export interface Facet {
  column: string;
  distinct: number;
  values: { value: string; count: number }[];
}

export interface Counts extends Answered {
  count: number;
  facets: Facet[];
  histogram: Bar[];
  /** Null when the server does not say: that is not "none". */
  gaps: Gap[] | null;
}

export interface Group {
  key: Record<string, string | null>;
  count: number;
  first: Instant;
  last: Instant;
  severity: Severity;
  open: number;
  newest: Row;
}

export interface Groups extends Answered {
  groups: Group[];
  /** Groups in all, also those that are not listed. */
  distinct: number;
}

export interface HistoryEntry {
  kind: string;
  time: Instant;
  by: string;
  body: Record<string, unknown>;
  seq: number;
}

export interface FindingDetail extends Answered {
  /** As the ledger has it; null when its record is gone. */
  finding: Record<string, unknown> | null;
  row: Row;
  history: HistoryEntry[];
  /** Null when the server does not say. */
  controls: { id: string; name: string }[] | null;
  links: Record<string, string>;
}

export type Truth = "true" | "false" | "unknown";

export interface ExplainNode {
  kind: "and" | "or" | "not" | "test";
  text: string;
  value: Truth;
  field?: string;
  op?: string;
  actual?: string | null;
  /** It is known that the field had no value; else an unknown one was not recorded. */
  absent?: boolean;
  /** It follows from the rule having matched, not from recorded fields. */
  inferred?: boolean;
  /** The macro of which this is the condition. */
  macro?: string | null;
  children?: ExplainNode[];
}

export interface Explain {
  rule: { name: string; file: string; line: number; condition: string };
  tree: ExplainNode;
  note?: string | null;
  /** Parts that were left out because the condition is too large. */
  left_out?: number;
  /** Judged anew on kept events, and not worked out from recorded fields. */
  exact?: boolean;
  /** The recorded fields say that this rule does not match: it was another version of it. */
  contradicts?: boolean;
}

export interface ActivityRow {
  time: Instant;
  kind: "command" | "connection" | "file";
  text: string;
  user: string | null;
  program: string | null;
  container: string | null;
  fact: string | null;
}

export interface Activity extends Answered {
  rows: ActivityRow[];
  left_out: number;
}

export interface Ancestry {
  processes: { pid?: number | null; name: string; cmdline?: string | null; exe?: string | null }[];
}

export interface Similar extends Answered {
  by_day: { day: string; count: number; suppressed: number }[];
}

/** One act of triage on one or more findings. */
export interface Act {
  ids: string[];
  acknowledge?: { note: string };
  /** Empty: nobody. */
  assign?: { to: string };
  decide?: { decision: Decision; reason: string; incident: string };
  note?: { text: string };
}

export type DayState = "observed" | "partial" | "not" | "none";

export interface StripRow {
  criterion: string;
  name: string;
  days: { state: DayState; findings: number; share: number; why: string[] }[];
}

export interface Overview extends Answered {
  severity: { severity: Severity; count: number; before: number }[];
  suppressed: { count: number; before: number };
  /** The median of the same hour of the week; null where too little is known. */
  hours: (Bar & { spike: boolean; median: number | null })[];
  controls: { days: string[]; criteria: StripRow[] };
  /** `budget` is findings a day; `over` when it was passed on some day. */
  rules: { rule: string; count: number; budget: number | null; over: boolean; per_day: number[] }[];
  open: { buckets: { label: string; severity: BySeverity }[]; oldest: Row | null };
  gaps: Gap[];
}

export interface Diagnostic {
  severity: "error" | "warning" | "note";
  code: string;
  message: string;
  line: number;
  column: number;
  end_line: number;
  end_column: number;
  hint: string | null;
}

export interface Proposal {
  acceptance: Record<string, unknown>;
  yaml: string;
  alternatives: { action: "drop" | "add"; field: string; would_remove: number; lost_true: number; yaml: string | null }[];
  preview: Preview;
}

export interface Preview {
  would_remove: number;
  by_rule: { rule: string; count: number }[];
  by_day: { day: string; count: number }[];
  /** Findings that somebody decided to be true: the newest, and how many there are. */
  lost_true: Sample;
  /** Findings of which it cannot be said. */
  unknown: number;
  /** Findings that were looked at. */
  looked_at: number;
  sample: Sample;
  diagnostics: Diagnostic[];
}

/** A stored finding, or a detection of a replay, in short. */
export interface Found {
  /** Null for a detection that was only replayed. */
  id: string | null;
  time: Instant;
  rule: string;
  node: string | null;
  output: string;
  decision: Decision | null;
  suppressed: boolean;
  /** The recording that it was replayed from. */
  file: string | null;
}

/** How many there are, and the newest of them. */
export interface Sample {
  count: number;
  rows: Found[];
}

export type SourceState = "ok" | "late" | "silent" | "failing" | "starting";

export interface HealthSource {
  source: string;
  node: string | null;
  cluster: string | null;
  state: SourceState;
  reason: string | null;
  last_event: Instant | null;
  lag_s: number | null;
  events: number;
  drops: number;
  rules_digest: string | null;
  version: string | null;
  gaps: Gap[];
}

export interface Health extends Answered {
  ready: boolean;
  sources: HealthSource[];
  nodes: Record<string, unknown>[];
  ledger: { seq: number; head_time: Instant | null; anchors: Record<string, unknown>[] };
  store: Record<string, unknown>;
  notify: Record<string, unknown>;
  ingest: Record<string, unknown>;
}
