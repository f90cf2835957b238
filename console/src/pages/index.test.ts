import { describe, expect, it } from "vitest";
import { matchPage, PAGES } from ".";

describe("pages", () => {
  it("finds a page and what is below it", () => {
    expect(matchPage("/")?.page.title).toBe("Overview");
    expect(matchPage("/findings/a%2Fb")).toMatchObject({ page: { title: "Findings" }, rest: ["a/b"] });
  });

  it("has no page for an unknown path, and survives a broken escape", () => {
    expect(matchPage("/nowhere")).toBeNull();
    expect(matchPage("/findings/%E0%A4%A")?.rest).toEqual(["%E0%A4%A"]);
  });

  it("gives each page a path and a key of its own", () => {
    expect(new Set(PAGES.map((p) => p.path)).size).toBe(PAGES.length);
    expect(new Set(PAGES.map((p) => p.key)).size).toBe(PAGES.length);
  });
});
