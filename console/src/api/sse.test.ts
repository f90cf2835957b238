import { afterEach, describe, expect, it, vi } from "vitest";
import { EventParser, MAX_EVENT, openStream, type ServerEvent, type StreamState } from "./sse";

describe("event parser", () => {
  it("gives the same events however the stream is cut", () => {
    const text = 'id: 7\nevent: finding\ndata: {"a":\ndata: 1}\n\n: comment\n\r\nid: 8\r\ndata:x\r\n\r\n';
    const whole = new EventParser().push(text);
    expect(whole).toEqual([
      { event: "finding", data: '{"a":\n1}', id: "7" },
      { event: "message", data: "x", id: "8" },
    ]);
    for (let size = 1; size < text.length; size++) {
      const parser = new EventParser();
      const cut: ServerEvent[] = [];
      for (let i = 0; i < text.length; i += size) cut.push(...parser.push(text.slice(i, i + size)));
      expect(cut).toEqual(whole);
    }
  });

  it("counts an event that is too long instead of keeping it, and goes on", () => {
    const parser = new EventParser();
    const line = `data: ${"x".repeat(400_000)}\n`;
    expect(parser.push(`${line.repeat(Math.ceil(MAX_EVENT / 400_000) + 1)}\n`)).toEqual([]);
    expect(parser.tooLong).toBe(1);
    expect(parser.push("data: y\n\n")).toHaveLength(1);
  });

  it("keeps the id for events that have none", () => {
    expect(new EventParser().push("id: 3\ndata: a\n\ndata: b\n\n").map((e) => e.id)).toEqual(["3", "3"]);
  });
});

describe("stream", () => {
  afterEach(() => vi.unstubAllGlobals());

  const body = (text: string) =>
    new Response(new ReadableStream({ start: (c) => { c.enqueue(new TextEncoder().encode(text)); c.close(); } }), { status: 200 });

  it("goes on at the last id after a break", async () => {
    const abort = new AbortController();
    const seen: (string | null)[] = [];
    const fetched = vi.fn((_url: string, init: RequestInit) => {
      seen.push(new Headers(init.headers).get("last-event-id"));
      if (seen.length === 2) abort.abort();
      return Promise.resolve(body("id: 41\ndata: a\n\nid: 42\ndata: b\n\n"));
    });
    vi.stubGlobal("fetch", fetched);
    const events: string[] = [];
    await openStream(new URLSearchParams("severity=high"), { onEvent: (e) => events.push(e.data), onState: () => undefined, onTooLong: () => undefined }, abort.signal);
    expect(seen).toEqual([null, "42"]);
    expect(events.slice(0, 2)).toEqual(["a", "b"]);
    expect(fetched.mock.calls[0]?.[0]).toBe("/api/v1/stream?severity=high");
  });

  it("does not try again when it is refused", async () => {
    const fetched = vi.fn(() => Promise.resolve(new Response("", { status: 403 })));
    vi.stubGlobal("fetch", fetched);
    const states: StreamState[] = [];
    await openStream(new URLSearchParams(), { onEvent: () => undefined, onState: (s) => states.push(s), onTooLong: () => undefined }, new AbortController().signal);
    expect(states).toEqual(["connecting", "refused"]);
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});
