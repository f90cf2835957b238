import { SEVERITIES, type BySeverity, type Gap, type Severity } from "@/api/types";
import type { Range } from "@/time/span";

// What a time chart shows, apart from how it is drawn.

/** One bar: counts from `from` for one step. */
export interface ChartBar {
  /** Start, ms. */
  from: number;
  severity: BySeverity;
  suppressed: number;
  /** More than the median of this hour of the week lets expect. */
  spike?: boolean;
  median?: number;
}

export interface ChartGap {
  from: number;
  to: number;
  /** What was not watched and why, in words. */
  text: string;
}

/** Order of the stack from the bottom. */
export const STACK: readonly (Severity | "suppressed")[] = [...SEVERITIES, "suppressed"];

/** Bars for every step of the range: where the answer has none there is a zero, and it is aligned to the step. */
export function fillBars(bars: ChartBar[], range: Range, step: number): ChartBar[] {
  const width = step * 1000;
  const start = Math.floor(range.from / width) * width;
  const n = Math.min(5000, Math.max(1, Math.ceil((range.to - start) / width)));
  const out: ChartBar[] = Array.from({ length: n }, (_, i) => ({ from: start + i * width, severity: {}, suppressed: 0 }));
  for (const bar of bars) {
    const at = Math.floor((bar.from - start) / width);
    const slot = out[at];
    if (slot === undefined) continue;
    const severity: BySeverity = { ...slot.severity };
    for (const s of SEVERITIES) if ((bar.severity[s] ?? 0) > 0) severity[s] = (severity[s] ?? 0) + (bar.severity[s] ?? 0);
    out[at] = {
      from: slot.from,
      severity,
      suppressed: slot.suppressed + bar.suppressed,
      spike: slot.spike === true || bar.spike === true,
      ...(bar.median === undefined ? {} : { median: (slot.median ?? 0) + bar.median }),
    };
  }
  return out;
}

/** Cumulative series, top of the stack first: what is drawn later covers what was drawn before. */
export function stackSeries(bars: ChartBar[], layers: readonly (Severity | "suppressed")[]): number[][] {
  const sums = bars.map(() => 0);
  const out: number[][] = [];
  for (const layer of layers) {
    bars.forEach((bar, i) => {
      sums[i] = (sums[i] ?? 0) + (layer === "suppressed" ? bar.suppressed : (bar.severity[layer] ?? 0));
    });
    out.unshift([...sums]);
  }
  return out;
}

/** Findings of a bar without suppressed ones. */
export function barTotal(bar: ChartBar): number {
  return SEVERITIES.reduce((sum, s) => sum + (bar.severity[s] ?? 0), 0);
}

/** The gaps of the API in the words of the chart, clipped to the range, oldest first. */
export function chartGaps(gaps: Gap[], range: Range): ChartGap[] {
  return gaps
    .map((gap) => ({
      from: Math.max(range.from, Date.parse(gap.from)),
      to: Math.min(range.to, Date.parse(gap.to)),
      text: [[gap.cluster, gap.node, gap.source].filter((x) => x !== null && x !== "").join(" / "), gap.cause].filter((x) => x !== "").join(": "),
    }))
    .filter((gap) => gap.from < gap.to)
    .sort((a, b) => a.from - b.from || a.to - b.to);
}

/** Gaps that touch a stretch. */
export function gapsWithin(gaps: ChartGap[], from: number, to: number): ChartGap[] {
  return gaps.filter((gap) => gap.from < to && gap.to > from);
}

/** Stretches in which at least one gap lies, without overlap. */
export function mergeGaps(gaps: ChartGap[]): Range[] {
  const out: Range[] = [];
  for (const gap of gaps) {
    const last = out.at(-1);
    if (last !== undefined && gap.from <= last.to) last.to = Math.max(last.to, gap.to);
    else out.push({ from: gap.from, to: gap.to });
  }
  return out;
}

/** Length of all stretches together, ms. */
export function gapLength(gaps: ChartGap[]): number {
  return mergeGaps(gaps).reduce((sum, g) => sum + g.to - g.from, 0);
}

const DAY = 86_400;

/** Labels of the time axis, UTC: the day where a day begins, else the clock. `values` and the answer are in s. */
export function axisLabels(values: number[], increment: number): string[] {
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  return values.map((value, i) => {
    const d = new Date(value * 1000);
    const day = `${String(d.getUTCDate())} ${months[d.getUTCMonth()] ?? ""}`;
    if (increment >= DAY) return day;
    const clock = d.toISOString().slice(11, increment < 60 ? 19 : 16);
    return value % DAY === 0 || i === 0 ? `${clock}\n${day}` : clock;
  });
}
