// What can go wrong with a question, as values.

/** Kinds that the console treats in different ways. */
export type Kind =
  /** The server was not reached, or broke off. */
  | "offline"
  /** Not logged in, or the session has ended. */
  | "logged_out"
  /** The role does not allow it. */
  | "denied"
  | "not_found"
  /** Somebody else changed it meanwhile. */
  | "conflict"
  /** Asked too often. */
  | "limited"
  /** The question is wrong; `hint` says how to put it right. */
  | "bad_request"
  /** The server failed, or answered something that is not of the contract. */
  | "server";

/** A failed call of the API. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly kind: Kind,
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | null = null,
    readonly param: string | null = null,
  ) {
    super(message);
  }

  /** Whether asking again may help without the user doing anything. */
  get transient(): boolean {
    return this.kind === "offline" || this.kind === "limited" || (this.kind === "server" && this.status >= 502);
  }
}

function kindOf(status: number): Kind {
  if (status === 401) return "logged_out";
  if (status === 403) return "denied";
  if (status === 404 || status === 410) return "not_found";
  if (status === 409 || status === 412) return "conflict";
  if (status === 429) return "limited";
  return status >= 500 ? "server" : "bad_request";
}

/** Reads the error that an answer carries; an answer without one gets words of its own. */
export async function errorOf(response: Response): Promise<ApiError> {
  const kind = kindOf(response.status);
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // A proxy in between answers with HTML; the status says enough.
  }
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : {};
  const text = (name: string) => (typeof error[name] === "string" ? error[name] : null);
  return new ApiError(
    kind,
    response.status,
    text("code") ?? `http_${String(response.status)}`,
    text("message") ?? `the server answered ${String(response.status)} ${response.statusText}`.trim(),
    text("hint"),
    text("param"),
  );
}

/** Whether a value is an object with named members. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
