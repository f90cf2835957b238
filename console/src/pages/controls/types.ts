import type { Answered, Gap, Instant } from "@/api/types";

/** What a period says of a control, the worst first. Never a score. */
export const STATES = ["deviations", "no_evidence", "partly_unknown", "no_deviation", "not_covered"] as const;
export type ControlState = (typeof STATES)[number];

export const DAY_STATES = ["pass", "unknown", "fail", "not_expected"] as const;
export type DayState = (typeof DAY_STATES)[number];

export interface Control {
  id: string;
  title: string;
  statement: string;
  owner: string | null;
  state: ControlState;
  /** Part of the time to be watched that was watched with nothing lost; null when nothing was to be watched. */
  share: number | null;
  findings: number;
  open: number;
  deviations: number;
  gaps: number;
  days: DayState[];
}

export interface Criterion {
  id: string;
  name: string;
  state: ControlState;
  controls: Control[];
}

/** A version of the control list that was valid in the period. Nobody approved a draft. */
export interface ListVersion {
  id: string;
  version: number;
  title: string;
  entity: string | null;
  approved_by: string[];
  approved_on: string | null;
  valid_from: string | null;
  digest: string;
}

export interface Deviation {
  id: string;
  kind: string;
  /** Empty when it is of the watching itself. */
  controls: string[];
  criteria: string[];
  from: Instant;
  to: Instant;
  /** So many of so many. */
  items: [number, number];
  subject: string;
  cause: string;
  closed: boolean;
  /** Numbers of records of the ledger, the first of them. */
  evidence: number[];
}

export interface Controls extends Answered {
  lists: ListVersion[];
  criteria: Criterion[];
  deviations: Deviation[];
}

/** Numbers of watched subjects (a source of a node) by state on a day. */
export interface DayCounts {
  day: string;
  state: DayState;
  pass: number;
  unknown: number;
  fail: number;
}

export interface AcceptanceHits {
  id: string;
  rule: string;
  hits: number;
  expires: Instant | null;
}

export interface ControlDetail extends Answered {
  control: Control;
  frequency: string;
  kind: string;
  nature: string;
  criteria: string[];
  points_of_focus: string[];
  nist_800_53: string[];
  pci_dss: string[];
  rules: { name: string; source: string }[];
  sources: string[];
  missing_sources: string[];
  populations: string[];
  not_covered: { what: string; why: string }[];
  days: DayCounts[];
  gaps: Gap[];
  more_gaps: number;
  deviations: Deviation[];
  acceptances: AcceptanceHits[];
}

export type JobState = "queued" | "running" | "done" | "failed";

export interface ReportFile {
  name: string;
  bytes: number;
  sha256: string;
}

export interface Made {
  findings: number;
  deviations: number;
  open_deviations: number;
  /** Nothing at all is known of the period. */
  no_evidence: boolean;
  /** SHA-256 of the bundle's manifest. */
  manifest: string;
  as_of_seq: number;
}

export interface Report {
  id: string;
  state: JobState;
  /** The step that is being done; null when nothing is. */
  progress: string | null;
  error: string | null;
  framework: string;
  from: Instant;
  to: Instant;
  /** All clusters when empty. */
  clusters: string[];
  sample: number;
  seed: string;
  made_by: string;
  asked_at: Instant;
  done_at: Instant | null;
  outcome: Made | null;
  files: ReportFile[];
}

export interface AskReport {
  framework: "soc2";
  from: string;
  to: string;
  clusters: string[];
  sample: number;
  seed: string;
}

export interface Verification {
  verdict: "intact" | "unproven" | "failed";
  lines: string[];
  command: string;
}
