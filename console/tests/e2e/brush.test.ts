import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { open } from "./browser";
import { mocked } from "./mocked";

// Every chart with a time axis lets a time be chosen, by mouse and by keys, and in the same way.

const at = mocked({ count: 5000, loggedIn: true });
const DAY = 86_400_000;
const LOCAL = encodeURIComponent("/etc/avouch/rules/local_rules.yaml");

/** Length of the time in the address, ms. */
function length(page: Page): number {
  const query = new URL(page.url()).searchParams;
  return Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "");
}

/** Drags over a part of an element, from and to in parts of its width. */
async function drag(page: Page, chart: Locator, from: number, to: number): Promise<void> {
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  if (box === null) throw new Error("the chart is not on the page");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), y, { steps: 3 });
  await page.mouse.move(box.x + box.width * to, y, { steps: 3 });
  await page.mouse.up();
  await page.waitForURL(/[?&]from=/);
}

/** Draws a finger over an element, as `drag` does, and up by `up` px. */
async function swipe(page: Page, chart: Locator, from: number, to: number, up = 0): Promise<void> {
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  if (box === null) throw new Error("the chart is not on the page");
  const screen = await page.context().newCDPSession(page);
  await screen.send("Emulation.setTouchEmulationEnabled", { enabled: true });
  const STEPS = 8;
  for (let i = 0; i <= STEPS; i++) {
    const point = { x: box.x + box.width * (from + ((to - from) * i) / STEPS), y: box.y + box.height / 2 - (up * i) / STEPS };
    await screen.send("Input.dispatchTouchEvent", { type: i === 0 ? "touchStart" : "touchMove", touchPoints: [point] });
  }
  await screen.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}

/** Puts a finger down in the middle of an element and takes it up at once: one that stays is no tap. */
async function tap(page: Page, chart: Locator): Promise<void> {
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  if (box === null) throw new Error("the chart is not on the page");
  const screen = await page.context().newCDPSession(page);
  await screen.send("Emulation.setTouchEmulationEnabled", { enabled: true });
  const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await Promise.all([
    screen.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [point] }),
    screen.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] }),
  ]);
}

interface Chart {
  name: string;
  path: string;
  chart: (page: Page) => Locator;
  /** Width of a slot where it is known. */
  step?: number;
  prepare?: (page: Page) => Promise<void>;
  /** Findings of the mock, where few would have nothing to show. */
  count?: number;
}

const app = (page: Page, name: RegExp) => page.getByRole("application", { name }).first();

const CHARTS: Chart[] = [
  { name: "findings of the overview", path: "/?t=7d", chart: (p) => app(p, /^Findings over time by severity/), step: 3_600_000 },
  { name: "a noisy rule", path: "/?t=7d", chart: (p) => app(p, / by day: 8 days/), step: DAY },
  { name: "days of a control in the list", path: "/controls?t=30d", chart: (p) => app(p, /^\d+ days: /), step: DAY },
  { name: "a rule in the table", path: "/rules?t=7d", chart: (p) => p.locator(".vrow .spark").first(), step: DAY },
  { name: "a rule in its pane", path: "/rules?t=7d&rule=Terminal+shell+in+container", chart: (p) => app(p, /^Findings by day: 8 days/), step: DAY },
  { name: "an acceptance in the table", path: "/acceptances?t=7d", chart: (p) => p.locator(".vrow .spark").first(), step: DAY },
  { name: "an acceptance in its pane", path: "/acceptances?t=7d&sel=ACC-2026-011", chart: (p) => app(p, /^Hidden by day/), step: DAY },
  { name: "what an acceptance would hide", path: "/acceptances?t=7d&sel=ACC-2026-029", chart: (p) => app(p, /^Removed by day/), step: DAY, count: 20_000 },
  { name: "a source in health", path: "/health?t=24h", chart: (p) => app(p, /^syscall of prod-eu-node-3: /), step: 1_800_000 },
  {
    name: "a back-test",
    path: `/rules/files?file=${LOCAL}&t=7d`,
    chart: (p) => app(p, /by day, before and after/),
    step: DAY,
    prepare: async (page) => {
      const editor = page.getByRole("textbox", { name: "Text of local_rules.yaml" });
      await editor.fill(`${await editor.inputValue()}# tried\n`);
      await page.locator("button:enabled", { hasText: "Try on history" }).click();
      await page.getByRole("application", { name: /by day, before and after/ }).first().waitFor();
    },
  },
];

describe("a time is chosen on", () => {
  it.each(CHARTS)("$name, by mouse", async ({ path, chart, step, prepare, count = 5000 }) => {
    const base = await at.start({ count });
    const { page, faults } = await open(at.browser, base + path);
    await prepare?.(page);
    await chart(page).waitFor();
    await drag(page, chart(page), 0.3, 0.6);
    if (step !== undefined) expect(length(page) % step).toBe(0);
    expect(length(page)).toBeGreaterThan(0);
    // A drag is no click: nothing was opened by it.
    if (!path.includes("sel=")) expect(new URL(page.url()).searchParams.get("sel")).toBeNull();
    if (!path.includes("rule=")) expect(new URL(page.url()).searchParams.get("rule")).toBeNull();
    // One step back is the time before.
    await page.goBack();
    expect(new URL(page.url()).searchParams.get("t")).toBe(new URLSearchParams(path.slice(path.indexOf("?"))).get("t"));
    expect(faults).toEqual([]);
  });

  it.each(CHARTS.filter((c) => !c.name.endsWith("in the table")))("$name, by keys", async ({ path, chart, step, prepare, count = 5000 }) => {
    const base = await at.start({ count });
    const { page, faults } = await open(at.browser, base + path);
    await prepare?.(page);
    await chart(page).waitFor();
    await chart(page).focus();
    // A selection can be given up.
    for (const key of ["End", "Shift+ArrowLeft", "Escape"]) await page.keyboard.press(key);
    expect(new URL(page.url()).searchParams.get("from")).toBeNull();
    for (const key of ["End", "ArrowLeft", "ArrowLeft", "Shift+ArrowLeft"]) await page.keyboard.press(key);
    await expect.poll(() => page.locator("[data-say]").first().textContent()).toMatch(/to .*UTC\. Enter sets the time\.$/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/[?&]from=/);
    expect(length(page)).toBe(2 * (step ?? 0));
    expect(faults).toEqual([]);
  });

  const OF_A_TELEPHONE = ["findings of the overview", "a noisy rule", "a source in health", "an acceptance in its pane"];
  it.each(CHARTS.filter((c) => OF_A_TELEPHONE.includes(c.name)))("$name, by finger on a telephone; up and down scrolls", async ({ path, chart, step }) => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, base + path, "light", { width: 390, height: 844 });
    await chart(page).waitFor();
    await swipe(page, chart(page), 0.4, 0.5, 200);
    expect(new URL(page.url()).searchParams.get("from")).toBeNull();
    await swipe(page, chart(page), 0.2, 0.8);
    await page.waitForURL(/[?&]from=/);
    if (step !== undefined) expect(length(page) % step).toBe(0);
    expect(length(page)).toBeGreaterThan(step ?? 0);
    // A drag is no tap on what lies below.
    expect(new URL(page.url()).pathname).toBe(new URL(base + path).pathname);
    expect(faults).toEqual([]);
  });

  it("days of a control, by finger, and a tap is still a tap", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/K8S-MO-01?from=2026-09-01&to=2026-11-01`, "light", { width: 390, height: 844 });
    const days = page.getByRole("region", { name: "Days" }).locator("ol");
    await days.waitFor();
    await swipe(page, days, 0.3, 0.6);
    await page.waitForURL(/from=2026-09-\d\dT00%3A00%3A00Z/);
    expect(length(page) % DAY).toBe(0);
    await page.goBack();
    await expect.poll(() => days.getByRole("button").count()).toBeGreaterThan(50);
    // A machine that has other work may take the tap for a finger that stays: then it is tried again.
    const tapped = async (): Promise<string> => {
      if (!/[?&]day=/.test(page.url())) await tap(page, days);
      return page.url();
    };
    await expect.poll(tapped, { interval: 2000, timeout: 30_000 }).toMatch(/[?&]day=/);
  });

  it.each([["/rules?t=7d", "Rules"], ["/acceptances?t=7d", "Acceptances"]])("a row of a table by keys: Tab leads from the list to the chart of the row: %s", async (path, name) => {
    const base = await at.start();
    const { page } = await open(at.browser, base + path);
    await page.getByRole("grid", { name }).waitFor();
    await page.keyboard.press("j");
    await page.getByRole("row", { selected: true }).waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.closest('[role="row"]')?.getAttribute("aria-selected"))).toBe("true");
    for (const key of ["End", "ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "Enter"]) await page.keyboard.press(key);
    await page.waitForURL(/[?&]from=/);
    expect(length(page)).toBe(3 * DAY);
  });

  it("the days of criteria, by mouse and by keys, and a click still leads to the findings of a day", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/?t=30d`);
    const cells = page.getByRole("button", { name: /^CC6.8 on / });
    await cells.last().focus();
    for (const key of ["ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "Enter"]) await page.keyboard.press(key);
    await page.waitForURL(/[?&]from=/);
    expect(new URL(page.url()).pathname).toBe("/");
    expect(length(page)).toBe(3 * DAY);
    await page.goBack();
    await cells.last().waitFor();
    await page.waitForFunction(() => document.querySelectorAll('[aria-label^="CC6.8 on "]').length > 20);
    const [a, b] = [await cells.nth(5).boundingBox(), await cells.nth(8).boundingBox()];
    if (a === null || b === null) throw new Error("no cells");
    await page.mouse.move(a.x + a.width / 2, a.y + 5);
    await page.mouse.down();
    await page.mouse.move(b.x + b.width / 2, b.y + 5, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/[?&]from=/);
    expect(new URL(page.url()).pathname).toBe("/");
    expect(length(page)).toBe(4 * DAY);
    await page.goBack();
    await cells.last().click();
    await page.waitForURL(/\/findings\?criterion=CC6.8/);
  });

  it("the days of a control, by mouse and by keys", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/K8S-MO-01?from=2026-09-01&to=2026-11-01`);
    const days = page.getByRole("region", { name: "Days" }).locator("ol").getByRole("button");
    await days.last().focus();
    for (const key of ["Home", "ArrowRight", "Shift+ArrowRight", "Enter"]) await page.keyboard.press(key);
    await page.waitForURL(/from=2026-09-02T00%3A00%3A00Z&to=2026-09-04T00%3A00%3A00Z/);
    await page.goBack();
    await expect.poll(() => days.count()).toBeGreaterThan(50);
    await drag(page, page.getByRole("region", { name: "Days" }).locator("ol"), 0.2, 0.4);
    expect(length(page) % DAY).toBe(0);
  });

  it("says below the pointer what would be chosen, and what a slot is", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/health?t=24h`);
    const lane = app(page, /^syscall of prod-eu-node-3: /);
    const box = await lane.boundingBox();
    if (box === null) throw new Error("no lane");
    await page.mouse.move(box.x + 5, box.y + 5);
    await page.locator(".brushnote", { hasText: /UTC: (watched|not wholly watched)/ }).waitFor();
    await page.mouse.down();
    await page.mouse.move(box.x + 60, box.y + 5, { steps: 4 });
    await page.locator(".brushnote", { hasText: /^\d{4}-\d\d-\d\d \d\d:\d\d to / }).waitFor();
    // Escape gives it up in the middle.
    await lane.focus();
    await page.keyboard.press("Escape");
    await page.mouse.up();
    expect(new URL(page.url()).searchParams.get("from")).toBeNull();
  });
});
