import type { Known, Narrow, Schemas } from "@/api/wire";

/** How an acceptance stands: `pending` waits for another person. */
export type Standing = "in force" | "pending" | "not begun" | "expired" | "revoked";

/** An acceptance. `file` is null when only the ledger knows it, because an agent told of it; `broken`: why it lets nothing be; `own`: the caller asked for it. */
export type Acceptance = Narrow<Known<Schemas["AcceptanceRow"]>, { standing: Standing }>;

export type AcceptanceList = Narrow<Known<Schemas["AcceptanceList"]>, { acceptances: Acceptance[] }>;
