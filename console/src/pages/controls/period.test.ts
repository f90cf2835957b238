import { describe, expect, it } from "vitest";
import { cleanVerification, controlState, dayState } from "./clean";
import { formInstant, judgedRange, reportPeriods } from "./period";
import { shareText } from "./words";

describe("periods", () => {
  it("offers whole months and quarters that are over, across the turn of the year", () => {
    const of = (label: string, now: number) => reportPeriods(now).find((p) => p.label === label);
    expect(of("Last month", Date.UTC(2026, 0, 15))).toMatchObject({ from: "2025-12-01", to: "2026-01-01" });
    expect(of("Last quarter", Date.UTC(2026, 1, 1))).toMatchObject({ from: "2025-10-01", to: "2026-01-01" });
    expect(of("Last quarter", Date.UTC(2026, 10, 26))).toMatchObject({ from: "2026-07-01", to: "2026-10-01" });
    expect(of("Last month", Date.UTC(2026, 2, 31, 23, 59))).toMatchObject({ from: "2026-02-01", to: "2026-03-01" });
  });

  it("lets a time that stands stand, and moves a live one in steps that are over", () => {
    const range = { from: Date.UTC(2026, 0, 1, 0, 1), to: Date.UTC(2026, 0, 2, 0, 1) };
    const now = Date.UTC(2026, 0, 2, 0, 0, 30);
    expect(judgedRange(range, false, now)).toBe(range);
    expect(judgedRange(range, true, now)).toEqual({ from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 2) });
    expect(judgedRange(range, true, now - 60_000)).toEqual({ from: Date.UTC(2025, 11, 31, 23, 55), to: Date.UTC(2026, 0, 1, 23, 55) });
    // What arrived a moment ago is within a time that moves; never more than what is over.
    expect(judgedRange(range, true, now, now - 10_000).to).toBe(now - 10_000);
    expect(judgedRange(range, true, now, now + 10_000).to).toBe(now);
    expect(judgedRange(range, true, now, now - 3_600_000).to).toBe(Date.UTC(2026, 0, 2));
    // A short time is not judged minutes late.
    const hour = { from: now - 3_600_000, to: now };
    expect(judgedRange(hour, true, now).to).toBe(now - 30_000);
  });

  it("writes midnight as the day", () => {
    expect(formInstant(Date.UTC(2026, 6, 1))).toBe("2026-07-01");
    expect(formInstant(Date.UTC(2026, 6, 1, 8, 30))).toBe("2026-07-01T08:30:00Z");
  });
});

describe("what is not known", () => {
  it("takes a state of a newer server for no evidence, never for a pass", () => {
    expect(controlState("excellent")).toBe("no_evidence");
    expect(dayState("excellent")).toBe("unknown");
    expect(cleanVerification({ verdict: "excellent" as "intact", lines: [], command: "" }).verdict).toBe("unproven");
  });

  it("rounds no share up to all of the time, and none down to nothing", () => {
    expect(shareText(0.9999)).toBe("99.9 %");
    expect(shareText(1)).toBe("100 %");
    expect(shareText(0.0004)).toBe("< 0.1 %");
    expect(shareText(0)).toBe("0 %");
    expect(shareText(null)).toBe("–");
  });
});
