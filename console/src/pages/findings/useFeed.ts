import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError } from "@/api/error";
import { finding, findingsPage } from "@/api/queries";
import type { Row } from "@/api/types";
import { useLive, useLiveEvent } from "@/live/LiveProvider";
import { Feed } from "./feed";

/** Rows of the first page and of the next ones. */
const FIRST = 200;
const NEXT = 1000;

export interface FeedState {
  rows: Row[];
  /** Rows that arrived and wait to be shown. */
  waiting: number;
  loading: boolean;
  /** Whether all rows of the filter are loaded. */
  complete: boolean;
  error: ApiError | null;
  more: () => void;
  /** Show the rows that wait. */
  release: () => void;
  reload: () => void;
  /** Change rows that are shown, after an act of this user. */
  patch: (ids: readonly string[], change: (row: Row) => Row) => void;
}

/** The feed of a filter: pages from the server as far as somebody scrolls, and what arrives meanwhile. `query` has time and filter; `key` changes when the feed must begin anew. */
export function useFeed(query: string, key: string, live: boolean, hold: boolean): FeedState {
  const refresh = useRowRefresh();
  const feed = useRef(new Feed());
  const [version, setVersion] = useState(0);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<ApiError | null>(null);
  const [turn, setTurn] = useState(0);
  const abort = useRef<AbortController | null>(null);
  const busy = useRef(false);
  // A live range moves on while the feed stands: its pages keep the range they began with.
  const asked = useRef(query);
  const latest = useRef(query);
  latest.current = query;

  const changed = useCallback(() => setVersion((v) => v + 1), []);

  const load = useCallback(
    async (first: boolean) => {
      if (busy.current || (!first && feed.current.complete)) return;
      busy.current = true;
      setLoading(true);
      const control = new AbortController();
      abort.current = control;
      try {
        const page = await findingsPage(asked.current, feed.current.next, first ? FIRST : NEXT, control.signal);
        if (control.signal.aborted) return;
        feed.current.append(page.rows, page.next);
        setError(null);
      } catch (failure) {
        if (control.signal.aborted) return;
        setError(failure instanceof ApiError ? failure : new ApiError("server", 0, "unexpected", String(failure)));
      }
      busy.current = false;
      setLoading(false);
      changed();
    },
    [changed],
  );

  useEffect(() => {
    abort.current?.abort();
    busy.current = false;
    feed.current = new Feed();
    asked.current = latest.current;
    changed();
    void load(true);
    return () => abort.current?.abort();
  }, [key, turn, load, changed]);

  const { breaks } = useLive();
  useEffect(() => {
    // Between the first page and the opening of the stream, or while it was broken, something may have come.
    if (!live || breaks === 0 || feed.current.rows.length === 0) return;
    const control = new AbortController();
    findingsPage(latest.current, null, FIRST, control.signal).then(
      (page) => {
        if (control.signal.aborted) return;
        const fresh = page.rows.filter((row) => feed.current.arrive(row)).length;
        // More than a page is new: what lies between is not known, so begin anew.
        if (fresh >= FIRST) setTurn((t) => t + 1);
        else if (fresh > 0) changed();
      },
      () => undefined,
    );
    return () => control.abort();
  }, [breaks, live, changed]);
  useLiveEvent("finding", (row) => {
    // Suppressed findings are counted beside the list, not in it, unless the filter asks for them.
    if (row.suppressed !== null && !/(^|&)(suppressed|acceptance)=/.test(asked.current)) return;
    if (!live || !feed.current.arrive(row)) return;
    if (!hold) feed.current.release();
    changed();
  });
  useLiveEvent("act", (act) => {
    if (!feed.current.has(act.finding)) return;
    // An act tells only that something changed; the row is read anew.
    refresh(act.finding, (row) => {
      feed.current.patch([row.id], () => row);
      changed();
    });
  });

  useEffect(() => {
    if (hold || feed.current.waiting === 0) return;
    feed.current.release();
    changed();
  }, [hold, changed, version]);

  return useMemo(
    () => ({
      rows: feed.current.rows,
      waiting: feed.current.waiting,
      complete: feed.current.complete,
      loading,
      error,
      more: () => void load(false),
      release: () => {
        feed.current.release();
        changed();
      },
      reload: () => setTurn((t) => t + 1),
      patch: (ids: readonly string[], change: (row: Row) => Row) => {
        feed.current.patch(ids, change);
        changed();
      },
    }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `version` stands for the content of the feed
    [version, loading, error, load, changed],
  );
}

/** Reads rows anew, one after the other: an act on many findings is many events. Gives the function that asks for one. */
function useRowRefresh(): (id: string, done: (row: Row) => void) => void {
  const queue = useRef(new Map<string, (row: Row) => void>());
  const running = useRef(false);
  return useCallback((id, done) => {
    queue.current.set(id, done);
    if (running.current) return;
    running.current = true;
    const drain = async () => {
      for (let next = first(queue.current); next !== undefined; next = first(queue.current)) {
        queue.current.delete(next.id);
        try {
          next.done((await finding(next.id)).row);
        } catch {
          // The row keeps what it shows; the pane and the next reading say more.
        }
      }
      running.current = false;
    };
    void drain();
  }, []);
}

function first(queue: Map<string, (row: Row) => void>): { id: string; done: (row: Row) => void } | undefined {
  for (const [id, done] of queue) return { id, done };
  return undefined;
}
