import type { Row } from "@/api/types";

/** A row of the feed, and the repeats of it that are folded into it. */
export interface Line {
  /** The newest. */
  row: Row;
  /** All findings of the line, newest first; the first is `row`. */
  rows: Row[];
}

/** Repeats further apart than this (ms) are lines of their own: they may be two stories. */
export const APART = 10 * 60_000;

function keyOf(row: Row): string {
  // What triage asks: the same rule, the same deed, by the same user, in the same place, in the same state.
  return JSON.stringify([row.rule, row.severity, row.process, row.command, row.object, row.user, row.cluster, row.node, row.namespace, row.container, row.suppressed, row.acknowledged === null, row.decision?.decision ?? "", row.assignee]);
}

// A feed grows by pages and is folded anew each time: what a row is known by is worked out once.
const known = new WeakMap<Row, { key: string; time: number }>();

function knownBy(row: Row): { key: string; time: number } {
  const before = known.get(row);
  if (before !== undefined) return before;
  const made = { key: keyOf(row), time: Date.parse(row.time) };
  known.set(row, made);
  return made;
}

/** Folds neighbours that repeat each other into one line. Nothing is left out: the sum of the lines is the feed. */
export function foldRepeats(rows: Row[]): Line[] {
  const out: Line[] = [];
  let lastKey = "";
  let lastTime = 0;
  for (const row of rows) {
    const { key, time } = knownBy(row);
    const line = out.at(-1);
    if (line !== undefined && key === lastKey && lastTime - time <= APART) line.rows.push(row);
    else out.push({ row, rows: [row] });
    lastKey = key;
    lastTime = time;
  }
  return out;
}

/** One line a row. */
export function unfolded(rows: Row[]): Line[] {
  return rows.map((row) => ({ row, rows: [row] }));
}
