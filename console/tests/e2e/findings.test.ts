import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { checkAxe, open } from "./browser";
import { mocked } from "./mocked";

const at = mocked({ count: 5000, loggedIn: true });

const grid = (page: Page) => page.getByRole("grid", { name: "Findings" });
const firstRow = (page: Page) => grid(page).locator('[aria-rowindex="2"]');
/** A finding that no acceptance covers: others are counted beside the list. */
function arrive(): { id: string } {
  for (;;) {
    const row = at.mock.world.add();
    if (row.suppressed === null) return row;
  }
}
async function ready(page: Page): Promise<void> {
  await firstRow(page).waitFor();
  await page.getByText("stream open").waitFor();
}

describe("findings", () => {
  it.each(["light", "dark"] as const)("is clean by axe in every state: %s", async (theme) => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/findings?t=7d`, theme);
    await ready(page);
    await checkAxe(page);
    await page.keyboard.press("j");
    await page.keyboard.press("e");
    for (const tab of ["Why", "Summary", "Around", "Similar", "History"]) {
      await page.getByRole("tab", { name: tab }).click();
      await page.locator(".pane .skeleton").first().waitFor({ state: "detached" });
      await checkAxe(page);
    }
    await page.goto(`${base}/findings?t=7d&group=1`);
    await page.getByRole("grid", { name: "Groups" }).waitFor();
    await checkAxe(page);
    expect(faults).toEqual([]);
  });

  it("shows a finding that arrives, at once at the top and behind a count while somebody reads", async () => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/findings?t=7d`);
    await ready(page);
    const a = arrive();
    await grid(page).locator(`#row-Findings-${a.id}`).waitFor();
    expect(await firstRow(page).getAttribute("id")).toBe(`row-Findings-${a.id}`);
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press("j");
      // The header is row 1.
      await grid(page).locator(`[aria-selected="true"][aria-rowindex="${String(i + 2)}"]`).waitFor();
    }
    const held = await page.getByRole("row", { selected: true }).getAttribute("id");
    const b = arrive();
    await page.getByRole("button", { name: "1 arrived: show (r)" }).waitFor();
    expect(await firstRow(page).getAttribute("id")).toBe(`row-Findings-${a.id}`);
    await page.keyboard.press("r");
    await grid(page).locator(`#row-Findings-${b.id}`).waitFor();
    // The cursor stays on its finding although the rows moved.
    expect(await page.getByRole("row", { selected: true }).getAttribute("id")).toBe(held);
    expect(faults).toEqual([]);
  });

  it("explains, acknowledges and decides by keys, and the record is in the history", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=7d`);
    await ready(page);
    await page.keyboard.press("j");
    await page.keyboard.press("e");
    await page.getByText("container.id != host").waitFor();
    expect(new URL(page.url()).searchParams.get("tab")).toBe("explain");
    await page.keyboard.press("a");
    const dialog = page.getByRole("dialog");
    await checkAxe(page);
    await dialog.getByRole("button", { name: "Acknowledge" }).click();
    await page.getByText(/Recorded as \d+ of the ledger/).waitFor();
    await page.getByRole("row", { selected: true }).getByText("acknowledged").waitFor();
    await page.keyboard.press("d");
    await dialog.waitFor();
    expect(await dialog.getByRole("button", { name: "Decide" }).isDisabled()).toBe(true);
    await dialog.getByLabel("True finding").check();
    await dialog.getByLabel("Reason (an auditor reads it)").fill("confirmed with the owner");
    await dialog.getByRole("button", { name: "Decide" }).click();
    await page.getByRole("row", { selected: true }).getByText("true finding").waitFor();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByText("confirmed with the owner").waitFor();
  });

  it("acts on all marked findings and on no other", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=7d&fold=off`);
    await ready(page);
    for (const key of ["j", "x", "j", "j", "x", "a"]) await page.keyboard.press(key);
    await page.getByRole("dialog").getByRole("heading", { name: "Acknowledge: 2 findings" }).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Acknowledge" }).click();
    await page.getByText("2 records in the ledger.").waitFor();
    const newest = at.mock.world.rows.filter((r) => r.suppressed === null).slice(-3).reverse();
    expect(newest.map((r) => r.acknowledged !== null)).toEqual([true, false, true]);
  });

  it("shows what an acceptance would have removed before it can be saved", async () => {
    const base = await at.start({ count: 20_000 });
    const { page, faults } = await open(at.browser, `${base}/findings?t=7d&source=syscall&severity=low`);
    await ready(page);
    await page.keyboard.press("j");
    await page.keyboard.press("A");
    const dialog = page.getByRole("dialog");
    const save = dialog.getByRole("button", { name: "Save for approval" });
    await dialog.getByText("an acceptance needs a reason").waitFor();
    expect(await save.isDisabled()).toBe(true);
    await checkAxe(page);
    const editor = dialog.getByRole("textbox", { name: "Acceptance" });
    await editor.fill((await editor.inputValue()).replace('reason: ""', "reason: shells of the backup job"));
    // Not before the effect of this very text is on the screen.
    expect(await save.isDisabled()).toBe(true);
    await dialog.getByText("In force when another person approves it.").waitFor();
    await dialog.locator(".big").waitFor();
    expect(await save.isEnabled()).toBe(true);
    await save.click();
    await page.getByText("ACC-2026-030 is kept.").waitFor();
    expect(faults).toEqual([]);
  });

  it("has filter, selection and density in the address, and back undoes", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=7d`);
    await ready(page);
    await page.getByRole("region", { name: "Severity" }).getByRole("button", { name: /^high/ }).click();
    await page.waitForURL(/severity=high/);
    await page.getByLabel("Text").fill("apt-get");
    await page.waitForURL(/q=apt-get/);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => [...document.querySelectorAll('[role="grid"] .vrow')].every((r) => r.textContent?.includes("apt-get") === true && r.textContent.includes("high")));
    await page.keyboard.press("v");
    await page.waitForURL(/density=two/);
    await page.getByRole("button", { name: "Remove Severity is high" }).click();
    await page.waitForURL((url) => !url.search.includes("severity"));
    await page.goBack();
    await page.waitForURL(/severity=high/);
  });

  it("chooses a time by the keys of the chart and has the numbers as a table", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=24h`);
    await ready(page);
    const chart = page.getByRole("application", { name: /Findings over time/ });
    await chart.focus();
    for (const key of ["End", "ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "Enter"]) await page.keyboard.press(key);
    await page.waitForURL(/from=/);
    const query = new URL(page.url()).searchParams;
    expect(Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "")).toBe(3 * 30 * 60_000);
    await page.getByRole("button", { name: "Show as table" }).click();
    await page.getByRole("columnheader", { name: "not watched" }).waitFor();
    await checkAxe(page);
  });

  it("chooses a time by the mouse", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=24h`);
    await ready(page);
    const box = await page.locator(".chart .u-over").boundingBox();
    if (box === null) throw new Error("no chart");
    await page.mouse.move(box.x + box.width * 0.25, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 30, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/from=/);
    const query = new URL(page.url()).searchParams;
    const hours = (Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "")) / 3_600_000;
    expect(hours).toBeGreaterThan(5.5);
    expect(hours).toBeLessThan(7);
  });

  it("goes through 100,000 findings with few rows in the page", async () => {
    const base = await at.start({ count: 100_000 });
    const { page, faults } = await open(at.browser, `${base}/findings?t=90d`);
    await ready(page);
    await grid(page).focus();
    const loaded = () => page.locator(".vfoot").textContent();
    await expect.poll(async () => { await page.keyboard.press("End"); return loaded(); }, { timeout: 110_000, interval: 30 }).toContain("All 9");
    expect(await grid(page).locator(".vrow").count()).toBeLessThan(80);
    await page.keyboard.press("Home");
    await firstRow(page).waitFor();
    expect(faults).toEqual([]);
  }, 120_000);

  it("folds repeats that arrive into one line, and acts on each of them", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=7d`);
    await ready(page);
    const rule = { rule: "Same again", severity: "high", criteria: [], tags: [], process: "nc", parents: [], command: ["nc -l"], object: null, budget: 0, weight: 1, source: "aws_cloudtrail" };
    for (let i = 0; i < 3; i++) at.mock.world.add({ rule, where: "prod-eu" });
    await grid(page).getByText("×3").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("a");
    await page.getByRole("heading", { name: "Acknowledge: 3 findings" }).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Acknowledge" }).click();
    await page.getByText("3 records in the ledger.").waitFor();
    expect(at.mock.world.rows.slice(-3).every((r) => r.acknowledged !== null)).toBe(true);
    await page.keyboard.press("f");
    await grid(page).getByText("×3").waitFor({ state: "detached" });
  });

  it("exports the filter that is on the screen", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=7d&severity=critical`);
    await ready(page);
    await page.getByRole("button", { name: "Export" }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "CSV" }).click()]);
    const query = new URL(download.url()).searchParams;
    expect(query.get("severity")).toBe("critical");
    expect(Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "")).toBe(7 * 86_400_000);
  });

  it("keeps views in the browser", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=7d&severity=critical`);
    await ready(page);
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Save this view …" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Night shift");
    await page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
    await page.goto(`${base}/findings`);
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Night shift", exact: true }).click();
    await page.waitForURL(/t=7d&severity=critical/);
    // Shared by a link, in words that say what it shows, and removed.
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Share or remove views …" }).click();
    const dialog = page.getByRole("dialog", { name: "Saved views" });
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await dialog.getByRole("row", { name: /Night shift/ }).getByText("Severity is critical; the last 7d").waitFor();
    await checkAxe(page);
    await dialog.getByRole("button", { name: "Copy link of Night shift" }).click();
    await page.locator(".toasts", { hasText: "Link of “Night shift” copied." }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${base}/findings?t=7d&severity=critical`);
    await dialog.getByRole("button", { name: "Remove Night shift" }).click();
    await dialog.getByText("No view is kept.").waitFor();
  });

  it("leads from a finding to its rule and from a suppressed one to its acceptance", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=7d&suppressed=yes`);
    await ready(page);
    await firstRow(page).click();
    await page.getByRole("complementary").getByRole("link", { name: /^ACC-/ }).click();
    await page.waitForURL(/\/acceptances\?.*sel=ACC-/);
    await page.goBack();
    const rule = page.getByRole("complementary").locator("dd").getByRole("link").first();
    const name = await rule.textContent();
    await rule.click();
    await page.waitForURL(/\/rules\?.*rule=/);
    await page.getByRole("complementary").getByRole("heading", { name: name ?? "" }).waitFor();
  });

  it("gives an auditor no acts", async () => {
    const base = await at.start({ role: "auditor" });
    const { page } = await open(at.browser, `${base}/findings`);
    await page.waitForURL(/from=2026-07-01T00%3A00%3A00Z&to=2026-10-01T00%3A00%3A00Z/);
    await page.goto(`${base}/findings?t=7d`);
    await ready(page);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await grid(page).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("tab", { name: "Summary" }).waitFor();
    expect(await page.getByRole("button", { name: "Acknowledge" }).count()).toBe(0);
    await page.keyboard.press("a");
    await page.getByText("Your role reads only.").waitFor();
  });

  it("has a page for one finding that a message can link to", async () => {
    const base = await at.start();
    const id = at.mock.world.rows.at(-1)?.id ?? "";
    const { page, faults } = await open(at.browser, `${base}/findings/${id}`);
    await page.getByRole("tab", { name: "Summary" }).waitFor();
    await checkAxe(page);
    await page.goto(`${base}/findings/F-none`);
    await page.getByRole("alert").getByText("it may be older than what is kept").waitFor();
    expect(faults.filter((f) => !f.includes("404"))).toEqual([]);
  });
});
