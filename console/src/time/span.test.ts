import { describe, expect, it } from "vitest";
import { iso, lengthText, parseInstant, parseSpan, PRESETS, resolve, stepFor, writeSpan, type Preset } from "./span";

const NOON = Date.UTC(2026, 10, 26, 12, 0, 3);

describe("instants", () => {
  it("reads a text without a zone as UTC, whatever the zone of the browser", () => {
    expect(parseInstant("2026-11-26 10:00")).toBe(Date.UTC(2026, 10, 26, 10));
    expect(parseInstant("2026-11-26T10:00:00+02:00")).toBe(Date.UTC(2026, 10, 26, 8));
    expect(parseInstant("2026-11-26")).toBe(Date.UTC(2026, 10, 26));
  });

  it.each(["", "yesterday", "2026-13-40", "26.11.2026", "2026-11-26T25:00"])("refuses %j", (text) => {
    expect(parseInstant(text)).toBeNull();
  });
});

describe("span", () => {
  it("is the same after it was written and read", () => {
    const span = { kind: "range", from: Date.UTC(2026, 6, 1), to: Date.UTC(2026, 9, 1) } as const;
    const query = new URLSearchParams("severity=high&t=7d");
    writeSpan(query, span);
    expect(parseSpan(query.toString())).toEqual(span);
    expect(query.get("t")).toBeNull();
    expect(query.get("severity")).toBe("high");
  });

  it("falls back when the range is upside down", () => {
    expect(parseSpan("from=2026-02-02&to=2026-01-01").kind).toBe("preset");
  });

  it("takes no name of Object as a preset", () => {
    expect(parseSpan("t=constructor")).toEqual(parseSpan(""));
  });

  it.each(Object.keys(PRESETS) as Preset[])("covers now and has its length: %s", (preset) => {
    const { from, to } = resolve({ kind: "preset", preset }, NOON);
    expect(to).toBeGreaterThan(NOON);
    expect(to - from).toBe(PRESETS[preset].ms);
  });

  it("moves only with the tick, so that answers can be kept", () => {
    const a = resolve({ kind: "preset", preset: "24h" }, NOON);
    expect(resolve({ kind: "preset", preset: "24h" }, NOON + 5000)).toEqual(a);
    expect(resolve({ kind: "preset", preset: "24h" }, NOON + 15_000)).not.toEqual(a);
  });

  it("keeps the number of bars near what was asked", () => {
    for (const { ms } of Object.values(PRESETS)) {
      const bars = ms / (stepFor({ from: 0, to: ms }) * 1000);
      expect(bars).toBeLessThanOrEqual(96);
      expect(bars).toBeGreaterThan(30);
    }
  });

  it("writes instants without an empty fraction", () => {
    expect(iso(Date.UTC(2026, 0, 2))).toBe("2026-01-02T00:00:00Z");
  });

  it("says a length in at most two units", () => {
    expect(lengthText(0)).toBe("0 s");
    expect(lengthText(90_061_000)).toBe("1 d 1 h");
    expect(lengthText(61_000)).toBe("1 min 1 s");
  });
});
