import { beforeEach, describe, expect, it } from "vitest";
import { GIVEN, linksOf, loadViews, removeView, saveView } from "./views";
import { parseFilter } from "@/url/filter";

describe("saved views", () => {
  beforeEach(() => localStorage.clear());

  it("are there after a reload, and one of the same name is replaced", () => {
    saveView({ name: "night", search: "t=7d" });
    saveView({ name: "day", search: "t=24h" });
    saveView({ name: "night", search: "t=30d" });
    expect(loadViews()).toEqual([{ name: "day", search: "t=24h" }, { name: "night", search: "t=30d" }]);
    expect(removeView("day")).toHaveLength(1);
  });

  it("are lines of a name and an address that shows the same", () => {
    const lines = linksOf([{ name: "night", search: "t=7d&severity=high" }, { name: "all", search: "" }], "https://avouch.example").split("\n");
    expect(lines).toEqual(["night: https://avouch.example/findings?t=7d&severity=high", "all: https://avouch.example/findings?"]);
    expect(parseFilter(new URL(lines[0]?.slice(7) ?? "").search.slice(1)).terms).toEqual([{ column: "severity", not: false, values: ["high"] }]);
  });

  it.each(["", "{", "7", '{"a":1}', '[1, null, {"name": 4}]'])("survive what else may be stored: %j", (text) => {
    localStorage.setItem("avouch.views.findings", text);
    expect(loadViews()).toEqual([]);
  });

  it("that come with the console name columns that exist", () => {
    for (const view of GIVEN) {
      const named = new Set([...new URLSearchParams(view.search).keys()]);
      expect(parseFilter(view.search).terms).toHaveLength(named.size);
    }
  });
});
