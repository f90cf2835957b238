import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { checkAxe, open } from "./browser";
import { mocked } from "./mocked";

const at = mocked({ count: 2000, loggedIn: true });

describe("a record of the ledger", () => {
  it("opens from a finding, has an address, and is given as a file that can be checked elsewhere", async () => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/findings?t=7d&fold=off`);
    await page.getByRole("grid", { name: "Findings" }).locator('[aria-rowindex="2"]').click();
    await page.locator(".pane").getByRole("link", { name: /Record \d+ of the ledger/ }).first().click();
    const dialog = page.getByRole("dialog", { name: /Record \d+: finding/ });
    await dialog.waitFor();
    // Computed in the browser, from the line and the hashes of the proof.
    await expect.poll(() => dialog.locator('.checked[data-checked="holds"]').count()).toBe(2);
    await checkAxe(page);
    const seq = new URL(page.url()).searchParams.get("record");
    expect(seq).toMatch(/^\d+$/);
    const saved = page.waitForEvent("download");
    await dialog.getByRole("button", { name: `Save record-${seq ?? ""}.json` }).click();
    const file = await saved;
    expect(file.suggestedFilename()).toBe(`record-${seq ?? ""}.json`);
    const exhibit = JSON.parse(await readFile(await file.path(), "utf8")) as { format: string; record: string; head: object; proof: object };
    expect(exhibit).toMatchObject({ format: "avouch.record/1", head: {}, proof: {} });
    // The hash that is shown is that of the line in the file.
    await dialog.getByText(createHash("sha256").update(exhibit.record).digest("hex")).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(new URL(page.url()).searchParams.get("record")).toBeNull();
    // The finding is still open, and the browser's way back leads to the record.
    await page.locator(".pane").waitFor();
    await page.goBack();
    await dialog.waitFor();
    expect(faults).toEqual([]);
  });

  it("leads to the one before, and is the same when its address is opened elsewhere", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/controls/deviations?t=30d&record=41`);
    await page.getByRole("dialog", { name: /^Record 41/ }).getByRole("link", { name: "Record 40 of the ledger" }).click();
    await page.getByRole("dialog", { name: /^Record 40/ }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/controls/deviations");
  });

  it("says that nothing vouches for it until a head covers it, and looks again", async () => {
    const base = await at.start();
    at.mock.world.extra["uncovered"] = 40;
    const { page } = await open(at.browser, `${base}/?record=41`);
    const dialog = page.getByRole("dialog", { name: /^Record 41/ });
    await dialog.getByText("No signed head covers it yet", { exact: false }).waitFor();
    delete at.mock.world.extra["uncovered"];
    await dialog.getByText("covers records", { exact: false }).waitFor({ timeout: 20_000 });
  });

  it("says what is wrong with a number that no record has, and takes no nonsense", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/?record=99999999`);
    await page.getByRole("dialog").getByText("The record was not found", { exact: false }).waitFor();
    await page.goto(`${base}/?record=-3`);
    await page.getByRole("region", { name: "Controls" }).waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
  });
});
