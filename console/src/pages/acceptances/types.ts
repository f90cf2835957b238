import type { Answer, Instant } from "@/api/types";

/** How an acceptance stands: `pending` waits for another person. */
export type Standing = "in force" | "pending" | "not begun" | "expired" | "revoked";

export interface Acceptance {
  id: string;
  rule: string | null;
  criterion: string | null;
  control: string | null;
  check: string | null;
  subject: Record<string, string[]>;
  condition: string | null;
  reason: string;
  risk: string | null;
  compensating: string | null;
  requester: string;
  approver: string | null;
  ticket: string | null;
  from: Instant | null;
  expires: Instant | null;
  standing: Standing;
  review_due: Instant | null;
  hits: number;
  last_hit: Instant | null;
  unused_days: number | null;
  by_day: number[];
  /** `null`: only the ledger knows it; an agent told of it. */
  file: string | null;
  line: number | null;
  /** Why it lets nothing be. */
  broken: string | null;
  yaml: string | null;
  digest: string | null;
  /** The caller asked for it. */
  own: boolean;
}

export interface AcceptanceList {
  answer: Answer;
  first_day: Instant;
  acceptances: Acceptance[];
}
