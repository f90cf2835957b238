import { readFileSync } from "node:fs";

// Holds answers against the document of the API: what the mock invents must have the shape that the server has, and the
// server that which it says it has.

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema | boolean;
  prefixItems?: Schema[];
}

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { schema?: Schema }> }> }>>;
  components: { schemas: Record<string, Schema> };
}

const DOCUMENT = JSON.parse(readFileSync(new URL("../../../crates/avouch-server/openapi.json", import.meta.url), "utf8")) as Document;
const BASE = "/api/v1";

const PATHS = Object.keys(DOCUMENT.paths)
  // `/findings/counts` before `/findings/{id}`.
  .sort((a, b) => a.split("{").length - b.split("{").length)
  .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`) }));

/** What is not as the document says; empty for what the document says nothing of. */
export function shapeFaults(method: string, address: string, status: number, body: unknown): string[] {
  const path = new URL(address).pathname;
  if (!path.startsWith(BASE)) return [];
  const route = PATHS.find((p) => p.pattern.test(path.slice(BASE.length)));
  if (route === undefined) return [`${method} ${path} is no route of the API`];
  const response = DOCUMENT.paths[route.path]?.[method.toLowerCase()]?.responses[String(status)];
  const schema = response?.content?.["application/json"]?.schema;
  if (schema === undefined) return [];
  const out: string[] = [];
  check(schema, body, "", out);
  return out.map((fault) => `${method} ${route.path}: ${fault}`);
}

function check(schema: Schema, value: unknown, at: string, out: string[]): void {
  if (out.length > 5) return;
  const whole = flat(schema);
  if (whole.oneOf !== undefined) {
    const fits = whole.oneOf.some((one) => {
      const faults: string[] = [];
      check(one, value, at, faults);
      return faults.length === 0;
    });
    if (!fits) {
      // The one that is not null says most.
      const real = whole.oneOf.find((one) => one.type !== "null");
      if (real !== undefined && value !== null) check(real, value, at, out);
      else out.push(`${at || "the answer"} is ${typeOf(value)}`);
    }
    return;
  }
  const types = whole.type === undefined ? null : [whole.type].flat();
  const is = typeOf(value);
  if (types !== null && !types.includes(is) && !(is === "integer" && types.includes("number"))) {
    out.push(`${at || "the answer"} is ${is}, and should be ${types.join(" or ")}`);
    return;
  }
  if (whole.enum !== undefined && !whole.enum.includes(value)) out.push(`${at} is ${JSON.stringify(value)}, which is none of its values`);
  if (is === "array") {
    const items = value as unknown[];
    items.forEach((item, i) => {
      const one = whole.prefixItems?.[i] ?? whole.items;
      if (typeof one === "object") check(one, item, `${at}[${String(i)}]`, out);
    });
  }
  if (is === "object" && whole.properties !== undefined) members(whole, value as Record<string, unknown>, at, out);
}

function members(schema: Schema, value: Record<string, unknown>, at: string, out: string[]): void {
  for (const name of schema.required ?? []) if (!(name in value)) out.push(`${at}.${name} is missing`);
  for (const [name, member] of Object.entries(value)) {
    const known = schema.properties?.[name];
    if (known !== undefined) check(known, member, `${at}.${name}`, out);
    else if (schema.additionalProperties === undefined) out.push(`${at}.${name} is not in the document`);
  }
}

/** A schema with its references followed and its parts put together. */
function flat(schema: Schema): Schema {
  if (schema.$ref !== undefined) return flat(DOCUMENT.components.schemas[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)] ?? {});
  if (schema.allOf === undefined) return schema;
  const parts = schema.allOf.map(flat);
  return { type: "object", properties: Object.assign({}, ...parts.map((p) => p.properties)) as Record<string, Schema>, required: parts.flatMap((p) => p.required ?? []) };
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}
