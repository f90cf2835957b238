import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkAxe, launch, open } from "../e2e/browser";
import { firstLogin, keepActivity, RECORDED, startServer, useDist, type Running } from "./server";

const rules = mkdtempSync(join(tmpdir(), "avouch-rules-"));
const FILE = join(rules, "site.yaml");
let browser: Browser;
let server: Running;
let page: Page;
let faults: string[];

const rule = (name: string, condition: string) => `- rule: ${name}\n  desc: A try.\n  condition: ${condition}\n  output: "%proc.cmdline"\n  priority: NOTICE\n`;

beforeAll(async () => {
  // A folder without any rule file is refused.
  writeFileSync(join(rules, "base.yaml"), rule("Traced by nobody", "evt.type = ptrace and proc.name = nobody"));
  server = await startServer(["--rules", rules, "--edit-rules"], { prepare: keepActivity });
  browser = await launch();
  ({ page, faults } = await open(browser, server.link, "light", undefined, useDist));
  await firstLogin(page);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(rules, { recursive: true, force: true });
});

async function tryOut(text: string): Promise<void> {
  await page.goto(`${server.url}/rules/files?file=${encodeURIComponent(FILE)}&new=1&${RECORDED}`);
  await page.getByRole("textbox", { name: "Text of site.yaml" }).fill(text);
  await page.locator("button:enabled", { hasText: "Try on history" }).click();
  await page.getByRole("region", { name: "Result in short" }).waitFor();
}

describe("a rule that is not there yet, tried on the real server", () => {
  it("is shown what stored activity says it would find, and what was around it", async () => {
    await tryOut(rule("Shadow read by cat", "evt.type in (execve, execveat) and proc.name = cat and proc.args contains /etc/shadow"));
    const result = page.getByRole("region", { name: "Shadow read by cat" });
    await result.getByText("cat /etc/shadow").first().waitFor();
    await result.getByText("in container").first().waitFor();
    await result.getByRole("button", { name: "Around it" }).first().click();
    await result.getByRole("table", { name: /Activity of shop-agent/ }).getByText("cat /etc/shadow").first().waitFor();
    await result.getByText(/Within the budget of 50 a day/).waitFor();
    await checkAxe(page);
  });

  it("is told which fields were missing, and which events nobody keeps", async () => {
    await tryOut(rule("By tag", "evt.type = execve and proc.name = cat and container.image.tag = latest") + rule("Traced", "evt.type = ptrace"));
    const byTag = page.getByRole("region", { name: "By tag" });
    await byTag.getByText(/^Cannot say: \d+/).click();
    await byTag.getByRole("table", { name: "Fields that were missing" }).getByText("container.image.tag").waitFor();
    const traced = page.getByRole("region", { name: "Traced" });
    await traced.getByText("not kept: ptrace").waitFor();
    await traced.getByText("How much it would find is not known").waitFor();
    expect(faults).toEqual([]);
  });
});
