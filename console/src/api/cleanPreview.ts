import { isRecord } from "./error";
import { cleanRow } from "./clean";
import type { Diagnostic, Preview, Proposal, Row } from "./types";

// What an acceptance or a rule would change, in one form. The library behind it
// counts in pairs (`["rule", 3]`) and samples (`{count, rows}`); an answer may
// have those or named members and plain lists.

const number = (value: unknown) => (typeof value === "number" ? value : 0);
const string = (value: unknown) => (typeof value === "string" ? value : "");
const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

function rowsOf(value: unknown): Row[] {
  return list(value)
    .filter((row): row is Row => isRecord(row) && typeof row["id"] === "string")
    .map(cleanRow);
}

/** A sample: how many there are, and some of them. */
export function cleanSample(value: unknown): { count: number; rows: Row[] } {
  if (isRecord(value)) return { count: number(value["count"]), rows: rowsOf(value["rows"]) };
  const rows = rowsOf(value);
  return { count: rows.length, rows };
}

function pair(value: unknown, name: string): [string, number] {
  if (Array.isArray(value)) return [string(value[0]), number(value[1])];
  return isRecord(value) ? [string(value[name]), number(value["count"])] : ["", 0];
}

export function cleanPreview(raw: unknown): Preview {
  const value = isRecord(raw) ? raw : {};
  return {
    would_remove: number(value["would_remove"]),
    by_rule: list(value["by_rule"]).map((v) => pair(v, "rule")).map(([rule, count]) => ({ rule, count })),
    by_day: list(value["by_day"]).map((v) => pair(v, "day")).map(([day, count]) => ({ day: day.slice(0, 10), count })),
    lost_true: cleanSample(value["lost_true"]),
    unknown: number(value["unknown"]),
    sample: cleanSample(value["sample"]),
    diagnostics: list(value["diagnostics"]).filter(isRecord).map(cleanDiagnostic),
  };
}

/** A diagnostic; one without a place is at the first line. */
export function cleanDiagnostic(value: Record<string, unknown>): Diagnostic {
  const line = Math.max(1, number(value["line"]));
  const column = Math.max(1, number(value["column"]));
  const severity = string(value["severity"]);
  return {
    severity: severity === "error" || severity === "warning" ? severity : "note",
    code: string(value["code"]),
    message: string(value["message"]),
    line,
    column,
    end_line: Math.max(line, number(value["end_line"])),
    end_column: Math.max(column, number(value["end_column"])),
    hint: string(value["hint"]) === "" ? null : string(value["hint"]),
  };
}

export function cleanProposal(raw: unknown): Proposal {
  const value = isRecord(raw) ? raw : {};
  return {
    acceptance: isRecord(value["acceptance"]) ? value["acceptance"] : {},
    yaml: string(value["yaml"]),
    alternatives: list(value["alternatives"]).filter(isRecord).map((a) => {
      const added = Array.isArray(a["add"]) ? string(a["add"][0]) : string(a["add"]);
      const dropped = string(a["drop"]);
      const named = string(a["field"]);
      const action = a["action"] === "drop" || (a["action"] === undefined && dropped !== "") ? "drop" : "add";
      return { action, field: named !== "" ? named : action === "drop" ? dropped : added, would_remove: number(a["would_remove"]), lost_true: number(a["lost_true"]), yaml: string(a["yaml"]) === "" ? null : string(a["yaml"]) };
    }),
    preview: cleanPreview(value["preview"]),
  };
}
