import { cleanAnswer } from "./cleanAnswer";
import { ApiError, errorOf, isRecord } from "./error";
import type { AnswerOf, Change, Method, PathOf, Question } from "./wire";

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

/** What goes with a call: what is put into its path, its parameters, its body. */
interface Asked {
  in?: Record<string, string | number>;
  query?: Params;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** The path of a call with its names filled in. */
export function filled(path: string, names: Record<string, string | number> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => segment(String(names[name] ?? "")));
}

/** A question. `path` is one of the API's document: `get("/findings/{id}", { in: { id } })`. */
export function get<P extends PathOf<"get">>(path: P, asked: Question<P>): Promise<AnswerOf<P, "get">> {
  return call("GET", path, asked) as Promise<AnswerOf<P, "get">>;
}

/** A change, with the method of the document in capitals. */
export function send<M extends Uppercase<Exclude<Method, "get">>, P extends PathOf<Lowercase<M>>>(method: M, path: P, asked: Change<P, Lowercase<M>>): Promise<AnswerOf<P, Lowercase<M>>> {
  return call(method, path, asked) as Promise<AnswerOf<P, Lowercase<M>>>;
}

async function call(method: string, path: string, asked: Asked): Promise<unknown> {
  const { body, signal } = asked;
  const url = address(filled(path, asked.in), asked.query);
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
  if (response.status === 204) return undefined;
  try {
    const answer: unknown = await response.json();
    return isRecord(answer) && isRecord(answer["answer"]) ? { ...answer, answer: cleanAnswer(answer["answer"]) } : answer;
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiError("server", response.status, "not_json", "the answer of the server is not JSON", "A proxy in between may have answered.");
  }
}
