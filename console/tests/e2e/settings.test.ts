import { describe, expect, it } from "vitest";
import { checkAxe, open } from "./browser";
import { mocked } from "./mocked";

const at = mocked({ count: 50, loggedIn: true });

const TABS = ["channels", "users", "tokens", "account", "access", "clusters"];

describe("settings", () => {
  it.each(["light", "dark"] as const)("every part is clean by axe: %s", async (theme) => {
    const base = await at.start();
    for (const tab of TABS) {
      const { page, faults } = await open(at.browser, `${base}/settings?tab=${tab}`, theme);
      await page.getByRole("tabpanel").locator("h2").first().waitFor();
      await page.getByRole("table").first().waitFor();
      await checkAxe(page);
      expect(faults).toEqual([]);
      await page.context().close();
    }
  });

  it("a channel is tested, and its failure is said and stays", async () => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/settings?tab=channels`);
    await page.getByRole("button", { name: "Test chat" }).click();
    await page.getByText("chat: delivered. ok").waitFor();
    await page.getByRole("button", { name: "Test oncall" }).click();
    await page.getByText("oncall: not delivered. answered 503").waitFor();
    await page.getByText("nobody was told: older than 60 min when they came").waitFor();
    expect(faults).toEqual([]);
  });

  it("a mistake in the file is marked as one types, and cannot be saved", async () => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/settings?tab=channels`);
    await page.getByRole("button", { name: "Edit channels and routes" }).click();
    const text = page.getByRole("textbox", { name: "Channels and routes" });
    const before = await text.inputValue();
    await text.fill(before.replace("channels: [oncall]", "channels: [pagr]"));
    await page.getByText("there is no channel `pagr`").waitFor();
    expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
    await checkAxe(page);
    await text.fill(`${before}# a word\n`);
    await page.getByText("No diagnostic.").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved, and in force.").waitFor();
    expect(faults).toEqual([]);
  });

  it("an auditor is added with a period, and a link for the password is shown once", async () => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/settings?tab=users`);
    await page.getByRole("button", { name: "Add a user" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("olga");
    await page.getByRole("radio", { name: /auditor/ }).check();
    expect(await page.getByRole("button", { name: "Add", exact: true }).isDisabled()).toBe(true);
    await page.getByLabel("From (UTC, included)").last().fill("2026-07-01");
    await page.getByLabel("To (UTC, not included)").last().fill("2026-10-01");
    await checkAxe(page);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("textbox", { name: "One-time link" }).waitFor();
    expect(await page.getByRole("textbox", { name: "One-time link" }).inputValue()).toContain("/#/setup?token=");
    await page.getByRole("button", { name: "I have it" }).click();
    await page.getByRole("rowheader", { name: "olga" }).waitFor();
    expect(await page.content()).not.toContain("one-time-secret");
    expect(faults).toEqual([]);
  });

  it("a token is shown once and can be revoked", async () => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/settings?tab=tokens`);
    await page.getByRole("button", { name: "Make a token" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("ci");
    await page.getByRole("checkbox", { name: /^ingest/ }).uncheck();
    expect(await page.getByRole("button", { name: "Make", exact: true }).isDisabled()).toBe(true);
    await page.getByRole("checkbox", { name: /^rules/ }).check();
    await page.getByRole("button", { name: "Make", exact: true }).click();
    expect(await page.getByRole("textbox", { name: "Token" }).inputValue()).toBe("avt_mock-secret-shown-once");
    await page.getByRole("button", { name: "I have it" }).click();
    expect(await page.content()).not.toContain("avt_mock");
    await page.getByRole("button", { name: "Revoke ci" }).click();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByRole("row", { name: /ci rules/ }).getByText("revoked").waitFor();
    expect(faults).toEqual([]);
  });

  it("an auditor sees the own log and sessions, and no setting", async () => {
    const base = await at.start({ role: "auditor" });
    const { page } = await open(at.browser, `${base}/settings?tab=users`);
    await page.getByRole("tab", { name: "Access log" }).waitFor();
    for (const hidden of ["Users", "Tokens", "Notifications"]) expect(await page.getByRole("tab", { name: hidden }).count()).toBe(0);
    await page.getByText("your own").waitFor();
  });
});
