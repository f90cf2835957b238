import { isRecord } from "./error";
import { NAMES, SEVERITIES, type Counts, type Decision, type Diagnostic, type ExplainNode, type FindingDetail, type FindingsPage, type Found, type Gap, type Groups, type Overview, type Preview, type Proposal, type Role, type Row, type Sample, type Session, type Severity } from "./types";
import type { Known, Schemas } from "./wire";

// Pages see one form: `null` for what is not known (the server has an empty text in many places), and of texts that
// take few values only those that the console knows.

type Wire<N extends keyof Schemas> = Known<Schemas[N]>;

/** A text, or null when it is empty or not there. */
export function text(value: string | null | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}

/** A row with nulls for what is not known. */
export function cleanRow(raw: Wire<"Row">): Row {
  const names = Object.fromEntries(NAMES.map((name) => [name, text(raw[name])])) as Record<(typeof NAMES)[number], string | null>;
  return {
    ...raw,
    ...names,
    severity: severityOf(raw.severity),
    suppressed: text(raw.suppressed),
    decision: raw.decision === null ? null : { ...raw.decision, decision: decisionOf(raw.decision.decision) ?? "true", incident: text(raw.decision.incident) },
    assignee: text(raw.assignee),
  };
}

/** A severity; one of a newer server is shown as the lowest rather than lost. */
export function severityOf(value: string): Severity {
  return SEVERITIES.find((s) => s === value) ?? "informational";
}

function decisionOf(value: string | null): Decision | null {
  return value === "true" || value === "benign" || value === "test" ? value : null;
}

export const cleanGap = (raw: Schemas["GapOut"]): Gap => ({ ...raw, node: text(raw.node), cluster: text(raw.cluster), source: text(raw.source) });

export function cleanPage(raw: Wire<"FindingsPage">): FindingsPage {
  return { ...raw, rows: raw.rows.map(cleanRow), next: text(raw.next) };
}

export function cleanCounts(raw: Wire<"FindingCounts">): Counts {
  return { ...raw, gaps: raw.gaps?.map(cleanGap) ?? null };
}

export function cleanGroups(raw: Wire<"FindingGroups">): Groups {
  return { ...raw, groups: raw.groups.map((g) => ({ ...g, severity: severityOf(g.severity), newest: cleanRow(g.newest), key: Object.fromEntries(Object.entries(g.key).map(([k, v]) => [k, text(v)])) })) };
}

export function cleanDetail(raw: Wire<"WholeFinding">): FindingDetail {
  return { ...raw, row: cleanRow(raw.row), finding: isRecord(raw.finding) ? raw.finding : null };
}

/** A branch of an explanation; the server leaves out what does not apply to it. */
export function cleanNode(raw: Wire<"ExplainNode">): ExplainNode {
  return {
    kind: raw.kind === "and" || raw.kind === "or" || raw.kind === "not" ? raw.kind : "test",
    text: raw.text,
    value: raw.value === "true" || raw.value === "false" ? raw.value : "unknown",
    field: raw.field ?? null,
    op: raw.op ?? null,
    actual: raw.actual ?? null,
    absent: raw.absent ?? false,
    inferred: raw.inferred ?? false,
    macro: raw.macro ?? null,
    children: raw.children.map(cleanNode),
  };
}

/** The overview: every severity, also one without findings. */
export function cleanOverview(raw: Wire<"Overview">): Overview {
  const severity = SEVERITIES.map((s) => ({ count: 0, before: 0, ...raw.severity.find((x) => x.severity === s), severity: s }));
  return { ...raw, severity, gaps: raw.gaps.map(cleanGap), open: { ...raw.open, oldest: raw.open.oldest === null ? null : cleanRow(raw.open.oldest) } };
}

/** A role; one of a newer server is shown as the one that may least. Permissions are told apart from it. */
export function roleOf(value: string): Role {
  return value === "admin" || value === "analyst" ? value : "auditor";
}

export function cleanSession(raw: Wire<"SessionState">): Session {
  return { ...raw, csrf: raw.csrf ?? "", user: raw.user === null ? null : { ...raw.user, role: roleOf(raw.user.role) } };
}

/** A finding of a sample. */
export const cleanFound = (raw: Wire<"FoundOut">): Found => ({ ...raw, decision: decisionOf(raw.decision) });

export const cleanSample = (raw: Wire<"SampleOut">): Sample => ({ count: raw.count, rows: raw.rows.map(cleanFound) });

/** A diagnostic; one whose severity is not known is a note. */
export function cleanDiagnostic<T extends Wire<"Problem">>(raw: T): T & Pick<Diagnostic, "severity"> {
  return { ...raw, severity: raw.severity === "error" || raw.severity === "warning" ? raw.severity : "note" };
}

export function cleanPreview(raw: Wire<"PreviewOut">): Preview {
  return { ...raw, lost_true: cleanSample(raw.lost_true), sample: cleanSample(raw.sample), diagnostics: raw.diagnostics.map(cleanDiagnostic) };
}

export function cleanProposal(raw: Wire<"ProposalOut">): Proposal {
  return { ...raw, alternatives: raw.alternatives.map((a) => ({ ...a, action: a.action === "drop" ? "drop" : "add" })), preview: cleanPreview(raw.preview) };
}
