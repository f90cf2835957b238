import type { Answer, Diagnostic, Instant, Severity } from "@/api/types";

// Answers of the rules' routes, as the server's OpenAPI document has them.

export interface Place {
  file: string;
  line: number;
}

export interface Rule {
  name: string;
  source: string;
  priority: string;
  severity: Severity | null;
  enabled: boolean;
  /** `loaded`, `disabled`, `failed` ...; `not here`: it fired, and this server has not its file. */
  status: string;
  file: string | null;
  line: number | null;
  criteria: string[];
  criteria_secondary: string[];
  tags: string[];
  overridden_by: Place[];
  shadowed_by: Place[];
  per_day: number[];
  total: number;
  suppressed: number;
  budget: number;
  over: boolean;
}

export interface RuleList {
  answer: Answer;
  digest: string;
  first_day: Instant;
  errors: number;
  warnings: number;
  rules: Rule[];
}

export interface OneRule {
  answer: Answer;
  first_day: Instant;
  rule: Rule;
  description: string;
  condition: string;
  resolved: string;
  output: string;
}

export interface NodeRules {
  node: string;
  run: string;
  time: Instant;
  digest: string;
  rules: number;
  not_running: number;
  same: boolean;
  refused: string | null;
}

export interface RuleSets {
  answer: Answer;
  digest: string;
  nodes: NodeRules[];
  left_out: number;
}

export interface FileRow {
  path: string;
  editable: boolean;
  why_not: string | null;
  errors: number;
  warnings: number;
}

export interface FileList {
  files: FileRow[];
  folders: string[];
}

/** A diagnostic; with a file when it is of another one than was asked about. */
export interface FileDiagnostic extends Diagnostic {
  file: string | null;
}

export interface Version {
  time: Instant;
  by: string;
  digest: string;
  before: string | null;
  seq: number;
}

export interface FileText {
  path: string;
  text: string;
  digest: string;
  editable: boolean;
  why_not: string | null;
  diagnostics: FileDiagnostic[];
  versions: Version[];
}

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
