import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

// The libraries inside of the built console ask that their licences go with them.
// This writes `licenses.txt` into the build and refuses a licence that is not permissive.

const PERMISSIVE = new Set(["MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"]);

/** The folder of the package that a module is of; null for our own. */
export function packageFolder(id: string): string | null {
  const match = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll("\\", "/").replace(/^\0/, ""));
  return match?.[1] ?? null;
}

interface Manifest {
  name: string;
  version: string;
  license?: string;
}

function entry(folder: string): string {
  const { name, version, license = "" } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  if (!PERMISSIVE.has(license)) throw new Error(`${name} ${version} has the licence "${license}", which is not on the list in build/licenses.ts`);
  const file = readdirSync(folder).sort().find((f) => /^(licen[cs]e|copying)(\.|$)/i.test(f));
  const text = file === undefined ? `(${license}; the package has no file of it)` : readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}

/** Adds the licences of everything that is bundled. */
export function licenses(): Plugin {
  return {
    name: "licenses",
    apply: "build",
    generateBundle() {
      const folders = new Set<string>();
      for (const id of this.getModuleIds()) {
        const folder = packageFolder(id);
        if (folder !== null && existsSync(join(folder, "package.json"))) folders.add(folder);
      }
      const entries = [...new Set([...folders].map(entry))].sort();
      this.emitFile({ type: "asset", fileName: "licenses.txt", source: `Libraries in this console and their licences.\n\n${entries.join(`\n${"-".repeat(72)}\n\n`)}` });
    },
  };
}
