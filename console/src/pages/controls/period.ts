import { iso, type Range } from "@/time/span";

const DAY = 86_400_000;
const MINUTE = 60_000;

/** Time that moves is judged in steps of a sixtieth of its length, this long at most, ms: the server reads all facts of the period for each answer. */
const LONGEST_STEP = 5 * MINUTE;

/** A time that moves with the clock as one that moves in steps and is over: what is still to come would make each answer one of a part. A time that stands stays as it is. */
export function judgedRange(range: Range, live: boolean, now: number): Range {
  if (!live) return range;
  const length = range.to - range.from;
  const step = Math.min(LONGEST_STEP, length / 60);
  const to = Math.floor(Math.min(range.to, now) / step) * step;
  return { from: to - length, to };
}

/** Names of the days of a strip of `count` days that begins with the first of a range. Null when the range has another number of days: a new version of the list divides a day, and the days have no names then. */
export function dayNames(count: number, range: Range, now: number): string[] | null {
  const to = Math.min(range.to, now);
  const first = Math.floor(range.from / DAY);
  if (to <= range.from || count !== Math.floor((to - 1) / DAY) - first + 1) return null;
  return Array.from({ length: count }, (_, i) => new Date((first + i) * DAY).toISOString().slice(0, 10));
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
