// Pictures of pages, to be looked at: `npm run look -- /findings /rules?x=y` after `npm run build`.
// Each path in light and dark at 1440x900, 1024x768 and 390x844, into shots/. Needs Chromium at CHROMIUM or /usr/bin/chromium.
import { mkdir } from "node:fs/promises";
import { chromium } from "playwright-core";
import { startMock } from "../mock/server.mjs";

const paths = process.argv.slice(2).filter((a) => !a.startsWith("--"));
const only = process.argv.find((a) => a.startsWith("--only="))?.slice(7) ?? "";
const out = new URL("../shots/", import.meta.url).pathname;
await mkdir(out, { recursive: true });
const mock = await startMock({ loggedIn: !process.argv.includes("--logged-out"), setup: process.argv.includes("--setup"), quiet: true, role: process.env.ROLE ?? "admin" });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"] });
try {
  for (const path of paths.length > 0 ? paths : ["/", "/findings"]) {
    for (const theme of ["light", "dark"]) {
      for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]]) {
        const name = `${path.replace(/\W+/g, "_").replace(/^_|_$/g, "") || "overview"}-${theme}-${width}.png`;
        if (!name.includes(only)) continue;
        const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme });
        page.on("console", (m) => m.type() === "error" && console.log(`${name}: ${m.text()}`));
        page.on("pageerror", (e) => console.log(`${name}: ${e.message}`));
        await page.goto(`http://127.0.0.1:${mock.port}${path}`);
        await page.waitForFunction(() => document.querySelector(".skeleton") === null, null, { timeout: 8000 }).catch(() => console.log(`${name}: still loading`));
        await page.waitForTimeout(500);
        await page.screenshot({ path: out + name });
        await page.close();
        console.log(name);
      }
    }
  }
} finally {
  await browser.close();
  await mock.stop();
}
