import type { Deviation } from "./types";

/** A cell of CSV. A text that a spreadsheet would take for a formula gets a quote before it. */
export function csvCell(value: string | number): string {
  const text = String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Deviations as CSV, in the order given. */
export function deviationsCsv(deviations: readonly Deviation[]): string {
  const head = ["id", "kind", "state", "subject", "cause", "from", "to", "items", "of_items", "controls", "criteria", "evidence_records"];
  const rows = deviations.map((d) => [d.id, d.kind, d.closed ? "closed" : "open", d.subject, d.cause, d.from, d.to, d.items[0], d.items[1], d.controls.join(" "), d.criteria.join(" "), d.evidence.join(" ")]);
  return [head, ...rows].map((row) => row.map(csvCell).join(",") + "\r\n").join("");
}
