import { describe, expect, it } from "vitest";
import { reportOf } from "./PaperVerify";
import type { Report } from "./types";

const report = (over: Partial<Report>): Report => ({ id: "1", state: "done", progress: null, error: null, framework: "soc2", from: "2026-07-01T00:00:00Z", to: "2026-10-01T00:00:00Z", clusters: [], sample: 0, seed: "1", made_by: "mara", asked_at: "2026-10-02T00:00:00Z", done_at: null, outcome: null, files: [], ...over });
const NOW = Date.UTC(2026, 10, 26);
const of = (reports: Report[], from = "2026-07-01T00:00:00Z", to = "2026-10-01T00:00:00Z", scope: string[] = []) => reportOf(reports, from, to, scope, NOW)?.id ?? null;

describe("the report that holds a period", () => {
  it("is the newest that is done and holds all of it", () => {
    expect(of([report({ id: "old", asked_at: "2026-10-01T00:00:00Z" }), report({ id: "new" }), report({ id: "failed", state: "failed", asked_at: "2026-11-01T00:00:00Z" })])).toBe("new");
    expect(of([report({ from: "2026-07-02T00:00:00Z" })])).toBeNull();
    expect(of([report({})], "2026-08-01T00:00:00Z", "2026-08-02T00:00:00Z")).toBe("1");
  });

  it("is of all clusters that were asked for", () => {
    const some = report({ clusters: ["a", "b"] });
    expect(of([some])).toBeNull();
    expect(of([some], undefined, undefined, ["b"])).toBe("1");
    expect(of([some], undefined, undefined, ["b", "c"])).toBeNull();
  });
});
