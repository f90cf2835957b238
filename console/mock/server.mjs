// A server for building pages: it answers the contract with invented data and serves
// the built console with the policy of the real server. It is not shipped.
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gapsAt, CLUSTERS, makeFinding, makeFindings, random, RULES } from "./data.mjs";
import * as f from "./findings.mjs";
import { health } from "./health.mjs";
import { overview } from "./overview.mjs";
import { BadRequest, matches, parse, wire } from "./query.mjs";
import { ROUTES } from "./routes.mjs";

const DIST = resolve(process.env.CONSOLE_DIST ?? fileURLToPath(new URL("../dist", import.meta.url)));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8" };
export const POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/** Starts the mock. `count` findings; with `quiet` nothing arrives by itself; with `empty` there is no finding and no user yet. */
export async function startMock({ port = 0, count = 100_000, quiet = false, loggedIn = false, setup = false, role = "admin" } = {}) {
  const rows = makeFindings(count, Date.now());
  const rand = random(Date.now() & 0xffff);
  const world = { rows, byId: new Map(rows.map((r) => [r.id, r])), gaps: gapsAt(Date.now()), notes: new Map(), seq: rows.length + 50_000, streams: new Set(), loggedIn, setup, role, jobs: new Map(), extra: {} };
  world.add = (forced = null) => {
    const row = makeFinding(rand, rows.length, Date.now(), forced);
    rows.push(row);
    world.byId.set(row.id, row);
    world.tell("finding", wire(row), row);
    return row;
  };
  world.tell = (event, data, row = null) => {
    for (const stream of world.streams) if (row === null || matches(row, stream.query)) stream.response.write(`id: ${++world.seq}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const timers = [setInterval(() => world.tell("health", { ready: false, sources: { ok: 9, late: 1, silent: 1, failing: 1 } }), 5000)];
  if (!quiet) timers.push(setInterval(() => world.add(), 1500));
  const server = createServer((request, response) => {
    handle(world, request, response).catch((error) => {
      const status = error.status ?? (error instanceof BadRequest ? 400 : 500);
      if (!response.headersSent) reply(response, status, { error: { code: error.code ?? "internal", message: error.message, hint: error.hint ?? null, param: error.param ?? null } });
      if (status === 500) console.error(error);
    });
  });
  await new Promise((done) => server.listen(port, "127.0.0.1", done));
  const stop = () => {
    timers.forEach(clearInterval);
    for (const stream of world.streams) stream.response.end();
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return { world, port: server.address().port, stop };
}

function reply(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
  response.end(body === undefined ? "" : JSON.stringify(body));
}

function session(world) {
  return { user: world.loggedIn ? { name: "mara", role: world.role, permissions: world.role === "auditor" ? ["read_findings", "export_findings", "read_rules", "read_acceptances", "read_controls", "read_reports", "make_reports", "read_health", "read_own_access_log"] : ["read_findings", "export_findings", "triage", "read_rules", "edit_rules", "backtest", "read_acceptances", "edit_acceptances", "read_controls", "read_reports", "make_reports", "read_health", "send_test_event", "read_channels", ...(world.role === "admin" ? ["manage_channels", "manage_users", "read_access_log"] : []), "read_own_access_log"], period: world.role === "auditor" ? { from: "2026-07-01T00:00:00Z", to: "2026-10-01T00:00:00Z" } : null } : null, csrf: "mock-csrf", version: "0.9.0-mock", setup_needed: world.setup, oidc: { name: "Example SSO" }, cluster_names: CLUSTERS, server_time: new Date().toISOString() };
}

async function bodyOf(request) {
  let text = "";
  for await (const part of request) text += part;
  return text === "" ? {} : JSON.parse(text);
}

async function handle(world, request, response) {
  const url = new URL(request.url, "http://localhost");
  if (!url.pathname.startsWith("/api/v1")) return file(url.pathname, response);
  const path = url.pathname.slice("/api/v1".length);
  const key = `${request.method} ${path}`;
  const params = url.searchParams;
  const body = ["POST", "PUT", "PATCH", "DELETE"].includes(request.method) ? await bodyOf(request) : {};
  if (key === "GET /session") return reply(response, 200, session(world));
  if (key === "POST /session") {
    if (body.password !== "correct horse battery") return reply(response, 401, { error: { code: "wrong_login", message: "user or password is wrong" } });
    world.loggedIn = true;
    return reply(response, 200, session(world));
  }
  if (key === "POST /setup") {
    Object.assign(world, { loggedIn: true, setup: false });
    return reply(response, 200, session(world));
  }
  if (!world.loggedIn) return reply(response, 401, { error: { code: "logged_out", message: "not logged in" } });
  if (request.method !== "GET" && request.headers["x-csrf-token"] !== "mock-csrf") return reply(response, 403, { error: { code: "csrf", message: "no csrf token" } });
  if (key === "DELETE /session") {
    world.loggedIn = false;
    return reply(response, 204);
  }
  if (key === "GET /stream") return stream(world, request, params, response);
  if (key === "GET /findings/export") {
    const out = f.exported(world, params);
    response.writeHead(200, { "content-type": out.type, "content-disposition": `attachment; filename="${out.name}"` });
    return response.end(out.body);
  }
  if (key === "POST /test-event") {
    const nonce = Math.floor(Math.random() * 1e9).toString(36);
    // As the real server: the finding is on the stream before the answer comes.
    const made = world.add({ rule: { ...RULES[0], rule: "Test event", severity: "informational", command: [`true avouch-canary-${nonce}`], tags: ["test"], criteria: [] } });
    await new Promise((done) => setTimeout(done, 300));
    return reply(response, 200, { nonce, finding: made.id, seq: made.record.seq, seen: null });
  }
  const id = decodeURIComponent(path.split("/")[2] ?? "");
  const simple = {
    "GET /findings": () => f.findings(world, params),
    "GET /findings/counts": () => f.counts(world, params),
    "GET /findings/groups": () => f.groups(world, params),
    "GET /overview": () => overview(world, params),
    "GET /health": () => health(world, params),
    "POST /findings/act": () => f.act(world, body, "mara"),
  }[key];
  if (simple !== undefined) return reply(response, 200, simple());
  const below = { "": f.one, explain: f.explain, activity: f.activity, ancestry: f.ancestry, similar: f.similar }[path.split("/")[3] ?? ""];
  if (request.method === "GET" && path.startsWith("/findings/") && below !== undefined) return reply(response, 200, below(world, id, params));
  // Other pages keep their answers in files of their own, listed in routes.mjs.
  for (const route of ROUTES) {
    const out = route(world, request.method, path, params, body);
    if (out !== undefined) return reply(response, out?.status ?? 200, out?.status === undefined ? out : out.body);
  }
  return reply(response, 404, { error: { code: "no_route", message: `the mock has no ${key}`, hint: "add it to mock/routes.mjs" } });
}

function stream(world, request, params, response) {
  const one = { response, query: parse(params) };
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(": hello\n\n");
  world.streams.add(one);
  request.on("close", () => world.streams.delete(one));
}

async function file(path, response) {
  const inside = join(DIST, normalize(path));
  const found = inside.startsWith(DIST) && (await stat(inside).catch(() => null))?.isFile() === true ? inside : join(DIST, "index.html");
  const asset = path.startsWith("/assets/");
  if (asset && found.endsWith("index.html")) return reply(response, 404, { error: { code: "not_found", message: "no such file" } });
  response.writeHead(200, { "content-type": TYPES[extname(found)] ?? "application/octet-stream", "content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": asset ? "public, max-age=31536000, immutable" : "no-cache" });
  response.end(await readFile(found));
}
