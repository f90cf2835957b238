import { describe, expect, it } from "vitest";
import { blindDays, ownKey, sameNamed, laneText, pieces, sliceText, worstFirst } from "./model";
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

describe("a stretch of a lane", () => {
  const always = { from: at(-60), to: at(120) };
  it("is not called watched where a gap touches it, or nothing was to be watched", () => {
    const slot = { from: Date.parse(at(10)), to: Date.parse(at(20)) };
    expect(sliceText([gap(5, 11)], always, slot)).toBe("not wholly watched: agent not running");
    expect(sliceText([gap(0, 10), gap(20, 30)], always, slot)).toBe("watched");
    expect(sliceText([], { from: at(30), to: at(60) }, slot)).toBe("not known to be watched");
    expect(sliceText([], null, slot)).toBe("not known to be watched");
  });
});

describe("names", () => {
  it("are shared where a machine and a cluster have the same", () => {
    const of = (node: string, own: boolean) => ({ node, own }) as Source;
    expect([...sameNamed([of("prod", true), of("prod", false), of("a", false), of("a", false), of("b", true)])]).toEqual(["prod"]);
    expect(ownKey(of("prod", true))).not.toBe(ownKey(of("prod", false)));
  });
});

describe("days of a source", () => {
  const DAY = 86_400_000;
  const first = Date.UTC(2026, 10, 25);
  const iso = (day: number) => new Date(first + day * DAY).toISOString();
  const source = (name: string, more: Partial<Source>): Source => ({ source: name, node: "n", cluster: "c", own: false, run: "r", state: "ok", reason: "", last_event: null, lag_s: null, events: 0, drops: 0, drops_lately: 0, digests: null, rules_digest: "", version: "", expected: { from: iso(0), to: iso(4) }, gaps: [], ...more });
  const day = (from: number, to: number) => ({ node: "n", cluster: "c", source: "syscall", from: iso(from), to: iso(to), cause: "down" });

  it("are blind where a gap of one of its nodes lies", () => {
    const sources = [source("syscall", {}), source("syscall", { gaps: [day(1.5, 2)] }), source("k8s_audit", { gaps: [day(3, 3.1)] })];
    expect(blindDays(sources, "syscall", first, 4)).toEqual([false, true, false, false]);
    expect(blindDays(sources, null, first, 4)).toEqual([false, true, false, true]);
  });

  it("are blind where nothing of it was to be watched: before it was first seen, or when it is not there at all", () => {
    expect(blindDays([source("syscall", { expected: { from: iso(2.5), to: iso(4) } })], "syscall", first, 4)).toEqual([true, true, false, false]);
    expect(blindDays([source("syscall", {})], "aws_cloudtrail", first, 2)).toEqual([true, true]);
  });
});
