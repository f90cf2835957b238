import type { ControlState, DayState, JobState } from "./types";

/** The words of a state, and what it means in a sentence. */
export const STATE_WORDS: Record<ControlState, [word: string, meaning: string]> = {
  deviations: ["deviations", "Something failed in the period."],
  no_evidence: ["no evidence", "Nothing in the period tells of it. That is not a pass."],
  partly_unknown: ["partly unknown", "Nothing failed that is known, but it was not watched all the time, or findings are open."],
  no_deviation: ["no deviation", "Watched all the time, nothing failed, nothing open."],
  not_covered: ["not covered", "It stands on no evidence that avouch makes. Show it from elsewhere."],
};

export const DAY_WORDS: Record<DayState, string> = { pass: "pass", unknown: "unknown", fail: "fail", not_expected: "not expected" };

export const JOB_WORDS: Record<JobState, string> = { queued: "waiting", running: "being made", done: "made", failed: "failed" };

/** A share of the time as text; cut, not rounded: 99.99 % is not all of it. */
export function shareText(share: number | null): string {
  if (share === null) return "–";
  if (share >= 1) return "100 %";
  const tenths = Math.floor(share * 1000) / 10;
  return share > 0 && tenths === 0 ? "< 0.1 %" : `${String(tenths)} %`;
}

/** `1 finding`, `2 findings`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return n === 1 ? one : many;
}
