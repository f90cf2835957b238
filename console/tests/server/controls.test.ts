import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkAxe, launch, open } from "../e2e/browser";
import { firstLogin, startServer, useDist, type Running } from "./server";

// Controls and reports of the recording, judged by the real server with the starting list, which is a draft.
let browser: Browser;
let server: Running;
let page: Page;
let faults: string[];

beforeAll(async () => {
  server = await startServer();
  browser = await launch();
  ({ page, faults } = await open(browser, server.link, "light", undefined, useDist));
  await firstLogin(page);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

const goTo = (path: string) => page.goto(server.url + path);

describe("controls on the real server", () => {
  it("are judged by criterion, and a draft is called one", async () => {
    await goTo("/controls?t=30d");
    await page.locator("tr[data-row]").first().waitFor();
    await page.getByText(/is a draft: nobody approved it/).waitFor();
    // A recording of some minutes is not 30 watched days: nothing passes.
    expect(await page.locator("td .cstate").filter({ hasText: "no deviation" }).count()).toBe(0);
    await checkAxe(page);
  });

  it("show what each stands on and what of it is missing", async () => {
    await goTo("/controls/K8S-AC-01?t=30d");
    await page.getByRole("heading", { level: 1, name: "Interactive access to workloads" }).waitFor();
    await page.getByText("the ticket of a session stands in the ticket system", { exact: false }).waitFor();
    await page.getByRole("region", { name: "Days" }).getByRole("button").first().waitFor();
    await checkAxe(page);
    await goTo("/controls/deviations?t=30d");
    await page.locator("tr[data-row]").first().waitFor();
    await page.locator("tr[data-row] strong").filter({ hasText: "control list not approved" }).first().waitFor();
  });

  it("make a report that is watched, fetched and verified", async () => {
    await goTo("/controls/reports?t=30d");
    await page.getByRole("button", { name: "Make the report" }).click();
    await page.getByRole("region", { name: "Files" }).waitFor({ timeout: 60_000 });
    const file = page.getByRole("link", { name: "report/report.html" });
    const saved = page.waitForEvent("download");
    await file.click();
    const stream = await (await saved).createReadStream();
    let bytes = 0;
    for await (const part of stream) bytes += (part as Buffer).length;
    const size = await page.locator("tr").filter({ has: file }).locator("td.num").getAttribute("title");
    expect(`${String(bytes)} bytes`).toBe(size?.replace(/[^\d bytes]/g, ""));
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await page.locator('section[aria-label="Verify"] .notice').waitFor();
    const said = await page.locator('section[aria-label="Verify"] .notice').innerText();
    expect(said).toMatch(/^(Intact|Unproven)\./);
    expect(said).toContain("as the manifest says");
    await checkAxe(page);
  });

  it("come on paper, each control on a sheet of its own", async () => {
    await goTo("/controls?t=30d&view=auditor");
    await page.getByRole("button", { name: "Print" }).and(page.locator(":enabled")).waitFor();
    expect(await page.locator(".sheet").count()).toBeGreaterThan(10);
    expect(await page.locator(".paper .notice[role=alert]").count()).toBe(0);
    expect(faults).toEqual([]);
  });
});
