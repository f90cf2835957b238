import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { open } from "./browser";
import { mocked } from "./mocked";

// The main flows without a mouse: the focus is always on something that is seen, comes back, and is nowhere caught.

const at = mocked({ count: 5000, loggedIn: true });
const LOCAL = encodeURIComponent("/etc/avouch/rules/local_rules.yaml");

/** What has the focus, in short; whether it is in sight and shows a ring. */
const focus = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return { name: "body", seen: false, ring: false };
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const around = element.closest(".editor");
    const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || (around !== null && getComputedStyle(around).outlineStyle !== "none");
    return { name: element.getAttribute("aria-label") ?? element.textContent?.trim().slice(0, 40) ?? element.tagName, seen: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight, ring };
  });

const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.tagName ?? "");

describe("without a mouse", () => {
  it.each(["/", "/findings?t=7d", "/controls?t=30d", "/controls/K8S-MO-01?t=30d", "/controls/reports?t=30d", "/rules?t=7d", `/rules/files?file=${LOCAL}`, "/acceptances", "/health", "/settings"])("Tab goes through the page, is always seen, and leaves it: %s", async (path) => {
    const base = await at.start();
    const { page } = await open(at.browser, base + path);
    await page.waitForFunction(() => document.querySelector(".skeleton") === null && document.querySelector("h1") !== null);
    await page.getByText("stream open").waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    const bad: string[] = [];
    let left = false;
    for (let i = 0; i < 220 && !left; i++) {
      await page.keyboard.press("Tab");
      const now = await focus(page);
      // Past the last element the browser itself has the focus.
      if (now.name === "body") left = true;
      else if (!now.seen || !now.ring) bad.push(`${String(i)}: ${now.name} ${now.seen ? "has no ring" : "is not seen"}`);
    }
    expect(bad).toEqual([]);
    expect(left).toBe(true);
  });

  it("logs in", async () => {
    const base = await at.start({ loggedIn: false });
    const { page } = await open(at.browser, `${base}/health`);
    await page.getByRole("textbox", { name: "User" }).waitFor();
    // The field to begin with has the focus.
    expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("username");
    await page.keyboard.type("mara");
    await page.keyboard.press("Tab");
    await page.keyboard.type("correct horse battery");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Health" }).waitFor();
  });

  it("reads, opens and closes a finding, and is back in the list", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=7d`);
    await page.locator(".vrow").first().waitFor();
    await page.keyboard.press("j");
    expect(await focused(page)).toBe("Findings");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("tab", { name: "Summary" }).waitFor();
    // Into the pane, to another part, and out by Escape.
    await page.getByRole("tab", { name: "Summary" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByText("container.id != host").or(page.locator(".explain")).first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("complementary").waitFor({ state: "detached" });
    expect(await focused(page)).toBe("Findings");
    await page.keyboard.press("j");
    await page.getByRole("row", { selected: true }).waitFor();
  });

  it("decides, accepts, and each dialog gives the focus back", async () => {
    const base = await at.start({ count: 20_000 });
    const { page } = await open(at.browser, `${base}/findings?t=7d&source=syscall&severity=low`);
    await page.locator(".vrow").first().waitFor();
    await page.keyboard.press("j");
    for (const key of ["d", "A", "?"]) {
      await page.keyboard.press(key);
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      expect([key, await focused(page)]).toEqual([key, "Findings"]);
    }
    await page.keyboard.press("d");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Space");
    await page.keyboard.press("Tab");
    await page.keyboard.type("the nightly job");
    await page.keyboard.press("Control+Enter");
    await page.getByText(/Recorded as \d+ of the ledger/).waitFor();
    expect(await focused(page)).toBe("Findings");
  });

  it.each([["/rules?t=7d", "Rules"], ["/acceptances", "Acceptances"]])("opens and closes a row of %s", async (path, name) => {
    const base = await at.start();
    const { page } = await open(at.browser, base + path);
    await page.getByRole("grid", { name }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("complementary").waitFor();
    await page.getByRole("complementary").getByRole("button", { name: "Close" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("complementary").waitFor({ state: "detached" });
    expect(await focused(page)).toBe(name);
    await page.keyboard.press("Enter");
    await page.getByRole("complementary").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("complementary").waitFor({ state: "detached" });
    await page.keyboard.press("?");
    await page.getByRole("table", { name: "Keys: This page" }).waitFor();
  });

  it("chooses a time and a menu, and the focus comes back to what opened them", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=7d`);
    await page.locator(".vrow").first().waitFor();
    await page.keyboard.press("t");
    await page.getByLabel("From (UTC, included)").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toContain("timebtn");
    await page.getByRole("button", { name: "Views" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Not decided" }).waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toContain("Views");
  });

  it("leaves the text of a rule by Tab, and keeps what was written for whoever comes back", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/rules/files?file=${LOCAL}`);
    const editor = page.getByRole("textbox", { name: "Text of local_rules.yaml" });
    await editor.fill(`${await editor.inputValue()}# half a thought\n`);
    await editor.press("Tab");
    expect(await editor.evaluate((e) => e === document.activeElement)).toBe(false);
    await page.getByRole("link", { name: "Health" }).click();
    await page.getByRole("heading", { level: 1, name: "Health" }).waitFor();
    await page.goBack();
    await page.getByText("changed, not saved").waitFor();
    expect(await editor.inputValue()).toContain("# half a thought");
    await page.getByRole("button", { name: "Undo all changes" }).click();
    expect(await editor.inputValue()).not.toContain("# half a thought");
    await page.getByText("as loaded").waitFor();
  });
});
