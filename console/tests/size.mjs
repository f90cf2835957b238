// The weight of the first page: everything that `/` loads, compressed by gzip. Fails above the limit.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT = 300_000;
const dist = pathToFileURL(`${resolve(process.env.CONSOLE_DIST ?? fileURLToPath(new URL("../dist", import.meta.url)))}/`);
const seen = new Map();

async function add(name) {
  if (seen.has(name)) return;
  const bytes = await readFile(new URL(name, dist));
  seen.set(name, gzipSync(bytes, { level: 9 }).length);
  const text = bytes.toString("utf8");
  // What a script or page loads at once; pages come by `import()` and are added by name below.
  for (const [, file] of text.matchAll(/(?:src|href)="\/([^"]+)"/g)) await add(file);
  if (name.endsWith(".js")) for (const [, file] of text.matchAll(/from"\.\/([^"]+\.js)"/g)) await add(`assets/${file}`);
}

await add("index.html");
const main = (await readFile(new URL("index.html", dist), "utf8")).match(/src="\/([^"]+)"/)?.[1];
const text = await readFile(new URL(main, dist), "utf8");
// The overview's chunk and all that the loader fetches with it.
const overview = text.match(/assets\/overview-[\w-]+\.js/)?.[0] ?? text.match(/overview-[\w-]+\.js/)?.[0];
if (overview === undefined) throw new Error("no chunk of the overview was found");
await add(overview.startsWith("assets/") ? overview : `assets/${overview}`);
const css = [...text.matchAll(/assets\/((?:overview|TimeChart|PageHead|Facets)-[\w-]+\.css)/g)].map((m) => `assets/${m[1]}`);
for (const file of css) await add(file);
let total = 0;
for (const [name, size] of seen) {
  total += size;
  console.log(`${String(size).padStart(8)}  ${name}`);
}
console.log(`${String(total).padStart(8)}  first page, gzip (limit ${LIMIT})`);
if (total > LIMIT) process.exitCode = 1;
