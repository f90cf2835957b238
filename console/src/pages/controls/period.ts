import { iso, type Range } from "@/time/span";

const MINUTE = 60_000;

/** Time that moves is judged in steps of a sixtieth of its length, this long at most, ms: the server reads all facts of the period for each answer. */
const LONGEST_STEP = 5 * MINUTE;

/** A time that moves with the clock as one that moves in steps and is over: what is still to come would make each answer one of a part. A time that stands stays as it is. Something arrived at `since`: what moves reaches up to there. */
export function judgedRange(range: Range, live: boolean, now: number, since = 0): Range {
  if (!live) return range;
  const length = range.to - range.from;
  const step = Math.min(LONGEST_STEP, length / 60);
  const to = Math.max(Math.floor(Math.min(range.to, now) / step) * step, Math.min(since, now));
  return { from: to - length, to };
}

/** Periods that a report is often asked for, in order of the buttons. Months and quarters are whole and over. */
export function reportPeriods(now: number): { label: string; from: string; to: string }[] {
  const d = new Date(now);
  const year = d.getUTCFullYear();
  const month = d.getUTCMonth();
  const quarter = Math.floor(month / 3);
  const day = (ms: number) => iso(ms).slice(0, 10);
  const between = (label: string, from: number, to: number) => ({ label, from: day(from), to: day(to) });
  return [
    between("Last month", Date.UTC(year, month - 1, 1), Date.UTC(year, month, 1)),
    between("Last quarter", Date.UTC(year, quarter * 3 - 3, 1), Date.UTC(year, quarter * 3, 1)),
    between("This quarter", Date.UTC(year, quarter * 3, 1), Date.UTC(year, quarter * 3 + 3, 1)),
    between(`Year ${String(year - 1)}`, Date.UTC(year - 1, 0, 1), Date.UTC(year, 0, 1)),
  ];
}

/** An instant as a form has it: the day alone where it is midnight. */
export function formInstant(ms: number): string {
  const text = iso(ms);
  return text.endsWith("T00:00:00Z") ? text.slice(0, 10) : text;
}
