import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { checkAxe, open } from "./browser";
import { mocked } from "./mocked";

const at = mocked({ count: 20_000, loggedIn: true });

const settled = (page: Page) => page.waitForFunction(() => document.querySelector(".skeleton") === null && document.querySelector(".head h1, .paper h1") !== null);
/** Nothing runs out of the page at the side. */
const fits = (page: Page) => page.evaluate(() => document.querySelector(".page")?.scrollWidth === document.querySelector(".page")?.clientWidth);

describe("every part of the page", () => {
  const PARTS = ["/controls?t=30d", "/controls/K8S-MO-01?t=90d", "/controls/AWS-NW-02?t=7d", "/controls/deviations?t=30d", "/controls/versions?t=30d", "/controls/reports?t=30d", "/controls/reports/20261002100130877", "/controls/reports/20260402081503120", "/controls/reports/20260702090011004", "/controls?view=auditor&t=30d"];
  it.each([["light", 1440], ["dark", 1024]] as const)("is clean by axe and fits: %s, %i wide", async (theme, width) => {
    const base = await at.start();
    for (const part of PARTS) {
      const { page, faults } = await open(at.browser, base + part, theme, { width, height: 900 });
      await settled(page);
      await checkAxe(page);
      expect([part, await fits(page), faults]).toEqual([part, true, []]);
      await page.context().close();
    }
  });
});

describe("controls by criterion", () => {
  it("tells the states apart by word and shape, and shows no number where nothing tells of a control", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls?t=30d`);
    const rows = page.locator("tr[data-row]");
    const seen = new Map<string, string>();
    await rows.first().waitFor();
    for (const row of await rows.all()) seen.set(await row.locator("td .cstate").innerText(), await row.locator("td .cstate svg").innerHTML());
    expect([...seen.keys()].sort()).toEqual(["deviations", "no deviation", "no evidence", "not covered", "partly unknown"]);
    expect(new Set(seen.values()).size).toBe(5);
    const colour = (word: string) => page.locator("td .cstate").filter({ hasText: word }).locator("svg").first().evaluate((e) => getComputedStyle(e).color);
    const pass = await colour("no deviation");
    for (const word of ["no evidence", "not covered", "partly unknown"]) expect(await colour(word)).not.toBe(pass);
    const none = page.locator('tr[data-row="CC6.6/AWS-NW-02"] td.num');
    expect((await none.allInnerTexts()).slice(0, 3).map((t) => t.replace(/\s+not known/, ""))).toEqual(["0 %", "–", "–"]);
    // No score anywhere.
    expect(await page.locator(".page").innerText()).not.toMatch(/score/i);
  });

  it("names the days of a strip and what each was", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls?from=2026-10-01&to=2026-11-01`);
    const strip = page.locator('tr[data-row="CC6.6/AWS-NW-02"]').getByRole("application", { name: /^31 days: 31 unknown\./ });
    await strip.focus();
    for (const [key, said] of [["Home", "2026-10-01: unknown"], ["End", "2026-10-31: unknown"]] as const) {
      await page.keyboard.press(key);
      await page.locator(".brushnote", { hasText: said }).waitFor();
      expect(await page.locator("[data-say]").first().textContent()).toBe(said);
    }
  });

  it("counts a finding that arrives, without being loaded anew", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls?t=24h`);
    await page.getByText("stream open").waitFor();
    const findings = async () => Number((await page.locator('tr[data-row="CC7.2/K8S-MO-01"] td.num').nth(1).innerText()).replace(/\D/g, ""));
    const before = await findings();
    for (let i = 0; i < 60; i++) at.mock.world.add();
    await expect.poll(findings, { timeout: 30_000 }).toBeGreaterThan(before);
  });

  it("tells of a day by pointer, by keys and by name, with its share and its gaps", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/K8S-MO-01?from=2026-09-01&to=2026-11-01`);
    const days = page.getByRole("region", { name: "Days" });
    await days.getByText(/^2026-10-31: /).waitFor();
    await days.getByRole("button", { name: /^2026-10-02: / }).hover();
    await days.getByText(/^2026-10-02: .* % of the time watched with nothing lost/).waitFor();
    await days.getByText(/gaps?: |No gap of this day is listed/).waitFor();
    await page.mouse.move(0, 0);
    await days.getByRole("button", { name: /^2026-10-31: / }).focus();
    await page.keyboard.press("ArrowLeft");
    await days.locator(".day").getByText(/^2026-10-30: /).waitFor();
    // For those who cannot aim at a bar of a few pixels: the same by name, in targets of 24 px.
    await days.getByRole("combobox", { name: "Day" }).selectOption("2026-09-05");
    await days.locator(".day").getByText(/^2026-09-05: /).waitFor();
    expect(new URL(page.url()).searchParams.get("day")).toBe("2026-09-05");
    await days.getByRole("button", { name: "Next day" }).click();
    expect(new URL(page.url()).searchParams.get("day")).toBe("2026-09-06");
    for (const target of [days.getByRole("combobox", { name: "Day" }), days.getByRole("button", { name: "Next day" }), days.getByRole("link", { name: "Findings of this day" })]) {
      const box = await target.boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(24);
    }
  });

  it("keeps filter, criterion and cursor in the address, and moves by keys", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls?t=7d&at=CC7.3`);
    await page.locator('[data-criterion="CC7.3"][data-at]').waitFor();
    // Only the page scrolls to it; the frame stays.
    expect(await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight)).toBeLessThanOrEqual(0);
    await page.getByRole("button", { name: /no evidence/ }).click();
    await expect.poll(() => page.locator("tr[data-row]").count()).toBe(2);
    expect(new URL(page.url()).searchParams.get("state")).toBe("no_evidence");
    await page.locator("h1").click();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await expect.poll(() => new URL(page.url()).searchParams.get("sel")).toBe("CC8.1/AWS-NW-02");
    await page.reload();
    await page.locator('tr[data-cursor][data-row="CC8.1/AWS-NW-02"]').waitFor();
    await page.keyboard.press("o");
    await page.getByRole("heading", { level: 1, name: "Changes of network borders are seen" }).waitFor();
    expect(new URL(page.url()).searchParams.get("t")).toBe("7d");
  });

  it("asks about time and clusters only, whatever else the address holds", async () => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/controls?t=7d&severity=high&cluster=prod-eu`);
    await page.locator("tr[data-row]").first().waitFor();
    const said = await page.locator(".answer").first().innerText();
    expect(said).toContain("prod-eu");
    // A live time ends at what is over.
    expect(said).not.toContain("not over");
    expect(faults).toEqual([]);
  });

  it("says that a criterion without a control is no pass", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls?t=7d&at=CC9.2`);
    await page.getByText(/No control of this time serves CC9.2. That is not a pass/).waitFor();
  });
});

describe("a control", () => {
  it("shows the statement, what it stands on, what is missing, and a day with what is behind it", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/AWS-NW-02?t=7d`);
    await page.getByText("Nothing in the period tells of it. That is not a pass.").waitFor();
    await page.getByText("missing: nothing was heard of it").waitFor();
    await page.getByText("None can be known: nothing tells of this control.").waitFor();
    const day = page.getByRole("region", { name: "Days" }).locator("ol").getByRole("button").last();
    await day.click();
    const name = await day.getAttribute("aria-label");
    expect(name).toMatch(/: unknown, 0 % of the time watched with nothing lost; of 12 watched sources 0 pass, 12 unknown, 0 fail$/);
    expect(new URL(page.url()).searchParams.get("day")).toBe(name?.slice(0, 10));
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await expect.poll(() => new URL(page.url()).searchParams.get("day")).not.toBe(name?.slice(0, 10));
  });

  it("leads to the findings of its rules and goes on to the next control by a key", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/K8S-AC-01?t=7d`);
    await page.locator(".numbers a").first().waitFor();
    const href = await page.locator(".numbers a").first().getAttribute("href");
    expect(new URL(href ?? "", base).searchParams.getAll("rule")).toEqual(["Terminal shell in container", "Attach/Exec Pod"]);
    await page.getByRole("button", { name: "Next control" }).and(page.locator(":enabled")).waitFor();
    await page.keyboard.press("]");
    await page.getByRole("heading", { level: 1, name: "Workloads stay inside of their limits" }).waitFor();
  });

  it("says which control is not there", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/NO-SUCH?t=7d`);
    await page.getByText("The control was not found.").waitFor();
  });
});

describe("the registers", () => {
  it("filters deviations by state and kind, in the address, and saves what is shown", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/deviations?t=30d`);
    await page.getByRole("button", { name: /^Open \d/ }).click();
    await page.getByLabel("Kind").selectOption("confirmed findings");
    await expect.poll(() => page.locator("tr[data-row]").count()).toBe(1);
    expect(page.url()).toContain("status=open");
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    const stream = await (await saved).createReadStream();
    let text = "";
    for await (const part of stream) text += String(part);
    expect(text.trim().split("\r\n")).toHaveLength(2);
    expect(text).toContain("Drop and execute new binary in container");
    const query = new URL((await page.getByRole("link", { name: "findings of this time" }).getAttribute("href")) ?? "", base).searchParams;
    expect([query.get("rule"), query.get("t")]).toEqual(["Drop and execute new binary in container", null]);
    expect(Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "")).toBe(1000);
  });

  it("says of a draft that nobody approved it", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/versions?t=30d`);
    await page.getByText("draft: approved by nobody").waitFor();
    await page.getByText("I. Berg, T. Olsen").waitFor();
  });
});

describe("reports", () => {
  it("makes one for the time of the pages, watches it being made, and verifies it", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/reports?from=2026-07-01&to=2026-10-01&cluster=prod-eu`);
    await expect.poll(() => page.getByLabel("From (UTC, included)").inputValue()).toBe("2026-07-01");
    expect(await page.getByLabel("To (UTC, not included)").inputValue()).toBe("2026-10-01");
    expect(await page.getByLabel("prod-eu").isChecked()).toBe(true);
    await page.getByLabel("Seed of the samples").fill("");
    expect(await page.getByRole("button", { name: "Make the report" }).isDisabled()).toBe(true);
    await page.getByLabel("Seed of the samples").fill("q3");
    await page.getByRole("button", { name: "Make the report" }).click();
    await page.getByRole("status").getByText(/Being made: (findings|controls|populations)/).waitFor();
    await page.getByRole("region", { name: "Files" }).waitFor({ timeout: 30_000 });
    const href = await page.getByRole("link", { name: "report/report.html" }).getAttribute("href");
    expect(href).toMatch(/^\/api\/v1\/reports\/\d+\/files\/report%2Freport\.html$/);
    expect(await page.getByText("Not verified in this session.").count()).toBe(1);
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await page.getByText("Intact.").waitFor();
    await page.getByText("61004 records of the ledger, 118 signed heads").waitFor();
    await page.getByText("avouch verify bundle --key key.pub").waitFor();
  });

  it("says loudly that there is no evidence, and that a verification failed", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/reports/20260402081503120`);
    await page.getByRole("alert").getByText("No evidence. Nothing at all is known of this period.").waitFor();
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await page.locator('.notice[data-tone="bad"]').getByText("Failed.").waitFor();
  });

  it("says why one was not made", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/reports/20260702090011004`);
    await page.getByRole("alert").getByText("No space left on device").waitFor();
    expect(await page.getByRole("region", { name: "Files" }).count()).toBe(0);
  });
});

describe("the papers of an auditor", () => {
  it("offer the period of the audit for a report", async () => {
    const base = await at.start({ role: "auditor" });
    const { page } = await open(at.browser, `${base}/controls/reports`);
    await expect.poll(() => page.getByLabel("From (UTC, included)").inputValue()).toBe("2026-07-01");
    expect(await page.getByRole("button", { name: "Your period" }).getAttribute("aria-pressed")).toBe("true");
  });

  it("show the period of the audit without the product around them, and every control with its verification", async () => {
    const base = await at.start({ role: "auditor" });
    const { page, faults } = await open(at.browser, `${base}/controls`);
    await page.getByRole("heading", { level: 1, name: "Evidence for SOC 2 criteria" }).waitFor();
    await expect.poll(() => new URL(page.url()).searchParams.get("from")).toBe("2026-07-01T00:00:00Z");
    await page.getByRole("button", { name: "Print" }).and(page.locator(":enabled")).waitFor();
    expect(await page.locator(".rail").isVisible()).toBe(false);
    expect(await page.locator(".topbar").isVisible()).toBe(false);
    expect(await page.locator(".sheet").count()).toBe(11);
    await page.getByText(/The report of 2026-07-01 – 2026-10-01 .* holds this period/).waitFor();
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await page.getByText("Intact.").waitFor();
    await checkAxe(page);
    expect(faults).toEqual([]);
  });

  it("print one control a page, with addresses of the evidence and no buttons", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls?view=auditor&from=2026-10-01&to=2026-11-01`, "dark");
    await page.getByRole("button", { name: "Print" }).and(page.locator(":enabled")).waitFor();
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".papertools").isVisible()).toBe(false);
    expect(await page.getByRole("button", { name: "Verify" }).count()).toBe(0);
    const sheet = page.locator(".sheet").first();
    expect(await sheet.evaluate((e) => getComputedStyle(e).breakBefore)).toBe("page");
    expect(await sheet.evaluate((e) => getComputedStyle(e).color)).toBe("rgb(0, 0, 0)");
    const evidence = sheet.locator("a.evidence");
    expect(await evidence.evaluate((e) => getComputedStyle(e, "::after").content)).toContain(`${base}/findings?`);
    // Cover, ten controls, verification: each begins a page.
    const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
    expect(pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0).toBeGreaterThanOrEqual(12);
    expect(pdf).toMatch(/\/MediaBox \[0 0 59[45][\d.]* 84[12][\d.]*\]/);
  });

  it("name instants in the addresses that they print, also when the time moves with the clock", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/K8S-AC-03?view=auditor&t=7d`);
    const href = await page.locator("a.evidence").getAttribute("href");
    const query = new URL(href ?? "").searchParams;
    expect(query.get("t")).toBeNull();
    expect(Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "")).toBe(7 * 86_400_000);
  });

  it("say so when no report holds the period", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/K8S-AC-03?view=auditor&from=2026-10-01&to=2026-11-01`);
    await page.getByText("No report that holds this period was made.").waitFor();
    expect(await page.locator(".sheet").count()).toBe(2);
    // Left again, the product is there.
    await page.getByRole("link", { name: "Console", exact: true }).click();
    await page.locator(".rail").waitFor();
  });
});
