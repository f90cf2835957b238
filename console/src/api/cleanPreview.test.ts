import { describe, expect, it } from "vitest";
import { cleanPreview, cleanProposal, cleanSample } from "./cleanPreview";

describe("previews in one form", () => {
  it("are the same from pairs and from named members", () => {
    const a = cleanPreview({ would_remove: 3, by_rule: [["Shell", 3]], by_day: [["2026-11-26T00:00:00Z", 3]], lost_true: { count: 9, rows: [{ id: "F1" }] }, unknown: 1 });
    const b = cleanPreview({ would_remove: 3, by_rule: [{ rule: "Shell", count: 3 }], by_day: [{ day: "2026-11-26", count: 3 }], lost_true: { count: 9, rows: [{ id: "F1" }] }, unknown: 1 });
    expect(a).toEqual(b);
    // How many would be lost is told, not how many are listed.
    expect(a.lost_true).toMatchObject({ count: 9 });
    expect(a.lost_true.rows).toHaveLength(1);
  });

  it("reads the decision of a sample and of a row of the feed", () => {
    const { rows } = cleanSample([{ id: "F1", decision: "true", suppressed: false }, { id: null, decision: { decision: "benign", by: "mara" }, suppressed: "ACC-1" }]);
    expect(rows.map((r) => [r.id, r.decision, r.suppressed])).toEqual([["F1", "true", false], [null, "benign", true]]);
  });

  it("counts a plain list of findings", () => {
    expect(cleanSample([{ id: "F1" }, { id: "F2" }]).count).toBe(2);
  });

  it("names the field of an alternative, however it is written", () => {
    const { alternatives } = cleanProposal({ yaml: "x", alternatives: [{ drop: "k8s.ns.name", would_remove: 5 }, { add: ["user.name", "root"], would_remove: 2 }, { action: "drop", field: "proc.name", would_remove: 7, yaml: "y" }] });
    expect(alternatives.map((a) => [a.action, a.field, a.yaml])).toEqual([["drop", "k8s.ns.name", null], ["add", "user.name", null], ["drop", "proc.name", "y"]]);
  });

  it("survives an answer that is none", () => {
    expect(cleanPreview(null)).toMatchObject({ would_remove: 0, lost_true: { count: 0, rows: [] }, diagnostics: [] });
  });
});
