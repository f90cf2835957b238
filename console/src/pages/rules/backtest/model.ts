import { countText } from "@/time/format";
import type { Backtest, DayCount, Noise, RuleChange, RuleDiff } from "../types";

const DAY = 86_400_000;
/** Days that a chart shows at most. */
const MOST_DAYS = 120;

/** Whether there is anything to tell of a rule. */
export function differs(r: RuleChange): boolean {
  return r.what !== "same" || r.gained.count + r.lost.count + r.unknown > 0;
}

/** What a back-test reads at present. */
export function reading(job: Backtest): string {
  switch (job.reading) {
    case null:
      return "it begins";
    case "findings":
      return `${countText(job.read)} findings read`;
    case "activity":
      return `${countText(job.read)} records of activity judged`;
    default:
      return `${countText(job.read)} bytes of recordings read`;
  }
}

/** A day of a chart. `judged`: activity of that day was judged, or the rule does not depend on it. */
export interface ChartDay extends DayCount {
  judged: boolean;
}

/** Every day of the period, also those without any; the last of them when they are many. */
export function chartDays(change: RuleChange, diff: RuleDiff): ChartDay[] {
  const known = new Map(change.days.map((d) => [Math.floor(Date.parse(d.day) / DAY), d]));
  const days = [...known.keys()];
  const bound = (text: string, open: number) => {
    const day = Math.floor((Date.parse(text) - 1) / DAY);
    // An open period is as long as what is known of it.
    return Number.isFinite(day) && day > 0 && day < 100_000 ? day : open;
  };
  const last = bound(diff.read.to, Math.max(0, ...days));
  const first = Math.max(bound(diff.read.from, Math.min(last, ...days)), last - MOST_DAYS + 1);
  const judged = judgedDays(change, diff);
  return Array.from({ length: Math.max(1, last - first + 1) }, (_, i) => {
    const day = first + i;
    const found = known.get(day) ?? { day: new Date(day * DAY).toISOString(), before: 0, after: 0, unknown: 0 };
    return { ...found, judged: judged === null || judged.has(day) };
  });
}

/** Days of which there is activity that was judged; null for a rule that does not depend on it. */
function judgedDays(change: RuleChange, diff: RuleDiff): Set<number> | null {
  if (change.activity === null || change.what === "removed") return null;
  const days = new Set<number>();
  if (!change.activity.kept) return days;
  for (const node of diff.activity.nodes) {
    if (node.first === null || node.last === null) continue;
    const gaps = node.gaps.map((g) => [Date.parse(g.from), Date.parse(g.to)] as const);
    for (let day = Math.floor(Date.parse(node.first) / DAY); day * DAY <= Date.parse(node.last); day += 1) {
      if (!gaps.some(([from, to]) => day * DAY >= from && day * DAY < to)) days.add(day);
    }
  }
  return days;
}

/** Records and findings of which it cannot be said. */
export function unsaid(change: RuleChange): number {
  return change.unknown + (change.activity === null ? 0 : change.activity.unknown.count + change.activity.unknown_before);
}

/** `2.4`, `0.03`, `130`. */
export function rateText(rate: number): string {
  if (rate === 0) return "0";
  if (rate < 0.01) return "less than 0.01";
  return rate < 1 ? rate.toFixed(2) : rate < 100 ? rate.toFixed(1) : countText(Math.round(rate));
}

/** What the noise of a rule comes to, in a sentence, and its tone. */
export function verdict(noise: Noise): { tone: "ok" | "warn" | "bad"; text: string } {
  const rate = `about ${rateText(noise.after_a_day)} a day, ${countText(noise.after_worst)} on the worst day; it was ${rateText(noise.before_a_day)}`;
  const budget = `the budget of ${countText(noise.budget)} a day`;
  switch (noise.verdict) {
    case "within":
      return { tone: "ok", text: `Within ${budget}: ${rate}.` };
    case "over": {
      const days = noise.over_after === 1 ? "one day" : `${countText(noise.over_after)} days`;
      return { tone: "bad", text: `Over ${budget}${noise.over_after > 0 ? ` on ${days}` : " in the mean"}: ${rate}. Narrow it before you save it.` };
    }
    case "may_be_over":
      return { tone: "warn", text: `May go over ${budget}: certain are ${rate}, and what cannot be said would make it more.` };
    case "not_known":
      return { tone: "warn", text: `How much it would find is not known: nothing was kept that tells of the events it is about. Certain are ${rate}.` };
  }
}
