import type { Decision, Diagnostic, Severity } from "@/api/types";
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

/** Who did what, as a record of activity tells. `recorded`: the time under which `/activity` has it. */
export type Acted = Narrow<Schemas["ActedOut"], { kind: "command" | "connection" | "file" }>;

/** A finding or a detection of a back-test; with who did it, where a record of activity tells. */
export type Found = Narrow<Known<Schemas["FoundOut"]>, { decision: Decision | null; acted: Acted | null }>;

export type Sample = Narrow<Schemas["SampleOut"], { rows: Found[] }>;

/** An event that a rule is about, and whether activity keeps it. */
export type About = Narrow<Schemas["AboutOut"], { kept: "yes" | "writes" | "no" }>;

export type ActivityChange = Narrow<Known<Schemas["ActivityChangeOut"]>, { about: About[]; unknown: Sample }>;

export type DayCount = Schemas["DayOut"];

export type Noise = Narrow<Schemas["NoiseOut"], { verdict: "within" | "over" | "may_be_over" | "not_known" }>;

export type RuleChange = Narrow<Known<Schemas["RuleChangeOut"]>, { what: "added" | "removed" | "changed" | "same"; gained: Sample; lost: Sample; activity: ActivityChange | null; noise: Noise | null }>;

export type NodeActivity = Known<Schemas["NodeActivityOut"]>;

/** Activity that was read. `none_kept`: there is none of the period, so that what new rules would have found is not known. */
export type ActivityRead = Narrow<Known<Schemas["ActivityReadOut"]>, { state: "not_asked" | "none_kept" | "read"; cut_short: "records" | "time" | null }>;

export type RuleDiff = Narrow<Known<Schemas["RuleDiffOut"]>, { lost_true: Sample; unknown_true: Sample; rules: RuleChange[]; activity: ActivityRead }>;

export type Backtest = Narrow<Known<Schemas["JobOut"]>, { state: "queued" | "running" | "done" | "failed" | "cancelled"; result: RuleDiff | null }>;
