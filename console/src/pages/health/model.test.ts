import { describe, expect, it } from "vitest";
import { laneText, pieces, worstFirst } from "./model";
import type { HealthGap, Source, State } from "./types";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 26, 10, minute)).toISOString();
const range = { from: Date.parse(at(0)), to: Date.parse(at(60)) };
const gap = (from: number, to: number): HealthGap => ({ node: "n", cluster: "c", source: "syscall", from: at(from), to: at(to), cause: "agent not running" });

describe("pieces", () => {
  it("lie where the gap is, cut to the range", () => {
    expect(pieces([gap(15, 30), gap(-30, 6), gap(54, 90)], range).map(({ left, width }) => [left, width])).toEqual([[25, 25], [0, 10], [90, 10]]);
  });
  it("leave out what is not in the range, and show what is short", () => {
    expect(pieces([gap(-30, -10), gap(60, 70)], range)).toEqual([]);
    const last = { ...gap(0, 0), from: new Date(range.to - 1000).toISOString(), to: new Date(range.to).toISOString() };
    expect(pieces([last], range)).toEqual([{ left: 99.5, width: 0.5, gap: last }]);
    expect(pieces([gap(0, 10)], { from: 5, to: 5 })).toEqual([]);
  });
  it("are told in words too", () => {
    const always = { from: at(-60), to: at(60) };
    expect(laneText([], always, range)).toBe("no gap known");
    expect(laneText([gap(-30, 6), gap(54, 60)], always, range)).toMatch(/^2 gaps, 12 min/);
    expect(laneText([], { from: at(30), to: at(60) }, range)).toBe("no gap known, first seen 2026-11-26 10:30 UTC");
  });
  it("claim nothing of a time in which nothing was expected", () => {
    expect(laneText([], null, range)).toBe("not known to be watched");
    expect(laneText([], { from: at(70), to: at(80) }, range)).toBe("not known to be watched");
  });
});

describe("worstFirst", () => {
  it("puts what is not watched on top", () => {
    const source = (node: string, state: State) => ({ node, state, cluster: "c", source: "syscall" }) as Source;
    const sorted = worstFirst([source("b", "ok"), source("a", "ok"), source("c", "late"), source("d", "silent"), source("e", "failing")]);
    expect(sorted.map((s) => s.node)).toEqual(["e", "d", "c", "a", "b"]);
  });
});
