import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContext, Page } from "playwright-core";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The program under test. */
export function program(): string {
  const path = process.env["AVOUCH_BIN"];
  if (path === undefined) throw new Error("set AVOUCH_BIN to the program: cargo build -p avouch");
  return path;
}

export interface Running {
  url: string;
  /** The one-time link of the first start. */
  link: string;
  data: string;
  stop: () => Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** What a test wants of its server besides flags. */
interface Wishes {
  /** The server is told its own address (a provider sends people back to it). */
  named?: boolean;
  /** Keeps more in the folder of evidence before the server opens it. */
  prepare?: (data: string) => void;
}

/** Keeps the shipped recording as evidence in a new folder, then starts a server over it. */
export async function startServer(extra: string[] = [], { named = false, prepare }: Wishes = {}): Promise<Running> {
  const data = mkdtempSync(join(tmpdir(), "avouch-console-"));
  const recording = join(ROOT, "recordings/web-intrusion.scap");
  // As if it had been recorded an hour ago: the pages are asked about the last days, whenever the test runs.
  const recordedAt = new Date(Date.now() - 3_600_000).toISOString();
  execFileSync(program(), ["replay", recording, "--recorded-at", recordedAt, "--rules", join(ROOT, "rules"), "--matching", "all", "--quiet", "--data", data, "--node", "shop-node"], { stdio: ["ignore", "ignore", "pipe"] });
  prepare?.(data);
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  if (named) extra = [...extra, "--url", url];
  const child = spawn(program(), ["server", "--listen", `127.0.0.1:${String(port)}`, "--data", data, "--rules", join(ROOT, "rules"), ...extra], { stdio: ["ignore", "pipe", "pipe"] });
  const link = await linkOf(child);
  const stop = async () => {
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await gone;
    rmSync(data, { recursive: true, force: true });
  };
  return { url, link, data, stop };
}

/** Of the first admin. */
export const PASSWORD = "correct horse battery staple";

/** Makes the first admin, "mara", on the page that the link of the first start opened. */
export async function firstLogin(page: Page): Promise<void> {
  await page.getByRole("textbox", { name: "User" }).fill("mara");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("Password again").fill(PASSWORD);
  await page.getByRole("button", { name: "Make user and log in" }).click();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
}

/** The recording once more, at its own time (RECORDED), as an agent with `--activity` would have kept it. */
export function keepActivity(data: string): void {
  execFileSync(program(), ["agent", "--capture", join(ROOT, "recordings/web-intrusion.scap"), "--rules", join(ROOT, "rules"), "--activity", "--data", data, "--node", "shop-agent"], { stdio: ["ignore", "ignore", "pipe"] });
}

/** A time that holds what `keepActivity` keeps, as a part of an address. */
export const RECORDED = "from=2026-11-20&to=2026-11-25";

/** Waits for the link on the terminal. */
function linkOf(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let text = "";
    const read = (part: Buffer) => {
      text += part.toString("utf8");
      const link = /https?:\/\/\S+setup\?token=\S+/.exec(text);
      if (link !== null) done(link[0]);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => fail(new Error(`the server ended with ${String(code)}:\n${text}`)));
  });
}

const TYPES: Record<string, string> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** With CONSOLE_DIST set, gives pages of a context the console from that folder in place of the one inside of the program, under the program's policy. */
export async function useDist(context: BrowserContext): Promise<void> {
  const dist = process.env["CONSOLE_DIST"];
  if (dist === undefined) return;
  await context.route(/^http:\/\/127\.0\.0\.1:\d+\/(?!api\/)/, async (route) => {
    const path = new URL(route.request().url()).pathname;
    const file = existsSync(join(dist, path)) && path !== "/" ? join(dist, path) : join(dist, "index.html");
    await route.fulfill({ body: readFileSync(file), headers: { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": "default-src 'self'; img-src 'self' data:" } });
  });
}
