import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { expect } from "vitest";
import { shapeFaults } from "./shape";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Starts Chromium: CHROMIUM, or where Debian has it. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
}

export interface Opened {
  page: Page;
  /** What went wrong in the page so far: scripts, policy, calls of other hosts, answers that are not as the document of the API says. */
  faults: string[];
}

/** Opens an address; everything that breaks the policy or fails is kept in `faults`. */
export async function open(browser: Browser, url: string, theme: "light" | "dark" = "light", size = { width: 1440, height: 900 }, prepare?: (context: BrowserContext) => Promise<void>): Promise<Opened> {
  const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: "reduce" });
  await prepare?.(context);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  const host = new URL(url).host;
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("console", (message) => {
    // A refused login is an answer, not a fault.
    if (message.type() === "error" && !message.text().includes("status of 401")) faults.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (new URL(request.url()).host !== host) faults.push(`other host: ${request.url()}`);
  });
  page.on("response", (response) => {
    const json = response.headers()["content-type"]?.startsWith("application/json") === true;
    if (!json || !response.ok()) return;
    // A page that is left takes its answers with it.
    void response.json().then((body: unknown) => faults.push(...shapeFaults(response.request().method(), response.url(), response.status(), body)), () => undefined);
  });
  await page.goto(url);
  return { page, faults };
}

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** Runs axe-core with the rules of WCAG 2.2 A and AA; every violation is named with its element. */
export async function checkAxe(page: Page): Promise<void> {
  // Through the debugger: the policy of the page would not let a script in.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run: (root: Document, options: object) => Promise<{ violations: Violation[] }> } }).axe;
    const result = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return result.violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)} -- ${n.failureSummary.replace(/\s+/g, " ").slice(0, 200)}`).join(" | ")}`);
  });
  expect(found).toEqual([]);
}
