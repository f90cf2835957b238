import { isRecord } from "./error";
import type { Decision, Diagnostic, Found, Preview, Proposal, Sample } from "./types";

// What an acceptance or a rule would change, in one form. The library behind it
// counts in pairs (`["rule", 3]`) and samples (`{count, rows}`); an answer may
// have those or named members and plain lists.

const number = (value: unknown) => (typeof value === "number" ? value : 0);
const string = (value: unknown) => (typeof value === "string" ? value : "");
const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

const orNull = (value: unknown) => (string(value) === "" ? null : string(value));

function found(row: Record<string, unknown>): Found {
  // A row of the feed has its decision with who and why; a sample only the word.
  const decision = isRecord(row["decision"]) ? row["decision"]["decision"] : row["decision"];
  return {
    id: orNull(row["id"]),
    time: string(row["time"]),
    rule: string(row["rule"]),
    node: orNull(row["node"]),
    output: string(row["output"]),
    decision: decision === "true" || decision === "benign" || decision === "test" ? (decision satisfies Decision) : null,
    suppressed: row["suppressed"] === true || string(row["suppressed"]) !== "",
    file: orNull(row["file"]),
  };
}

function rowsOf(value: unknown): Found[] {
  return list(value).filter(isRecord).map(found);
}

/** A sample: how many there are, and some of them. */
export function cleanSample(value: unknown): Sample {
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
    looked_at: number(value["looked_at"]),
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
