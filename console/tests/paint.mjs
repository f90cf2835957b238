// How soon a page is there: first paint, and when its main part is drawn, in a new browser each time, on the mock over loopback.
// `npm run paint -- / /findings` after `npm run build`. It prints and judges nothing: times depend on the machine.
import { chromium } from "playwright-core";
import { startMock } from "../mock/server.mjs";

const RUNS = 7;
const paths = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ["/", "/findings", "/controls"];
const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
const mock = await startMock({ loggedIn: true, quiet: true, count: 20_000 });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"] });
try {
  for (const path of paths) {
    const paints = [];
    const readies = [];
    for (let i = 0; i < RUNS; i++) {
      // A context of its own has an empty cache.
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${mock.port}${path}`);
      await page.waitForFunction(() => document.querySelector(".skeleton") === null && document.querySelector("h1") !== null);
      const [paint, ready] = await page.evaluate(() => [performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN, performance.now()]);
      paints.push(paint);
      readies.push(ready);
      await context.close();
    }
    console.log(`${path}: first paint ${Math.round(median(paints))} ms (most ${Math.round(Math.max(...paints))}), answers drawn ${Math.round(median(readies))} ms; median of ${RUNS}`);
  }
} finally {
  await browser.close();
  await mock.stop();
}
