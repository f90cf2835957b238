import { describe, expect, it } from "vitest";
import { testRow } from "@/api/rows.fixture";
import { APART, foldRepeats } from "./fold";

const AT = Date.UTC(2026, 10, 26, 10);
const row = (id: string, before: number, more: object = {}) => testRow(id, { time: new Date(AT - before).toISOString(), rule: "Shell", command: "sh", node: "n1", severity: "low", ...more });

describe("repeats", () => {
  it("become one line under the newest, and none is lost", () => {
    const rows = [row("e", 0), row("d", 1000), row("c", 2000, { command: "id" }), row("b", 3000), row("a", 4000)];
    const lines = foldRepeats(rows);
    expect(lines.map((l) => [l.row.id, l.rows.length])).toEqual([["e", 2], ["c", 1], ["b", 2]]);
    expect(lines.flatMap((l) => l.rows)).toEqual(rows);
  });

  it("stay apart when they are far apart in time", () => {
    expect(foldRepeats([row("b", 0), row("a", APART + 1)])).toHaveLength(2);
    expect(foldRepeats([row("b", 0), row("a", APART)])).toHaveLength(1);
  });

  it.each([{ node: "n2" }, { user: "root" }, { severity: "high" as const }, { acknowledged: { time: "", by: "mara" } }, { suppressed: "ACC-1" }])("stay apart when they differ: %j", (more) => {
    expect(foldRepeats([row("b", 0), row("a", 1, more)])).toHaveLength(2);
  });

  it("may be a long run", () => {
    const rows = Array.from({ length: 500 }, (_, i) => row(`r${String(i)}`, i * 60_000));
    expect(foldRepeats(rows)).toHaveLength(1);
  });
});
