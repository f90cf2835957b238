import { describe, expect, it } from "vitest";
import type { ActivityRead, RuleChange, RuleDiff } from "../types";
import { chartDays, rateText, verdict } from "./model";

const NONE = { count: 0, rows: [] };
const ACTIVITY: ActivityRead = { state: "read", commands: 1, connections: 0, files: 0, first: null, last: null, cut_short: null, nodes: [], more_nodes: 0, left_out: 0, dropped: 0, brief: 0 };
const CHANGE: RuleChange = { rule: "r", what: "added", before: 0, after: 1, gained: NONE, lost: NONE, unknown: 0, replayed: 0, activity: null, days: [], noise: null };
const diff = (activity: Partial<ActivityRead>): RuleDiff => ({
  lost_true: NONE,
  unknown_true: NONE,
  rules: [],
  unknown: 0,
  read: { captures: 0, archives: 0, events: 0, findings: 0, from: "2026-11-01T12:00:00Z", to: "2026-11-05T00:00:00Z", missing: [] },
  activity: { ...ACTIVITY, ...activity },
});

describe("days of a chart", () => {
  it("are all days of the period, with what is known of them", () => {
    const days = chartDays({ ...CHANGE, days: [{ day: "2026-11-03T00:00:00Z", before: 1, after: 2, unknown: 0 }] }, diff({}));
    expect(days.map((d) => [d.day.slice(8, 10), d.before, d.after])).toEqual([
      ["01", 0, 0],
      ["02", 0, 0],
      ["03", 1, 2],
      ["04", 0, 0],
    ]);
    expect(days.every((d) => d.judged)).toBe(true);
  });

  it("say on which there was no activity to judge", () => {
    const activity = { about: [], about_count: 0, kept: true, gained: 0, already: 0, unknown_before: 0, unknown: NONE, missing: [], settled: 0 };
    const node = { node: "n", records: 2, first: "2026-11-02T05:00:00Z", last: "2026-11-04T05:00:00Z", days: 2, watched_days: 4, gaps: [{ from: "2026-11-03T00:00:00Z", to: "2026-11-04T00:00:00Z" }] };
    const days = chartDays({ ...CHANGE, activity }, diff({ nodes: [node] }));
    expect(days.map((d) => d.judged)).toEqual([false, true, false, true]);
    expect(chartDays({ ...CHANGE, activity: { ...activity, kept: false } }, diff({ nodes: [node] })).some((d) => d.judged)).toBe(false);
  });
});

describe("noise", () => {
  it("is written with as many digits as matter", () => {
    expect([0, 0.001, 0.034, 2.44, 130.2].map(rateText)).toEqual(["0", "less than 0.01", "0.03", "2.4", "130"]);
  });

  it("names the days over the budget, and never calls the unknown fine", () => {
    const noise = { budget: 50, before_a_day: 1, after_a_day: 60, before_worst: 1, after_worst: 90, over_before: 0, over_after: 3 };
    expect(verdict({ ...noise, verdict: "over" }).text).toContain("on 3 days");
    expect(verdict({ ...noise, verdict: "not_known" }).tone).toBe("warn");
  });
});
