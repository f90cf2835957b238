import { describe, expect, it } from "vitest";
import { checkAxe, open } from "./browser";
import { mocked } from "./mocked";

const at = mocked({ count: 2_000, loggedIn: true });

describe("health", () => {
  it.each([["light", 1440], ["dark", 1440], ["light", 1024], ["dark", 1024], ["light", 390], ["dark", 390]] as const)("says what is not watched and is clean by axe: %s, %i wide", async (theme, width) => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/health?t=24h`, theme, { width, height: 900 });
    await page.getByText("Not everything is watched.").waitFor();
    for (const name of ["Sources", "Nodes to look at", "Ledger", "Disk", "Facts of agents", "Notifications"]) await page.getByRole("region", { name, exact: true }).waitFor();
    await checkAxe(page);
    // Neither the page nor the table of sources goes on beside what is seen.
    for (const what of [".page", '[aria-label="Table of sources"]']) {
      expect(await page.evaluate((of) => [document.querySelector(of)?.scrollWidth, document.querySelector(of)?.clientWidth], what).then(([all, seen]) => (all ?? 0) - (seen ?? 0)), what).toBeLessThanOrEqual(1);
    }
    expect(faults).toEqual([]);
  });

  it("has the worst source on top, with its reason", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/health`);
    const first = page.getByRole("region", { name: "Sources", exact: true }).locator("tbody tr").first();
    await first.getByText("failing").waitFor();
    await first.getByText("permission denied").waitFor();
  });

  it("shows which agents do not run the rules that the server has for them", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/health`);
    const sources = page.getByRole("region", { name: "Sources", exact: true });
    await sources.getByText("◆ behind", { exact: true }).waitFor();
    const refuses = sources.getByRole("row").filter({ hasText: "refused newer rules" });
    await refuses.getByText("rules/own/logins.yaml:14: unknown field").waitFor();
    expect(await sources.getByText(/^◆ (behind|refused newer rules)$/).count()).toBe(2);
  });

  it("tells a machine from a cluster of the same name", async () => {
    const base = await at.start();
    (at.mock.world as unknown as { extra: { twin: boolean } }).extra.twin = true;
    const { page, faults } = await open(at.browser, `${base}/health`);
    const rows = page.getByRole("region", { name: "Sources", exact: true }).getByRole("row").filter({ hasText: /^prod-eu ?k8s_audit/ });
    await expect.poll(() => rows.count()).toBe(2);
    await rows.filter({ hasText: "judged by this server, run server-1" }).waitFor();
    await rows.filter({ hasText: "of an agent, run agent-7" }).waitFor();
    expect(faults).toEqual([]);
  });

  it("says that nobody watched before the first source was heard", async () => {
    const base = await at.start();
    (at.mock.world as unknown as { extra: { nothing: boolean } }).extra.nothing = true;
    const { page } = await open(at.browser, `${base}/health?t=24h`);
    await page.getByRole("region", { name: "Before anything was watched" }).getByText("That there is no finding of that time means nothing.").waitFor();
    expect(await page.getByRole("region", { name: "Gaps of nodes that are not listed" }).count()).toBe(0);
  });

  it("draws a gap where it was, and says it in words", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/health?t=24h`);
    const row = page.getByRole("row", { name: /prod-eu-node-3/ }).first();
    const lane = row.getByRole("application", { name: /: 1 gap, / });
    await lane.waitFor();
    const gap = await row.locator(".lane > span").boundingBox();
    if (gap === null) throw new Error("the gap is not drawn");
    await page.mouse.move(gap.x + gap.width / 2, gap.y + gap.height / 2);
    await page.locator(".brushnote", { hasText: "not wholly watched: agent not running: node was drained" }).waitFor();
    // The time of the page is the time of the lanes.
    await page.goto(`${base}/health?t=1h`);
    await page.getByRole("row", { name: /prod-eu-node-3/ }).first().getByRole("application", { name: /: no gap known/ }).waitFor();
  });

  it("shows what digests of log files are worth, and calls a failed one by its name", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/health`);
    const row = page.getByRole("row", { name: /^111122223333/ });
    await row.getByText("329 verified").waitFor();
    await row.getByText("2 not verified (no key or no signature)").waitFor();
    await row.getByText("1 failed: the signature is not of its key").waitFor();
    await page.getByRole("region", { name: "Verdict" }).getByText("One digest of log files failed:").waitFor();
  });

  it("says when the next signed head is late, and which gaps are of nodes that are not listed", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/health`);
    const ledger = page.getByRole("region", { name: "Ledger" });
    await ledger.getByText("120 records, which the next head vouches for").waitFor();
    expect(await ledger.getByText("it is late").count()).toBe(0);
    await page.getByRole("table", { name: "Gaps of nodes that are not listed" }).getByText("syscall of prod-eu-node-retired").waitFor();
    (at.mock.world as unknown as { extra: { headLate: boolean } }).extra.headLate = true;
    await ledger.getByText("it is late: the last one is 30 min").waitFor({ timeout: 15_000 });
  });

  it("changes its verdict when everything is watched again", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/health`);
    await page.getByText("Not everything is watched.").waitFor();
    (at.mock.world as unknown as { extra: { healthy: boolean } }).extra.healthy = true;
    await page.getByText("Everything that was to be watched is watched.").waitFor({ timeout: 15_000 });
    expect(await page.getByRole("region", { name: "Nodes to look at" }).count()).toBe(0);
  });
});
