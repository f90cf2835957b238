import type { Known, Narrow, Schemas } from "./wire";

// Shapes that more than one page uses: those of the API's document, with texts of few values as unions, and `null`
// for a text that is empty because nothing is known (`clean.ts`).

export const SEVERITIES = ["critical", "high", "medium", "low", "informational"] as const;
export type Severity = (typeof SEVERITIES)[number];
export type BySeverity = Partial<Schemas["Severities"]>;

/** RFC 3339 in UTC; as many digits of the second as the record has. */
export type Instant = string;

/** What every answer says of itself. A time is null when the question has none; `fresh_to`, when there is no record. */
export type Answer = Known<Schemas["Answer"]>;

export interface Answered {
  answer: Answer;
}

export type Decision = "true" | "benign" | "test";
export type Role = "admin" | "analyst" | "auditor";

/** Who is logged in. An auditor sees the period only. */
export type User = Narrow<Known<Schemas["UserState"]>, { role: Role }>;

export type Session = Narrow<Known<Schemas["SessionState"]>, { user: User | null; csrf: string }>;

type Decided = Narrow<Schemas["DecidedBy"], { decision: Decision; incident: string | null }>;

/** Members of a row that are empty when nothing is known. */
export const NAMES = ["node", "cluster", "namespace", "pod", "container", "image", "user", "process", "command", "object"] as const;

/** A finding as a list shows it. */
export type Row = Narrow<Known<Schemas["Row"]>, { severity: Severity; decision: Decided | null } & Record<(typeof NAMES)[number], string | null>>;

export type FindingsPage = Narrow<Known<Schemas["FindingsPage"]>, { rows: Row[] }>;

/** A stretch in which something was not watched; who is null where it is all of them. */
export type Gap = Narrow<Schemas["GapOut"], { node: string | null; cluster: string | null; source: string | null }>;

export type Bar = Schemas["Step"];

export type Facet = Schemas["FacetOut"];

/** Counts of findings. `gaps` is null when the server does not say: that is not "none". */
export type Counts = Narrow<Known<Schemas["FindingCounts"]>, { gaps: Gap[] | null }>;

export type Group = Narrow<Known<Schemas["GroupOut"]>, { key: Record<string, string | null>; severity: Severity; newest: Row }>;

export type Groups = Narrow<Known<Schemas["FindingGroups"]>, { groups: Group[] }>;

export type HistoryEntry = Schemas["Happened"];

/** A finding, whole; as the ledger has it, or null when its record is gone. */
export type FindingDetail = Narrow<Known<Schemas["WholeFinding"]>, { finding: Record<string, unknown> | null; row: Row }>;

export type Truth = "true" | "false" | "unknown";

export type ExplainNode = Narrow<Known<Schemas["ExplainNode"]>, { kind: "and" | "or" | "not" | "test"; value: Truth; children: ExplainNode[] }>;

export type Explain = Narrow<Known<Schemas["Explanation"]>, { tree: ExplainNode }>;

export type ActivityRow = Narrow<Known<Schemas["ActivityRow"]>, { kind: "command" | "connection" | "file" }>;

export type Activity = Narrow<Known<Schemas["ActivityAround"]>, { rows: ActivityRow[] }>;

export type Ancestry = Known<Schemas["Ancestry"]>;

export type Similar = Known<Schemas["SimilarFindings"]>;

/** One act of triage on one or more findings. */
export type Act = Narrow<Schemas["Acts"], { decide?: Narrow<Schemas["Decide"], { decision: Decision }> }>;

export type DayState = Schemas["DayState"];

export type StripRow = Schemas["CriterionRow"];

/** The overview. The median of an hour is null where too little is known; the budget of a rule is findings a day. */
export type Overview = Narrow<
  Known<Schemas["Overview"]>,
  {
    severity: Narrow<Schemas["SeverityCount"], { severity: Severity }>[];
    open: { buckets: Schemas["Age"][]; oldest: Row | null };
    gaps: Gap[];
  }
>;

export type Diagnostic = Narrow<Known<Schemas["Problem"]>, { severity: "error" | "warning" | "note" }>;

/** A stored finding, or a detection of a replay (which has no id), in short. `file`: the recording that it was replayed from. */
export type Found = Narrow<Known<Schemas["FoundOut"]>, { decision: Decision | null }>;

/** How many there are, and the newest of them. */
export type Sample = Narrow<Schemas["SampleOut"], { rows: Found[] }>;

export type Preview = Narrow<Known<Schemas["PreviewOut"]>, { lost_true: Sample; sample: Sample; diagnostics: Diagnostic[] }>;

export type Proposal = Narrow<Known<Schemas["ProposalOut"]>, { alternatives: Narrow<Schemas["AlternativeOut"], { action: "drop" | "add" }>[]; preview: Preview }>;
