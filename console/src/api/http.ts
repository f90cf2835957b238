import { ApiError, errorOf } from "./error";

// The one place that calls `fetch` for JSON.

export const BASE = "/api/v1";

export type Params = URLSearchParams | Record<string, string | number | readonly string[] | null | undefined>;

let csrf = "";
const loggedOutListeners = new Set<() => void>();

/** Keep the token that unsafe methods must carry. It comes with the session. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** Be told when the server says that the session has ended. */
export function onLoggedOut(listener: () => void): () => void {
  loggedOutListeners.add(listener);
  return () => loggedOutListeners.delete(listener);
}

/** The path below the base with its parameters. Empty ones are left out. */
export function address(path: string, params: Params = {}): string {
  let query: URLSearchParams;
  if (params instanceof URLSearchParams) query = params;
  else {
    query = new URLSearchParams();
    for (const [name, value] of Object.entries(params)) {
      if (value === null || value === undefined) continue;
      for (const one of Array.isArray(value) ? (value as readonly string[]) : [String(value as string | number)]) query.append(name, one);
    }
  }
  const text = query.toString();
  return text === "" ? `${BASE}${path}` : `${BASE}${path}?${text}`;
}

/** One segment of a path: ids may hold slashes and spaces. */
export function segment(id: string): string {
  return encodeURIComponent(id);
}

/** A question. */
export function get<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> {
  return call<T>("GET", address(path, params), undefined, signal);
}

/** A change: `POST`, `PUT`, `PATCH` or `DELETE` with a JSON body. */
export function send<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return call<T>(method, address(path), body, signal);
}

async function call<T>(method: string, url: string, body: unknown, signal: AbortSignal | undefined): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET") headers["x-csrf-token"] = csrf;
  if (body !== undefined) headers["content-type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiError("offline", 0, "offline", "the server was not reached", "What is shown may be old. The console goes on trying.");
  }
  if (!response.ok) {
    const error = await errorOf(response);
    // A wrong password is no ended session.
    if (error.kind === "logged_out" && !url.startsWith(`${BASE}/session`)) for (const listener of loggedOutListeners) listener();
    throw error;
  }
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiError("server", response.status, "not_json", "the answer of the server is not JSON", "A proxy in between may have answered.");
  }
}
