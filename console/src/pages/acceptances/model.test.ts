import { describe, expect, it } from "vitest";
import { aim, markOf, sorted } from "./model";
import type { Acceptance } from "./types";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const one = (id: string, more: Partial<Acceptance>): Acceptance => ({ id, rule: "R", criterion: null, control: null, check: null, subject: {}, condition: null, reason: "x", risk: null, compensating: null, requester: "ada", approver: "bob", ticket: null, from: "2026-01-01T00:00:00Z", expires: "2027-06-01T00:00:00Z", standing: "in force", review_due: null, hits: 0, last_hit: null, unused_days: 1, by_day: [], file: "/a.yaml", line: 2, broken: null, yaml: null, digest: null, own: false, ...more });

describe("what is to be said of an acceptance", () => {
  it.each([
    [{ standing: "pending", unused_days: null }, "waits"],
    [{ broken: "no such field" }, "broken"],
    [{ standing: "expired", unused_days: null }, "expired"],
    [{ review_due: "2026-11-01T00:00:00Z" }, "review"],
    [{ unused_days: 60 }, "unused"],
    [{ unused_days: 59 }, "fine"],
    [{ expires: "2026-12-01T00:00:00Z" }, "ending"],
    [{ standing: "not begun", unused_days: null }, "fine"],
  ] as const)("%o is %s", (more, mark) => expect(markOf(one("A", more), NOW)).toBe(mark));

  it("puts what waits first and the busiest before the idle", () => {
    const all = [one("A", { hits: 1 }), one("B", { hits: 9 }), one("C", { standing: "pending", unused_days: null }), one("D", { unused_days: 80 })];
    expect(sorted(all, NOW).map((a) => a.id)).toEqual(["C", "D", "B", "A"]);
    expect(aim(one("A", { rule: null, criterion: "CC6.1" }))).toBe("CC6.1");
  });
});
