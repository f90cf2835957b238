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

export interface Found {
  id: string | null;
  time: Instant;
  rule: string;
  node: string;
  output: string;
  decision: "true" | "benign" | "test" | null;
  suppressed: boolean;
  file: string | null;
}

export interface Sample {
  count: number;
  rows: Found[];
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
}

export interface RuleDiff {
  lost_true: Sample;
  unknown_true: Sample;
  rules: RuleChange[];
  unknown: number;
  read: { captures: number; archives: number; events: number; findings: number; from: Instant; to: Instant; missing: string[] };
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
