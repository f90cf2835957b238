import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "./error";
import { address, get, onLoggedOut, send, setCsrf } from "./http";

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

  it("carries the token on changes only", async () => {
    setCsrf("secret");
    const fetched = stub(() => Promise.resolve(answer(200, {})));
    await get("/x");
    await send("POST", "/x", { a: 1 });
    const header = (i: number) => new Headers(fetched.mock.calls[i]?.[1].headers).get("x-csrf-token");
    expect(header(0)).toBeNull();
    expect(header(1)).toBe("secret");
    expect(fetched.mock.calls[1]?.[1].body).toBe('{"a":1}');
  });

  it("gives the hint of the server", async () => {
    stub(() => Promise.resolve(answer(400, { error: { code: "bad_filter", message: "no column `noed`", hint: "did you mean `node`?", param: "noed" } })));
    const error = await failure(get("/findings"));
    expect(error).toMatchObject({ kind: "bad_request", code: "bad_filter", hint: "did you mean `node`?", param: "noed", transient: false });
  });

  it("survives an error page of a proxy", async () => {
    stub(() => Promise.resolve(answer(502, "<html>bad gateway</html>")));
    expect(await failure(get("/x"))).toMatchObject({ kind: "server", code: "http_502", transient: true });
  });

  it("says that the server was not reached", async () => {
    stub(() => Promise.reject(new TypeError("failed to fetch")));
    expect(await failure(get("/x"))).toMatchObject({ kind: "offline", transient: true });
  });

  it("takes an answer that is not JSON as a failure", async () => {
    stub(() => Promise.resolve(answer(200, "<html>")));
    expect((await failure(get("/x"))).code).toBe("not_json");
  });

  it("tells that the session ended, but not for a wrong password", async () => {
    const told = vi.fn();
    const off = onLoggedOut(told);
    stub(() => Promise.resolve(answer(401, {})));
    await failure(send("POST", "/session", {}));
    expect(told).not.toHaveBeenCalled();
    await failure(get("/findings"));
    expect(told).toHaveBeenCalledTimes(1);
    off();
  });
});
