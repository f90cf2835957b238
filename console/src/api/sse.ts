import { address } from "./http";

// Server-sent events over fetch. The browser's own EventSource cannot start at a
// given id, and hides the status of a refusal; both are needed here.

export interface ServerEvent {
  event: string;
  data: string;
  id: string | null;
}

/** Longest event that is kept (characters); a longer one is dropped and counted as missed. */
export const MAX_EVENT = 1_000_000;

/** Splits a text stream into events. `push` takes what has arrived and gives the events that are whole. */
export class EventParser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private size = 0;
  private id: string | null = null;
  /** Events that were too long to keep. */
  tooLong = 0;

  push(text: string): ServerEvent[] {
    const out: ServerEvent[] = [];
    const all = this.rest + text;
    // A CR at the very end may be half of a CRLF: wait for what follows.
    const lines = all.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    if (this.rest.length > MAX_EVENT) {
      this.rest = "";
      this.size = MAX_EVENT + 1;
    }
    for (const line of lines) this.line(line, out);
    return out;
  }

  private line(line: string, out: ServerEvent[]): void {
    if (line === "") {
      if (this.size > MAX_EVENT) this.tooLong += 1;
      else if (this.data.length > 0) out.push({ event: this.event === "" ? "message" : this.event, data: this.data.join("\n"), id: this.id });
      this.event = "";
      this.data = [];
      this.size = 0;
      return;
    }
    if (line.startsWith(":")) return;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
    else if (field === "data") {
      this.size += value.length;
      if (this.size <= MAX_EVENT) this.data.push(value);
    }
  }
}

export type StreamState = "connecting" | "open" | "retrying" | "refused";

export interface StreamHandlers {
  onEvent: (event: ServerEvent) => void;
  /** Something arrived, if only a sign of life. */
  onHeard?: () => void;
  onState: (state: StreamState) => void;
  onTooLong: (count: number) => void;
}

/** Waits between attempts, in ms; the last one repeats. */
const WAITS = [500, 1000, 2000, 5000, 10_000];

/** No byte for so long (ms) means that the line is dead: the server gives a sign at least every 10 s. */
export const SILENCE = 20_000;

/** Opens the stream and keeps it open until `signal` is aborted; after a break it goes on at the last id. */
export async function openStream(query: URLSearchParams, handlers: StreamHandlers, signal: AbortSignal): Promise<void> {
  let lastId: string | null = null;
  let failures = 0;
  while (!signal.aborted) {
    handlers.onState(failures === 0 ? "connecting" : "retrying");
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener("abort", stop, { once: true });
    try {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (lastId !== null) headers["last-event-id"] = lastId;
      const response = await fetch(address("/stream", query), { headers, credentials: "same-origin", cache: "no-store", signal: attempt.signal });
      if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        handlers.onState("refused");
        return;
      }
      if (response.ok && response.body !== null) {
        handlers.onState("open");
        failures = 0;
        lastId = await readAll(response.body, handlers, attempt, lastId);
      }
    } catch {
      // Broken off: the loop connects again and goes on at the last id.
    } finally {
      signal.removeEventListener("abort", stop);
    }
    if (!signal.aborted) {
      handlers.onState("retrying");
      await pause(WAITS[Math.min(failures, WAITS.length - 1)] ?? 10_000, signal);
      failures += 1;
    }
  }
}

async function readAll(body: ReadableStream<Uint8Array>, handlers: StreamHandlers, attempt: AbortController, lastId: string | null): Promise<string | null> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  let id = lastId;
  let told = 0;
  for (;;) {
    const watchdog = setTimeout(() => attempt.abort(), SILENCE);
    let part: ReadableStreamReadResult<Uint8Array>;
    try {
      part = await reader.read();
    } catch {
      return id;
    } finally {
      clearTimeout(watchdog);
    }
    if (part.done) return id;
    handlers.onHeard?.();
    for (const event of parser.push(decoder.decode(part.value, { stream: true }))) {
      if (event.id !== null) id = event.id;
      handlers.onEvent(event);
    }
    if (parser.tooLong > told) {
      handlers.onTooLong(parser.tooLong - told);
      told = parser.tooLong;
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
