import { beforeEach, describe, expect, it } from "vitest";
import { GIVEN, loadViews, removeView, saveView } from "./views";
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
