import type { Answered, Instant } from "@/api/types";

// What `GET /health` answers.

export type State = "ok" | "starting" | "late" | "losing" | "stopped" | "silent" | "failing" | "never";

export interface HealthGap {
  node: string;
  cluster: string;
  source: string;
  from: Instant;
  to: Instant;
  cause: string;
}

export interface Source {
  source: string;
  node: string;
  cluster: string;
  state: State;
  reason: string;
  last_event: Instant | null;
  lag_s: number | null;
  events: number;
  drops: number;
  rules_digest: string;
  version: string;
  /** When it was to be watched, in the time asked for; null when it was not. */
  expected: { from: Instant; to: Instant } | null;
  gaps: HealthGap[];
}

/** How an agent that takes its rules from the server stands with them. */
export interface RuleSet {
  /** Digest of the set that it runs. */
  runs: string;
  wanted: string | null;
  /** Since when it does not run, or not wholly, what is wanted; null when it does. */
  behind_since: Instant | null;
  refused: string | null;
}

export interface Node {
  node: string;
  cluster: string;
  state: State;
  reason: string;
  warnings: string[];
  own: boolean;
  run: string;
  version: string;
  kernel: string;
  heard: Instant | null;
  watched_to: Instant | null;
  rules_digest: string;
  /** Null for an agent with rules of its own. */
  rule_set: RuleSet | null;
  events: number;
  detections: number;
  lost: number;
  lost_by_cause: Record<string, number>;
  lost_lately: number;
  ahead_s: number;
}

export interface HealthAnswer extends Answered {
  ready: boolean;
  reasons: string[];
  sources: Source[];
  nodes: Node[];
  forgotten: number;
  agents_behind: number;
  other_gaps: HealthGap[];
  ledger: {
    id: string;
    key: string;
    seq: number;
    head_seq: number | null;
    head_time: Instant | null;
    redacted: number;
    unreadable: number;
    anchors: { anchor: string; place: string; time: Instant; last_seq: number }[];
  };
  store: { ledger_bytes: number; store_bytes: number; files: number };
  notify: {
    delivered: number;
    failed: number;
    held_back: number;
    channels: Record<string, Record<string, number>>;
    last_failure: { channel: string; time: Instant; answer: string } | null;
  };
  ingest: Record<"batches" | "bytes" | "recorded" | "repeated" | "refused" | "holes" | "unreadable" | "turned_away" | "failed", number>;
  server: { version: string; begun: Instant; time: Instant };
}
