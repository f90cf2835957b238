import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkAxe, launch, open } from "../e2e/browser";
import { firstLogin, PASSWORD, startServer, useDist, type Running } from "./server";

// One story, in order: first login, look, explain, triage, a live event, an acceptance, the overview.
let browser: Browser;
let server: Running;
let page: Page;
let faults: string[];

const acceptances = mkdtempSync(join(tmpdir(), "avouch-acceptances-"));

beforeAll(async () => {
  server = await startServer(["--acceptances", acceptances]);
  browser = await launch();
  ({ page, faults } = await open(browser, server.link, "light", undefined, useDist));
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(acceptances, { recursive: true, force: true });
});

const grid = () => page.getByRole("grid", { name: "Findings" });

async function goTo(path: string): Promise<void> {
  await page.goto(server.url + path);
  await page.getByText("stream open").waitFor();
}

describe("the console on the real server", () => {
  it("makes the first user by the one-time link, and the link is used up", async () => {
    await firstLogin(page);
    const other = await browser.newContext();
    await useDist(other);
    const second = await other.newPage();
    await second.goto(server.link);
    await second.getByRole("textbox", { name: "User" }).fill("eve");
    await second.getByLabel("Password", { exact: true }).fill("correct horse battery staple");
    await second.getByLabel("Password again").fill("correct horse battery staple");
    await second.getByRole("button", { name: "Make user and log in" }).click();
    await second.getByRole("alert").waitFor();
    await other.close();
  });

  it("shows the findings of the recording, and filters them by severity", async () => {
    await goTo("/findings?t=90d&fold=off");
    await grid().locator('[aria-rowindex="2"]').waitFor();
    const all = Number((await page.locator(".answer strong").first().textContent())?.replace(/\D/g, ""));
    expect(all).toBeGreaterThan(10);
    await page.getByRole("region", { name: "Severity" }).getByRole("button", { name: /^critical/ }).click();
    await page.waitForURL(/severity=critical/);
    await expect.poll(async () => Number((await page.locator(".answer strong").first().textContent())?.replace(/\D/g, ""))).toBeLessThan(all);
    await checkAxe(page);
  });

  it("explains one, acknowledges and decides it, and the history has the records", async () => {
    await goTo("/findings?t=90d&fold=off");
    await grid().locator('[aria-rowindex="2"]').waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("e");
    await page.locator(".explain .node").first().waitFor();
    await page.keyboard.press("a");
    await page.getByRole("dialog").getByRole("button", { name: "Acknowledge" }).click();
    await page.getByText(/Recorded as \d+ of the ledger/).first().waitFor();
    await page.keyboard.press("d");
    await page.getByRole("dialog").getByLabel("True finding").check();
    await page.getByRole("dialog").getByLabel("Reason (an auditor reads it)").fill("the drill of November");
    await page.getByRole("dialog").getByRole("button", { name: "Decide" }).click();
    await page.getByRole("row", { selected: true }).getByText("true finding").waitFor();
    await page.getByRole("tab", { name: /History/ }).click();
    await page.getByText("the drill of November").waitFor();
  });

  it("has what happened around it, and similar ones by day", async () => {
    await goTo("/findings?t=90d&fold=off");
    await grid().locator('[aria-rowindex="2"]').waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await grid().locator('[aria-rowindex="2"]').click();
    await page.getByRole("tab", { name: "Around" }).click();
    await page.getByRole("heading", { name: "Activity around it" }).waitFor();
    await page.locator(".pane .skeleton").first().waitFor({ state: "detached" });
    expect(await page.locator(".pane").getByRole("alert").count()).toBe(0);
    await page.getByRole("tab", { name: "Similar" }).click();
    await page.getByText("similar in 90 days").waitFor();
  });

  it("watches a test event arrive", async () => {
    await goTo("/findings?t=15m");
    await page.getByRole("button", { name: "Fire a test event" }).click();
    await page.getByText(/The test event arrived after [\d.]+ s/).waitFor();
    await grid().locator('[aria-rowindex="2"]').waitFor();
  });

  it("proposes an acceptance and shows what it would have removed", async () => {
    await goTo("/findings?t=90d&fold=off&severity=low");
    await grid().locator('[aria-rowindex="2"]').waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("A");
    await page.getByRole("dialog").locator(".big").waitFor();
    expect(Number((await page.getByRole("dialog").locator(".big").textContent())?.replace(/\D/g, ""))).toBeGreaterThan(0);
    await page.keyboard.press("Escape");
  });

  it("accepts it once the effect was seen and another person has approved", async () => {
    await goTo("/findings?t=7d&fold=off&severity=low");
    await grid().locator('[aria-rowindex="2"]').waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("A");
    const dialog = page.getByRole("dialog");
    const editor = dialog.getByRole("textbox", { name: "Acceptance" });
    await expect.poll(() => editor.inputValue()).toContain("reason:");
    await editor.fill((await editor.inputValue()).replace(/reason: .*/, "reason: the drill of November"));
    await dialog.getByText("In force when another person approves it.").waitFor();
    await dialog.locator(".big").waitFor();
    await dialog.locator("button:enabled", { hasText: "Save for approval" }).click();
    await page.getByText(/ is kept\./).first().waitFor();

    const made = await page.evaluate(async (password) => {
      const session = (await (await fetch("/api/v1/session")).json()) as { csrf: string };
      const headers = { "content-type": "application/json", "x-csrf-token": session.csrf };
      const body = JSON.stringify({ name: "ingrid", role: "analyst", password });
      return (await fetch("/api/v1/users", { method: "POST", headers, body })).status;
    }, PASSWORD);
    expect(made).toBe(201);
    const other = await browser.newContext();
    await useDist(other);
    const second = await other.newPage();
    await second.goto(`${server.url}/acceptances`);
    await second.getByRole("textbox", { name: "User" }).fill("ingrid");
    await second.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await second.getByRole("button", { name: "Log in", exact: true }).click();
    await second.getByText("waits for approval").first().click();
    await second.locator("button:enabled", { hasText: "Approve it" }).click();
    await second.getByText(/ is approved: in force\./).waitFor();
    await other.close();
  });

  it("has the overview with what was watched", async () => {
    await goTo("/?t=7d");
    for (const name of ["Findings by severity", "Controls", "Noisiest rules", "Open items by age"]) await page.getByRole("region", { name }).waitFor();
    // Today has findings, and is no more than partly observed: nobody watched before the recording, nor after it.
    await page.getByRole("button", { name: /partly observed/ }).first().waitFor();
    await checkAxe(page);
  });

  it("sees the control strip change when an agent tells of a finding", async () => {
    await goTo("/?t=7d");
    const today = new Date().toISOString().slice(0, 10);
    const cell = () => page.getByRole("button", { name: new RegExp(`^CC6\\.1 on ${today}`) }).first();
    const findings = async () => Number(/([\d\s]+) findings/.exec((await cell().getAttribute("aria-label")) ?? "")?.[1]?.replace(/\D/g, "") ?? "-1");
    await cell().waitFor();
    const before = await findings();
    const status = await page.evaluate(async () => {
      const session = (await (await fetch("/api/v1/session")).json()) as { csrf: string };
      const headers = { "content-type": "application/json", "x-csrf-token": session.csrf };
      const body = JSON.stringify({ name: "agent", scopes: ["ingest"], node: "shop-node-2" });
      const made = (await (await fetch("/api/v1/tokens", { method: "POST", headers, body })).json()) as { token: string };
      const time = new Date().toISOString();
      const finding = { id: "00000000000000000000000000000001", time, node: "shop-node-2", run: "flow", source: "syscall", event: 1, rule: "Credential file read by a program that does not check logins", rules: "r", priority: "Warning", severity: "medium", criteria: ["CC6.1"], output: "told by a test", fields: {} };
      const lines = [{ format: "avouch.facts/1", node: "shop-node-2", cluster: "", run: "flow", version: "0", facts: 1 }, { seq: 1, time, kind: "finding", body: finding }];
      const sent = await fetch("/api/v1/ingest/facts", { method: "POST", credentials: "omit", headers: { authorization: `Bearer ${made.token}`, "content-type": "application/x-ndjson" }, body: lines.map((l) => JSON.stringify(l)).join("\n") + "\n" });
      return sent.status;
    });
    expect(status).toBe(200);
    // The page is not loaded anew.
    await expect.poll(findings, { timeout: 30_000 }).toBe(before + 1);
  });

  it("broke no policy and asked no other host", () => {
    expect(faults.filter((f) => !/status of 40[14]/.test(f))).toEqual([]);
  });
});
