import { describe, expect, it } from "vitest";
import { axisLabels, barTotal, chartGaps, fillBars, gapLength, gapsWithin, mergeGaps, stackSeries, STACK, type ChartBar } from "./model";

const H = 3_600_000;
const at = Date.UTC(2026, 10, 26);
const bar = (from: number, critical: number, suppressed = 0): ChartBar => ({ from, severity: { critical }, suppressed });

describe("bars", () => {
  it("has a zero where the answer has no bar", () => {
    const bars = fillBars([bar(at + H, 3)], { from: at, to: at + 4 * H }, 3600);
    expect(bars.map(barTotal)).toEqual([0, 3, 0, 0]);
  });

  it("loses no finding when bars fall into one step, and none outside is counted", () => {
    const bars = fillBars([bar(at, 1, 4), bar(at + H, 2, 1), bar(at - 9 * H, 100)], { from: at, to: at + 2 * H }, 7200);
    expect(bars).toHaveLength(1);
    expect(bars[0]).toMatchObject({ severity: { critical: 3 }, suppressed: 5 });
  });

  it("covers a range that does not begin at a step", () => {
    const range = { from: at + 0.5 * H, to: at + 2.5 * H };
    expect(fillBars([], range, 3600).map((b) => b.from)).toEqual([at, at + H, at + 2 * H]);
  });

  it("draws the whole stack first and the most severe last", () => {
    const series = stackSeries([{ from: at, severity: { critical: 1, low: 2 }, suppressed: 4 }], STACK);
    expect(series.map((s) => s[0])).toEqual([7, 3, 3, 1, 1, 1]);
  });
});

describe("gaps", () => {
  const gap = (from: number, to: number, node = "n1") => ({ node, cluster: "c", source: null, from: new Date(from).toISOString(), to: new Date(to).toISOString(), cause: "agent not running" });
  const range = { from: at, to: at + 10 * H };

  it("is clipped to the range and says who and why", () => {
    expect(chartGaps([gap(at - 5 * H, at + H), gap(at + 20 * H, at + 21 * H)], range)).toEqual([{ from: at, to: at + H, text: "c / n1: agent not running" }]);
  });

  it("counts time once where gaps of two nodes overlap", () => {
    const gaps = chartGaps([gap(at + H, at + 3 * H), gap(at + 2 * H, at + 4 * H, "n2"), gap(at + 6 * H, at + 7 * H)], range);
    expect(mergeGaps(gaps)).toHaveLength(2);
    expect(gapLength(gaps)).toBe(4 * H);
  });

  it("does not touch the bar after its end", () => {
    const gaps = chartGaps([gap(at, at + H)], range);
    expect(gapsWithin(gaps, at + H, at + 2 * H)).toEqual([]);
    expect(gapsWithin(gaps, at, at + H)).toHaveLength(1);
  });
});

describe("labels of the axis", () => {
  it("names the day where a day begins", () => {
    const s = at / 1000;
    expect(axisLabels([s - 7200, s - 3600, s, s + 3600], 3600)).toEqual(["22:00\n25 Nov", "23:00", "00:00\n26 Nov", "01:00"]);
    expect(axisLabels([s], 86_400)).toEqual(["26 Nov"]);
  });
});
