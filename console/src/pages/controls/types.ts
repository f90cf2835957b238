import type { Answered, Gap } from "@/api/types";
import type { Known, Narrow, Schemas } from "@/api/wire";

/** What a period says of a control, the worst first. Never a score. */
export const STATES = ["deviations", "no_evidence", "partly_unknown", "no_deviation", "not_covered"] as const satisfies readonly Schemas["ControlState"][];
export type ControlState = Schemas["ControlState"];

export const DAY_STATES = ["pass", "unknown", "fail", "not_expected"] as const;
export type DayState = (typeof DAY_STATES)[number];

/** A control. `share`: part of the time to be watched that was watched with nothing lost; null when nothing was to be watched. */
export type Control = Narrow<Known<Schemas["ControlOut"]>, { owner: string | null; days: DayState[] }>;

export type Criterion = Narrow<Schemas["CriterionOut"], { controls: Control[] }>;

/** A version of the control list that was valid in the period. Nobody approved a draft. */
export type ListVersion = Narrow<Known<Schemas["ListOut"]>, { entity: string | null }>;

/** A deviation. `controls` is empty when it is of the watching itself; `items`: so many of so many; `evidence`: numbers of records of the ledger, the first of them. */
export type Deviation = Narrow<Schemas["DeviationOut"], { items: [number, number] }>;

export type Controls = Narrow<Known<Schemas["ControlsAnswer"]>, { lists: ListVersion[]; criteria: Criterion[]; deviations: Deviation[] } & Answered>;

/** Numbers of watched subjects (a source of a node) by state on a day. */
export type DayCounts = Narrow<Known<Schemas["ControlDay"]>, { state: DayState }>;

export type AcceptanceHits = Known<Schemas["AcceptanceHits"]>;

export type ControlDetail = Narrow<Known<Schemas["ControlDetail"]>, { control: Control; days: DayCounts[]; gaps: Gap[]; deviations: Deviation[] } & Answered>;

export type JobState = Schemas["JobState"];

export type ReportFile = Schemas["JobFile"];

/** A report that was asked for. `progress`: the step that is being done, null when nothing is; all clusters when `clusters` is empty. */
export type Report = Narrow<Known<Schemas["Job"]>, { progress: string | null; clusters: string[]; sample: number; seed: string; framework: string }>;

export type AskReport = Schemas["AskReport"];

export type Verification = Narrow<Schemas["Verification"], { verdict: "intact" | "unproven" | "failed" }>;
