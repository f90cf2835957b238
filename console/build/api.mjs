// Writes src/api/schema.ts from the document of the API that the server's tests hold to be true.
// `npm run api` writes; `npm run api -- --check` only says whether the committed file is what would be written.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const DOCUMENT = new URL("../../crates/avouch-server/openapi.json", import.meta.url);
const TYPES = new URL("../src/api/schema.ts", import.meta.url);
const METHODS = ["get", "put", "post", "patch", "delete"];

const HEAD = "// Made from crates/avouch-server/openapi.json by `npm run api`. Do not edit: change the server, renew its document, make this anew.\n\n";

/** The document as far as the console needs it: answers that are errors are all of one shape, which `errorOf` reads. */
function trimmed(document) {
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation === undefined) continue;
      delete operation.operationId;
      operation.responses = Object.fromEntries(Object.entries(operation.responses).filter(([status]) => status.startsWith("2")));
    }
  }
  return document;
}

const text = HEAD + astToString(await openapiTS(trimmed(JSON.parse(readFileSync(DOCUMENT, "utf8"))), { emptyObjectsUnknown: true, defaultNonNullable: false }));
if (process.argv.includes("--check")) {
  if (readFileSync(TYPES, "utf8") !== text) {
    console.error(`${fileURLToPath(TYPES)} is not what the API's document says: run "npm run api", mend what no longer fits, commit it`);
    process.exit(1);
  }
} else writeFileSync(TYPES, text);
