import { describe, expect, it } from "vitest";
import type { Row } from "@/api/types";
import { Feed, MAX_WAITING } from "./feed";

const row = (id: string, second: number, more: Partial<Row> = {}) => ({ id, time: `2026-11-26T10:00:${String(second).padStart(2, "0")}.5Z`, ...more }) as Row;
const ids = (feed: Feed) => feed.rows.map((r) => r.id);

describe("feed", () => {
  it("has no row twice when the stream and a page overlap", () => {
    const feed = new Feed();
    feed.arrive(row("c", 3));
    feed.append([row("c", 3), row("b", 2)], "x");
    feed.release();
    expect(feed.arrive(row("b", 2))).toBe(false);
    feed.append([row("b", 2), row("a", 1)], null);
    expect(ids(feed)).toEqual(["c", "b", "a"]);
    expect(feed.complete).toBe(true);
  });

  it("shows arrivals only when they are released, newest first", () => {
    const feed = new Feed();
    feed.append([row("a", 1)], null);
    feed.arrive(row("b", 2));
    feed.arrive(row("c", 3));
    expect(ids(feed)).toEqual(["a"]);
    expect(feed.waiting).toBe(2);
    feed.release();
    expect(ids(feed)).toEqual(["c", "b", "a"]);
    expect(feed.waiting).toBe(0);
  });

  it("puts a late arrival at its place", () => {
    const feed = new Feed();
    feed.append([row("d", 9), row("a", 1)], null);
    feed.arrive(row("c", 5));
    feed.release();
    expect(ids(feed)).toEqual(["d", "c", "a"]);
  });

  it("leaves an arrival that is older than the loaded part to its page", () => {
    const feed = new Feed();
    feed.append([row("d", 9), row("c", 8)], "more");
    feed.arrive(row("b", 2));
    feed.release();
    expect(ids(feed)).toEqual(["d", "c"]);
    feed.append([row("b", 2)], null);
    expect(ids(feed)).toEqual(["d", "c", "b"]);
  });

  it("counts what it cannot hold", () => {
    const feed = new Feed();
    for (let i = 0; i < MAX_WAITING + 7; i++) feed.arrive(row(`r${String(i)}`, 1));
    expect(feed.overflow).toBe(7);
    expect(feed.waiting).toBe(MAX_WAITING + 7);
  });

  it("changes rows that are shown and rows that wait", () => {
    const feed = new Feed();
    feed.append([row("a", 1)], null);
    feed.arrive(row("b", 2));
    feed.patch(["a", "b"], (r) => ({ ...r, assignee: "mara" }));
    feed.release();
    expect(feed.rows.map((r) => r.assignee)).toEqual(["mara", "mara"]);
  });
});
