import { describe, expect, it } from "vitest";
import { open } from "./browser";
import { mocked } from "./mocked";

// What a screen reader is offered on each page: landmarks, headings, named regions, tables with their columns, lists of
// tabs. A change shows in review; `npx vitest -u` with the configuration of these tests takes it over.

const at = mocked({ count: 5000, loggedIn: true });

const KEPT = /^\s*- (banner|navigation|main|complementary|contentinfo|heading|region|table|grid|columnheader|tablist|tab|dialog|status|alert|group|search)\b/;

/** The tree without texts and values: those of the mock change with the day. */
function outline(tree: string): string {
  const lines = tree.split("\n").filter((line) => KEPT.test(line));
  const plain = lines.map((line) => line.replace(/"\d+ (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"/, '"a day"').replace(/\d[\d\s.,:%-]*/g, "#").replace(/:( .*)?$/, "").replace(/ \[(selected|pressed|active)\]/g, ""));
  // As many days as there are, and rows of as many kinds: one of each is enough.
  return plain.filter((line, i) => line !== plain[i - 1]).join("\n");
}

const PAGES = ["/", "/findings?t=7d", "/controls?t=30d", "/controls/K8S-MO-01?t=30d", "/controls/deviations?t=30d", "/controls/reports?t=30d", "/health?t=7d", "/settings"];

describe("the structure of each page", () => {
  it.each(PAGES)("%s", async (path) => {
    const base = await at.start();
    const { page } = await open(at.browser, base + path);
    await page.waitForFunction(() => document.querySelector(".skeleton") === null && document.querySelector("h1") !== null);
    await page.getByText("stream open").waitFor();
    const tree = await page.locator("body").ariaSnapshot();
    // One main part, one heading of the first level, and no level left out.
    expect(tree.match(/- main/g)).toHaveLength(1);
    const levels = [...tree.matchAll(/heading .*\[level=(\d)\]/g)].map((m) => Number(m[1]));
    expect(levels.filter((l) => l === 1)).toHaveLength(1);
    levels.forEach((level, i) => expect(level, `heading ${String(i + 1)}`).toBeLessThanOrEqual((levels[i - 1] ?? 0) + 1));
    // Nothing that can be used is without a name.
    expect(tree.match(/^\s*- (button|link|textbox|combobox|checkbox|radio|slider|tab|region|grid|dialog)(:| \[|$)/gm) ?? []).toEqual([]);
    expect(outline(tree)).toMatchSnapshot();
  });
});
