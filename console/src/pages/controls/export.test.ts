import { describe, expect, it } from "vitest";
import { csvCell, deviationsCsv } from "./export";

describe("CSV", () => {
  it("quotes what would break a row and disarms what a spreadsheet would run", () => {
    expect(csvCell('a "b", c')).toBe('"a ""b"", c"');
    expect(csvCell("two\nlines")).toBe('"two\nlines"');
    expect(csvCell('=HYPERLINK("x")')).toBe(`"'=HYPERLINK(""x"")"`);
    expect(csvCell("@node")).toBe("'@node");
    expect(csvCell(-4)).toBe("-4");
  });

  it("has one row a deviation below the names", () => {
    const text = deviationsCsv([{ id: "DEV-0001", kind: "not watched", controls: [], criteria: ["CC7.2"], from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", items: [1, 23], subject: "syscall of n1", cause: "node without agent", closed: false, evidence: [4, 5] }]);
    const lines = text.split("\r\n");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toBe("DEV-0001,not watched,open,syscall of n1,node without agent,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,1,23,,CC7.2,4 5");
  });
});
