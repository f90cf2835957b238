import { describe, expect, it } from "vitest";
import { checkAxe, open } from "./browser";
import { mocked } from "./mocked";

const at = mocked({ count: 20_000, loggedIn: true });

describe("overview", () => {
  it.each([["light", 1440], ["dark", 1440], ["light", 1024], ["dark", 1024]] as const)("has four bands and is clean by axe: %s, %i wide", async (theme, width) => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/?t=7d`, theme, { width, height: 900 });
    for (const name of ["Findings by severity", "Controls", "Noisiest rules", "Open items by age"]) await page.getByRole("region", { name }).waitFor();
    await checkAxe(page);
    // Nothing runs out of the page at the side.
    expect(await page.evaluate(() => document.querySelector(".page")?.scrollWidth === document.querySelector(".page")?.clientWidth)).toBe(true);
    expect(faults).toEqual([]);
  });

  it("counts a finding that arrives", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/`);
    await page.getByText("stream open").waitFor();
    const total = async () => Number((await page.locator(".answer strong").first().textContent())?.replace(/\D/g, ""));
    const before = await total();
    for (let i = 0; i < 60; i++) at.mock.world.add();
    await expect.poll(total, { timeout: 15_000 }).toBeGreaterThan(before + 30);
  });

  it("leads from a cell of the strip to the findings of that criterion and day", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/?t=7d`);
    await page.getByRole("button", { name: /^CC6.8 on .*findings/ }).last().click();
    await page.waitForURL(/\/findings\?criterion=CC6.8&from=/);
    const query = new URL(page.url()).searchParams;
    expect(Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "")).toBe(86_400_000);
  });

  it("offers each cell of a long strip by name, too", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/?t=90d`);
    const strip = page.getByRole("region", { name: "Controls" });
    const day = strip.getByRole("combobox", { name: "Day" });
    await day.waitFor();
    await strip.getByRole("combobox", { name: "Criterion" }).selectOption("CC6.8");
    const last = await day.inputValue();
    await strip.getByRole("button", { name: "Day before" }).click();
    const before = await day.inputValue();
    expect(Date.parse(last) - Date.parse(before)).toBe(86_400_000);
    await strip.getByText(new RegExp(`^CC6.8 on ${before}: `)).waitFor();
    // The cell under the pointer is told of in its place, and the choice stays.
    await strip.getByRole("button", { name: /^CC7.2 on / }).first().hover();
    await strip.locator(".readout").getByText(/^CC7.2 on /).waitFor();
    await page.mouse.move(0, 0);
    await strip.locator(".readout").getByText(new RegExp(`^CC6.8 on ${before}: `)).waitFor();
    await strip.getByRole("button", { name: "Findings of this day" }).click();
    await page.waitForURL(new RegExp(`/findings\\?criterion=CC6.8&from=${before}`));
  });

  it("says why a day was not whole, in words", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/?t=7d`);
    await page.getByRole("button", { name: /CC6.1 on .* partly observed, .* % of the day, .*agent/ }).first().waitFor();
    await page.getByRole("button", { name: /CC6.2 on .* no observation known/ }).first().waitFor();
  });

  it("says under its number what was asked", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/?t=24h&severity=high&cluster=prod-eu`);
    await page.getByRole("button", { name: "The question that was asked" }).first().click();
    await page.getByText("severity=high&cluster=prod-eu").waitFor();
    await checkAxe(page);
  });
});

describe("the first run", () => {
  it("does not call it quiet when nothing is watched: the charts are hatched whole, and the page says so", async () => {
    const base = await at.start({ count: 1 });
    at.mock.world.rows.length = 0;
    (at.mock.world as unknown as { gaps: unknown[] }).gaps.length = 0;
    const extra = (at.mock.world as unknown as { extra: { nothing: boolean } }).extra;
    extra.nothing = true;
    for (const path of ["/?t=24h", "/findings?t=24h"]) {
      const { page, faults } = await open(at.browser, base + path);
      await page.getByText("No source has reported: nothing is watched").waitFor();
      await page.getByText("something not watched for 1 d of 1 d").waitFor();
      expect(await page.getByText("no gap known").count()).toBe(0);
      expect(faults).toEqual([]);
    }
    extra.nothing = false;
    const { page } = await open(at.browser, `${base}/?t=24h`);
    await page.getByText("Sources have reported, and no rule matched.").waitFor();
    await page.getByText("no gap known").waitFor();
  });

  it("fires a test event and sees it arrive", async () => {
    const base = await at.start({ count: 1 });
    at.mock.world.rows.length = 0;
    const { page, faults } = await open(at.browser, `${base}/findings`);
    await page.getByText("stream open").waitFor();
    await page.getByText("No finding in this time").waitFor();
    await checkAxe(page);
    await page.getByRole("button", { name: "Fire a test event" }).click();
    await page.getByText(/The test event arrived after [\d.]+ s/).waitFor();
    await page.getByRole("grid", { name: "Findings" }).getByText("Test event").waitFor();
    await page.getByText("The first findings are here").waitFor();
    await page.getByRole("button", { name: "Dismiss", exact: true }).first().click();
    await page.getByText("The first findings are here").waitFor({ state: "detached" });
    expect(faults).toEqual([]);
  });
});
