import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkAxe, launch, open } from "../e2e/browser";
import { startProvider, type Provider } from "./provider";
import { firstLogin, startServer, useDist as giveDist, type Running } from "./server";

// Login through a provider, in a browser that goes from one site to the other and back.
let browser: Browser;
let server: Running;
let provider: Provider;
let page: Page;
let faults: string[];
const dir = mkdtempSync(join(tmpdir(), "avouch-oidc-"));

const people = [
  { sub: "1", preferred_username: "ann", groups: ["staff"] },
  { sub: "2", preferred_username: "sol", groups: ["sec-admins", "staff"] },
  { sub: "3", preferred_username: "guest", groups: ["visitors"] },
];

beforeAll(async () => {
  provider = await startProvider(people);
  const file = join(dir, "oidc.yaml");
  writeFileSync(file, `name: Example SSO\nissuer: ${provider.issuer}\nclient_id: avouch\nroles:\n  - {value: sec-admins, role: admin}\n  - {value: staff, role: analyst}\n`);
  server = await startServer(["--oidc", file], { named: true });
  browser = await launch();
  ({ page, faults } = await open(browser, server.link, "light", undefined, giveDist));
  await firstLogin(page);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  await provider.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** A browser without a session, at the provider, having pressed the button. */
async function atProvider(): Promise<Page> {
  const context = await browser.newContext();
  await giveDist(context);
  const fresh = await context.newPage();
  await fresh.goto(server.url);
  await fresh.getByRole("link", { name: "Log in with Example SSO" }).click();
  await fresh.getByRole("heading", { name: "Who are you?" }).waitFor();
  return fresh;
}

async function whoIs(at: Page): Promise<{ name: string; role: string } | null> {
  return at.evaluate(async () => ((await (await fetch("/api/v1/session")).json()) as { user: { name: string; role: string } | null }).user);
}

async function refused(at: Page, text: string): Promise<void> {
  await expect.poll(() => at.getByRole("alert").textContent()).toContain(text);
  expect(await whoIs(at)).toBeNull();
  // The reason is not part of the address any more.
  await expect.poll(() => new URL(at.url()).search).toBe("");
}

describe("login through a provider", () => {
  it("lets people in with the role of the first of their groups that has one", async () => {
    for (const [name, role] of [
      ["ann", "analyst"],
      ["sol", "admin"],
    ] as const) {
      const at = await atProvider();
      await at.getByRole("link", { name: `I am ${name}` }).click();
      await at.getByRole("navigation", { name: "Pages" }).waitFor();
      expect(await whoIs(at)).toMatchObject({ name, role });
      await at.goto(`${server.url}/findings?t=90d`);
      await at.getByText("stream open").waitFor();
      await at.context().close();
    }
  });

  it("says plainly on the login page why somebody is not let in", async () => {
    const guest = await atProvider();
    await guest.getByRole("link", { name: "I am guest" }).click();
    await refused(guest, "Example SSO knows you, but none of your groups has a role here.");
    await checkAxe(guest);
    // And the way in by password is still there.
    await guest.getByRole("textbox", { name: "User" }).fill("mara");
    await guest.getByLabel("Password", { exact: true }).fill("correct horse battery staple");
    await guest.getByRole("button", { name: "Log in", exact: true }).click();
    await guest.getByRole("navigation", { name: "Pages" }).waitFor();
    await guest.context().close();

    const shy = await atProvider();
    await shy.getByRole("link", { name: "I would rather not" }).click();
    await refused(shy, "Example SSO refused the login.");
    await shy.context().close();
  });

  it("takes no login that began elsewhere, and none twice", async () => {
    const at = await atProvider();
    const back = (await at.getByRole("link", { name: "I am ann" }).getAttribute("href")) ?? "";
    const other = await browser.newContext();
    await giveDist(other);
    const thief = await other.newPage();
    await thief.goto(back);
    await refused(thief, "began in another browser");
    await other.close();
    await at.goto(back);
    await at.getByRole("navigation", { name: "Pages" }).waitFor();
    await at.context().clearCookies({ name: "avouch_session" });
    await at.goto(back);
    await refused(at, "Begin again");
    await at.context().close();
  });

  it("takes no token that the provider did not sign, and says when the provider is away", async () => {
    provider.forge();
    const at = await atProvider();
    await at.getByRole("link", { name: "I am ann" }).click();
    await refused(at, "cannot be trusted");
    await at.context().close();
    const late = await atProvider();
    const back = (await late.getByRole("link", { name: "I am sol" }).getAttribute("href")) ?? "";
    await provider.stop();
    await late.goto(back);
    await refused(late, "cannot be reached");
    await late.context().close();
  });

  it("broke no policy and asked no other host", () => {
    expect(faults).toEqual([]);
  });
});
