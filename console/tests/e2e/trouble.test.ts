import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { checkAxe, open } from "./browser";
import { mocked } from "./mocked";

const at = mocked({ count: 2000, loggedIn: true });

/** Lets every question below a path fail, until it is undone. */
async function failing(page: Page, path: string, status: number, error: object): Promise<() => Promise<void>> {
  await page.route(`**/api/v1${path}*`, (route) => route.fulfill({ status, contentType: "application/json", body: JSON.stringify({ error }) }));
  return () => page.unroute(`**/api/v1${path}*`);
}

describe("when something does not work", () => {
  it("says what is wrong with a question, with the hint of the server, and asks again", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/health`);
    const undo = await failing(page, "/overview", 400, { code: "bad_filter", message: "no column `noed`", hint: "did you mean `node`?", param: "noed" });
    await page.getByRole("link", { name: "Overview", exact: true }).click();
    await page.getByRole("alert").getByText("did you mean `node`?").waitFor();
    await checkAxe(page);
    await undo();
    await page.getByRole("button", { name: "Ask again" }).click();
    await page.getByRole("region", { name: "Noisiest rules" }).waitFor();
  });

  it("keeps what is shown when the newer answer fails, and says so", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/`);
    await page.getByRole("region", { name: "Noisiest rules" }).waitFor();
    await page.getByText("stream open").waitFor();
    await failing(page, "/overview", 500, { code: "internal", message: "the server could not do it" });
    at.mock.world.add();
    await page.getByRole("alert").getByText("A newer answer could not be read").waitFor();
    expect(await page.getByRole("region", { name: "Noisiest rules" }).isVisible()).toBe(true);
  });

  it("says that a role may not see something", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/health`);
    await failing(page, "/findings/counts", 403, { code: "not_allowed", message: "your role may not" });
    await failing(page, "/findings?", 403, { code: "not_allowed", message: "your role may not" });
    await page.getByRole("link", { name: "Findings", exact: true }).click();
    await page.getByText("is not open to your role").first().waitFor();
    await checkAxe(page);
  });

  it("tells that the stream is broken, and goes on when the server is back", async () => {
    const base = await at.start();
    const port = at.mock.port;
    const { page } = await open(at.browser, `${base}/findings?t=7d`);
    await page.getByText("stream open").waitFor();
    await at.stop();
    await page.getByText("stream broken, trying again").waitFor();
    expect(await page.getByRole("grid", { name: "Findings" }).isVisible()).toBe(true);
    await at.start({ port });
    await page.getByText("stream open").waitFor({ timeout: 20_000 });
  });

  it("finds what came while the stream was broken", async () => {
    const base = await at.start();
    const { page } = await open(at.browser, `${base}/findings?t=7d&fold=off`);
    await page.getByText("stream open").waitFor();
    await page.route("**/api/v1/stream*", (route) => route.abort());
    for (const stream of at.mock.world.streams) stream.response.end();
    await page.getByText("stream broken, trying again").waitFor();
    const rule = { rule: "While nobody listened", severity: "high", criteria: [], tags: [], process: "nc", parents: [], command: ["nc -l"], object: null, budget: 0, weight: 1 };
    at.mock.world.add({ rule });
    await page.unroute("**/api/v1/stream*");
    await page.getByText("stream open").waitFor({ timeout: 20_000 });
    await page.getByRole("grid", { name: "Findings" }).getByText("While nobody listened").waitFor();
  });

  it("shows no data of another host's script in a finding", async () => {
    const base = await at.start();
    const { page, faults } = await open(at.browser, `${base}/findings?t=7d`);
    await page.getByText("stream open").waitFor();
    const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    at.mock.world.add({ rule: { rule: evil, severity: "critical", criteria: [evil], tags: [evil], process: evil, parents: [evil], command: [evil], object: evil, budget: 0, weight: 1 } });
    await page.getByRole("grid", { name: "Findings" }).getByText("<img src=x").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("e");
    await page.getByRole("tab", { name: "Summary" }).click();
    await page.locator(".output").getByText("<img src=x").waitFor();
    expect(await page.title()).toBe("Findings · avouch");
    expect(faults).toEqual([]);
  });
});
