import { describe, expect, it } from "vitest";
import { checkAxe, open } from "./browser";
import { mocked } from "./mocked";

const at = mocked({ count: 2000 });

describe("the way in", () => {
  it("refuses a wrong password, lets a right one in, and keeps the address", async () => {
    const base = await at.start({});
    const { page, faults } = await open(at.browser, `${base}/health?t=7d`);
    await page.getByRole("textbox", { name: "User" }).fill("mara");
    await page.getByLabel("Password").fill("wrong wrong wrong");
    await checkAxe(page);
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByRole("alert").getByText("User or password is wrong.").waitFor();
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/health?t=7d");
    expect(faults).toEqual([]);
  });

  it.each(["/#/setup?token=abc", "/setup?token=abc"])("makes the first user by the one-time link, and the token leaves the address: %s", async (link) => {
    const base = await at.start({ setup: true });
    const { page, faults } = await open(at.browser, base + link);
    await page.getByRole("textbox", { name: "User" }).fill("mara");
    await page.getByLabel("Password", { exact: true }).fill("short");
    expect(await page.getByRole("button", { name: "Make user and log in" }).isDisabled()).toBe(true);
    await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
    await page.getByLabel("Password again").fill("correct horse battery");
    await checkAxe(page);
    await page.getByRole("button", { name: "Make user and log in" }).click();
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    expect(page.url()).not.toContain("token");
    expect(faults).toEqual([]);
  });

  it("says where the link is when there is no user yet", async () => {
    const base = await at.start({ setup: true });
    const { page } = await open(at.browser, base, "dark");
    await page.getByText("one-time link").first().waitFor();
    await checkAxe(page);
  });

  it("goes back to the login when the session ends", async () => {
    const base = await at.start({ loggedIn: true });
    const { page } = await open(at.browser, `${base}/settings`);
    await page.getByRole("button", { name: "mara" }).click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Log in", exact: true }).waitFor();
  });
});

describe("the shell", () => {
  it.each(["light", "dark"] as const)("is clean by axe with menus open: %s", async (theme) => {
    const base = await at.start({ loggedIn: true });
    const { page, faults } = await open(at.browser, `${base}/settings`, theme);
    await page.getByText("stream open").waitFor();
    await checkAxe(page);
    await page.getByRole("button", { name: /Last 24 hours/ }).click();
    await page.getByLabel("From (UTC, included)").waitFor();
    await checkAxe(page);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Theme" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Dark" }).click();
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
    expect(faults).toEqual([]);
  });

  it("keeps time and scope from page to page, and goes by keys", async () => {
    const base = await at.start({ loggedIn: true });
    const { page } = await open(at.browser, `${base}/settings?t=7d&cluster=staging&tab=x`);
    await page.getByRole("link", { name: "Health" }).click();
    expect(new URL(page.url()).search).toBe("?t=7d&cluster=staging");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("page");
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await page.waitForURL(/\/rules\?t=7d&cluster=staging/);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await checkAxe(page);
    await page.keyboard.press("Escape");
    await page.goBack();
    expect(new URL(page.url()).pathname).toBe("/health");
  });

  it("pauses at what is shown, and a fixed time is in the address", async () => {
    const base = await at.start({ loggedIn: true });
    const { page } = await open(at.browser, `${base}/settings?t=1h`);
    await page.getByRole("button", { name: "Live" }).click();
    const query = new URL(page.url()).searchParams;
    expect(query.get("t")).toBeNull();
    expect(Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "")).toBe(3_600_000);
    await page.getByRole("button", { name: "Paused" }).click();
    await page.waitForURL(/t=1h/);
  });

  it("tells what the stream missed", async () => {
    const base = await at.start({ loggedIn: true });
    const { page } = await open(at.browser, `${base}/settings`);
    await page.getByText("stream open").waitFor();
    at.mock.world.tell("missed", { count: 12, since: new Date().toISOString() });
    await page.getByRole("button", { name: "12 missed live" }).click();
    await page.getByText("missed live").waitFor({ state: "detached" });
  });
});
