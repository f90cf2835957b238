import type { Diagnostic, Instant, Severity } from "@/api/types";
import type { Known, Narrow, Schemas } from "@/api/wire";

// Answers of the rules' routes, as the server's document has them.

export type Place = Schemas["PlaceOut"];

/** A rule. `status`: `loaded`, `disabled`, `failed` ...; `not here`: it fired, and this server has not its file. */
export type Rule = Narrow<Known<Schemas["RuleRow"]>, { severity: Severity | null }>;

export type RuleList = Narrow<Known<Schemas["RuleList"]>, { rules: Rule[] }>;

export type OneRule = Narrow<Known<Schemas["OneRule"]>, { rule: Rule }>;

export type NodeRules = Known<Schemas["NodeRules"]>;

export type RuleSets = Known<Schemas["RuleSets"]>;

export type FileRow = Known<Schemas["FileRow"]>;

export type FileList = Known<Schemas["FileList"]>;

/** A diagnostic; with a file when it is of another one than was asked about. */
export type FileDiagnostic = Narrow<Known<Schemas["DiagnosticOut"]>, Pick<Diagnostic, "severity">>;

export type Version = Known<Schemas["VersionOut"]>;

export type FileText = Narrow<Known<Schemas["FileText"]>, { diagnostics: FileDiagnostic[] }>;

// What a back-test found is still written by hand.

/** Who did what, as a record of activity tells. */
export interface Acted {
  kind: "command" | "connection" | "file";
  process: string;
  pid: number;
  parent: string;
  user: string;
  container: string;
  pod: string;
  namespace: string;
  times: number;
  /** The time under which `/activity` has it. */
  recorded: Instant;
  seq: number;
}

export interface Found {
  id: string | null;
  time: Instant;
  rule: string;
  node: string;
  output: string;
  decision: "true" | "benign" | "test" | null;
  suppressed: boolean;
  file: string | null;
  acted: Acted | null;
}

export interface Sample {
  count: number;
  rows: Found[];
}

/** An event that a rule is about, and whether activity keeps it. */
export interface About {
  event: string;
  kept: "yes" | "writes" | "no";
}

export interface ActivityChange {
  about: About[];
  about_count: number;
  kept: boolean;
  gained: number;
  already: number;
  unknown_before: number;
  unknown: Sample;
  missing: { field: string; records: number }[];
  settled: number;
}

export interface DayCount {
  day: Instant;
  before: number;
  after: number;
  unknown: number;
}

export interface Noise {
  budget: number;
  before_a_day: number;
  after_a_day: number;
  before_worst: number;
  after_worst: number;
  over_before: number;
  over_after: number;
  verdict: "within" | "over" | "may_be_over" | "not_known";
}

export interface RuleChange {
  rule: string;
  what: "added" | "removed" | "changed" | "same";
  before: number;
  after: number;
  gained: Sample;
  lost: Sample;
  unknown: number;
  replayed: number;
  activity: ActivityChange | null;
  days: DayCount[];
  noise: Noise | null;
}

export interface NodeActivity {
  node: string;
  records: number;
  first: Instant | null;
  last: Instant | null;
  days: number;
  watched_days: number;
  gaps: { from: Instant; to: Instant }[];
}

export interface ActivityRead {
  /** `none_kept`: there is none of the period, so that what new rules would have found is not known. */
  state: "not_asked" | "none_kept" | "read";
  commands: number;
  connections: number;
  files: number;
  first: Instant | null;
  last: Instant | null;
  cut_short: "records" | "time" | null;
  nodes: NodeActivity[];
  more_nodes: number;
  left_out: number;
  dropped: number;
  brief: number;
}

export interface RuleDiff {
  lost_true: Sample;
  unknown_true: Sample;
  rules: RuleChange[];
  unknown: number;
  read: { captures: number; archives: number; events: number; findings: number; from: Instant; to: Instant; missing: string[] };
  activity: ActivityRead;
}

export interface Backtest {
  id: string;
  by: string;
  file: string;
  digest: string;
  from: Instant;
  to: Instant;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  progress: number | null;
  reading: string | null;
  read: number;
  error: string | null;
  result: RuleDiff | null;
}
