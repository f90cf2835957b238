import { describe, expect, it } from "vitest";
import { checkAxe, open } from "./browser";
import { mocked } from "./mocked";

const at = mocked({ count: 2_000, loggedIn: true });

const LOCAL = encodeURIComponent("/etc/avouch/rules/local_rules.yaml");

describe("rules", () => {
  it.each([["/rules?rule=Terminal+shell+in+container", "light"], ["/rules?t=7d", "dark"], ["/rules/files", "light"], ["/rules/nodes", "dark"], [`/rules/files?file=${LOCAL}`, "light"], [`/rules/files?file=${LOCAL}`, "dark"]] as const)("is clean by axe: %s, %s", async (path, theme) => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}${path}`, theme);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForFunction(() => document.querySelector(".skeleton") === null);
    await checkAxe(page);
    expect(faults).toEqual([]);
  });

  it("lists what is loaded and what fired without being loaded, and finds by words", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/rules?t=7d`);
    const grid = page.getByRole("grid", { name: "Rules" });
    await grid.getByText("not on this server").waitFor();
    await page.getByRole("searchbox", { name: "Find rules" }).fill("memfd");
    await grid.getByText("Fileless execution via memfd_create", { exact: true }).waitFor();
    expect(await grid.getByText("Terminal shell in container", { exact: true }).count()).toBe(0);
    // The view is the address.
    expect(page.url()).toContain("find=memfd");
    await page.getByRole("searchbox", { name: "Find rules" }).fill("");
    await page.getByRole("button", { name: /^Not running/ }).click();
    await grid.getByText("Packet socket created in container", { exact: true }).waitFor();
  });

  it("checks while typing, tries on history with true ones first, and saves", async () => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/rules/files?file=${LOCAL}&t=7d`);
    const editor = page.getByRole("textbox", { name: "Text of local_rules.yaml" });
    const saving = page.getByRole("button", { name: "Save and load" });
    const text = await editor.inputValue();
    expect(await saving.isDisabled()).toBe(true);
    await editor.fill(text.replace("proc.name in", "proc.nmae in"));
    await page.getByText("unknown field `proc.nmae`").waitFor();
    expect(await saving.isDisabled()).toBe(true);
    await editor.fill(text.replace("- macro: in_container", "- macro: in_a_container"));
    await page.getByRole("list", { name: "Caused in other files" }).getByText("no macro `in_container`").waitFor();
    await editor.fill(text.replace("[bash, sh, ash]", "[sh]"));
    await page.getByText("No diagnostic.").waitFor();
    await page.getByRole("button", { name: "Try on history" }).click();
    await page.getByRole("alert").getByText(/that somebody called true would be lost/).waitFor();
    await page.getByText("recordings of 11 of 14 days").waitFor();
    await page.getByRole("region", { name: "Terminal shell in container" }).getByText(/^Would no longer fire: \d+/).waitFor();
    await checkAxe(page);
    await saving.click();
    await page.getByText("is saved and loaded").waitFor();
    await page.getByText("Changes in the console").waitFor();
    expect(await editor.inputValue()).toContain("items: [sh]");
    expect(faults).toEqual([]);
  });

  it.each(["light", "dark"] as const)("shows what would newly fire, what cannot be said and why, and where there is no activity: %s", async (theme) => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/rules/files?file=${LOCAL}&t=7d`, theme);
    const editor = page.getByRole("textbox", { name: "Text of local_rules.yaml" });
    await editor.fill(`${await editor.inputValue()}# tried\n`);
    await page.locator("button:enabled", { hasText: "Try on history" }).click();
    const fresh = page.getByRole("region", { name: "Listener started in container" });
    await fresh.getByText(/^Would newly fire: 23/).waitFor();
    await fresh.getByText("nc -l -p 9000").waitFor();
    await fresh.getByRole("button", { name: "Around it" }).first().click();
    await fresh.getByRole("table", { name: /^Activity of/ }).getByText("bash -i").waitFor();
    await fresh.getByText(/^Cannot say: 9/).click();
    await fresh.getByRole("table", { name: "Fields that were missing" }).getByText("container.image.tag").waitFor();
    // A rule about events that nobody keeps is not said to find nothing.
    const traced = page.getByRole("region", { name: "Process traced by another" });
    await traced.getByText("not known", { exact: true }).waitFor();
    await traced.getByText("not kept: ptrace").waitFor();
    await page.getByRole("region", { name: "Activity" }).getByRole("table").getByRole("row").nth(3).waitFor();
    // Once the text is another, the result says of which it is.
    await editor.fill(`${await editor.inputValue()}# again\n`);
    await page.getByText("The text changed since it was tried").waitFor();
    await checkAxe(page);
    expect(faults).toEqual([]);
  });

  it("says that somebody else was faster, and keeps the text", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/rules/files?file=${LOCAL}`);
    const editor = page.getByRole("textbox", { name: "Text of local_rules.yaml" });
    await editor.fill(`${await editor.inputValue()}# mine\n`);
    const extra = (at.mock.world as unknown as { extra: { rules: { text: string } } }).extra;
    extra.rules.text += "# of somebody else\n";
    await page.locator("button:enabled", { hasText: "Save and load" }).click();
    await page.getByText("was changed by somebody else meanwhile").waitFor();
    expect(await editor.inputValue()).toContain("# mine");
  });

  it("is for reading only for an auditor", async () => {
    const base = await at.start({ role: "auditor" });
    const { page } = await open(at.browser, `${base}/rules/files?file=${LOCAL}`);
    await page.getByRole("textbox", { name: "Text of local_rules.yaml" }).waitFor();
    expect(await page.getByRole("button", { name: /Save|Try/ }).count()).toBe(0);
    expect(await page.getByRole("textbox", { name: "Text of local_rules.yaml" }).getAttribute("readonly")).not.toBeNull();
  });
});

describe("acceptances", () => {
  it.each(["light", "dark"] as const)("is clean by axe, with the pane of one that waits: %s", async (theme) => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/acceptances?sel=ACC-2026-029`, theme);
    await page.getByRole("button", { name: "Approve it" }).waitFor();
    await page.waitForFunction(() => document.querySelector(".skeleton") === null);
    await checkAxe(page);
    expect(faults).toEqual([]);
  });

  it("lets another person approve, once the effect was shown, and not the one who asked", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/acceptances?sel=ACC-2026-028`);
    await page.getByText("You asked for it: another person has to approve it.").waitFor();
    expect(await page.getByRole("button", { name: "Approve it" }).count()).toBe(0);
    await page.goto(`${base}/acceptances?sel=ACC-2026-029`);
    await page.locator("button:enabled", { hasText: "Approve it" }).click();
    await page.getByText("ACC-2026-029 is approved: in force.").waitFor();
    await page.getByRole("complementary").getByText("mara").waitFor();
  });

  it("takes one back with a reason only, and marks what nobody uses", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/acceptances?sel=ACC-2026-004`);
    await page.getByRole("grid", { name: "Acceptances" }).getByText("in force, unused for 60 days").waitFor();
    await page.getByRole("button", { name: "Take back" }).click();
    const sure = page.getByRole("button", { name: "Take it back" });
    expect(await sure.isDisabled()).toBe(true);
    await page.getByRole("textbox", { name: "Why" }).fill("the backup has its own user now");
    await sure.click();
    await page.getByText("ACC-2026-004 is taken back").waitFor();
    await page.getByText("ACC-2026-004", { exact: true }).waitFor({ state: "detached" });
  });
});
