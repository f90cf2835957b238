import { describe, expect, it } from "vitest";
import { chosen, shortName, tally, viewOf } from "./model";
import type { Rule } from "./types";

const rule = (name: string, more: Partial<Rule>): Rule => ({ name, source: "syscall", priority: "Notice", severity: "medium", enabled: true, status: "loaded", file: "/r/a.yaml", line: 1, criteria: [], criteria_secondary: [], tags: [], overridden_by: [], shadowed_by: [], per_day: [0], total: 0, suppressed: 0, budget: 50, over: false, ...more });

const RULES = [rule("Quiet", {}), rule("Loud", { total: 90, over: true, tags: ["SOC2_CC6.1"] }), rule("Accepted", { suppressed: 4 }), rule("Off", { enabled: false, status: "disabled" }), rule("Below", { shadowed_by: [{ file: "/r/a.yaml", line: 3 }], total: 2 })];

describe("the table of rules", () => {
  it("has the noisiest on top", () => {
    expect(chosen(RULES, "all", "").map((r) => r.name)).toEqual(["Loud", "Below", "Accepted", "Off", "Quiet"]);
  });

  it("does not call a rule silent whose findings were accepted, or one that is off", () => {
    expect(chosen(RULES, "silent", "").map((r) => r.name)).toEqual(["Quiet"]);
    expect(tally(RULES)).toEqual({ all: 5, over: 1, silent: 1, off: 1, shadowed: 1 });
  });

  it("finds every word, in names and tags", () => {
    expect(chosen(RULES, "all", "soc2 loud").map((r) => r.name)).toEqual(["Loud"]);
    expect(chosen(RULES, "all", "soc2 quiet")).toEqual([]);
  });

  it("takes a view of the address that it does not know for all", () => {
    expect(viewOf("nothing")).toBe("all");
    expect(shortName("/etc/rules/local.yaml")).toBe("local.yaml");
  });
});
