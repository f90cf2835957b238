import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "./error";
import { address, filled, get, onLoggedOut, send, setCsrf } from "./http";

const answer = (status: number, body: unknown) => new Response(typeof body === "string" ? body : JSON.stringify(body), { status });

function stub(response: () => Promise<Response>) {
  const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(response);
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(() => null, (e: unknown) => e);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

describe("calls", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("leaves out empty parameters and repeats lists", () => {
    expect(address("/x", { a: "1", b: null, c: ["y", "z"], d: 0 })).toBe("/api/v1/x?a=1&c=y&c=z&d=0");
  });

  it("puts names into a path, also those that look like more of it", () => {
    expect(filled("/rule-files/{path}/check", { path: "a/b c.yaml" })).toBe("/rule-files/a%2Fb%20c.yaml/check");
  });

  it("has null for times that an answer does not say", async () => {
    stub(() => Promise.resolve(answer(200, { answer: { query: "", scope: "all clusters", as_of_seq: 1, excluded: {}, partial: [], took_ms: 1 }, by_day: [] })));
    expect((await get("/findings/{id}/similar", { in: { id: "a" } })).answer).toMatchObject({ from: null, to: null, fresh_to: null });
  });

  it("carries the token on changes only", async () => {
    setCsrf("secret");
    const fetched = stub(() => Promise.resolve(answer(200, {})));
    await get("/users", {});
    await send("POST", "/password", { body: { old: "1", new: "2" } });
    const header = (i: number) => new Headers(fetched.mock.calls[i]?.[1].headers).get("x-csrf-token");
    expect(header(0)).toBeNull();
    expect(header(1)).toBe("secret");
    expect(fetched.mock.calls[1]?.[1].body).toBe('{"old":"1","new":"2"}');
  });

  it("gives the hint of the server", async () => {
    stub(() => Promise.resolve(answer(400, { error: { code: "bad_filter", message: "no column `noed`", hint: "did you mean `node`?", param: "noed" } })));
    const error = await failure(get("/findings", {}));
    expect(error).toMatchObject({ kind: "bad_request", code: "bad_filter", hint: "did you mean `node`?", param: "noed", transient: false });
  });

  it("survives an error page of a proxy", async () => {
    stub(() => Promise.resolve(answer(502, "<html>bad gateway</html>")));
    expect(await failure(get("/users", {}))).toMatchObject({ kind: "server", code: "http_502", transient: true });
  });

  it("says that the server was not reached", async () => {
    stub(() => Promise.reject(new TypeError("failed to fetch")));
    expect(await failure(get("/users", {}))).toMatchObject({ kind: "offline", transient: true });
  });

  it("takes an answer that is not JSON as a failure", async () => {
    stub(() => Promise.resolve(answer(200, "<html>")));
    expect((await failure(get("/users", {}))).code).toBe("not_json");
  });

  it("tells that the session ended, but not for a wrong password", async () => {
    const told = vi.fn();
    const off = onLoggedOut(told);
    stub(() => Promise.resolve(answer(401, {})));
    await failure(send("POST", "/session", { body: { user: "", password: "" } }));
    expect(told).not.toHaveBeenCalled();
    await failure(get("/findings", {}));
    expect(told).toHaveBeenCalledTimes(1);
    off();
  });
});
