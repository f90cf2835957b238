import { useCallback, useEffect, useMemo, useState } from "react";
import { changeQuery, usePlace } from "@/url/router";
import { iso, parseSpan, resolve, tickOf, writeSpan, type Range, type Span } from "./span";

// One time for all pages. It lives in the address; this hook reads and sets it.

let skew = 0;

/** Tell how far the clock of the server is ahead of this browser's, in ms. */
export function setServerTime(serverNow: number): void {
  skew = serverNow - Date.now();
}

/** How far the server's clock is ahead, in ms. */
export function clockSkew(): number {
  return skew;
}

/** Now, by the clock of the server. */
export function serverNow(): number {
  return Date.now() + skew;
}

/** Sets the time of all pages to a range that stands, as a brush does. */
export function chooseRange(range: Range): void {
  changeQuery((query) => writeSpan(query, { kind: "range", ...range }));
}

export interface TimeState {
  span: Span;
  range: Range;
  /** Whether the range moves with the clock. */
  live: boolean;
  /** `from` and `to` as the API takes them. */
  params: { from: string; to: string };
  setSpan: (span: Span) => void;
  /** Stand still at what is shown. */
  pause: () => void;
}

export function useTime(): TimeState {
  const { search } = usePlace();
  const span = useMemo(() => parseSpan(search), [search]);
  const [now, setNow] = useState(serverNow);
  const tick = span.kind === "preset" ? tickOf(span.preset) : null;

  useEffect(() => {
    setNow(serverNow());
    if (tick === null) return;
    const timer = setInterval(() => {
      // A hidden tab asks for nothing; it catches up when it is shown.
      if (!document.hidden) setNow(serverNow());
    }, tick);
    const shown = () => {
      if (!document.hidden) setNow(serverNow());
    };
    document.addEventListener("visibilitychange", shown);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [tick]);

  const { from, to } = resolve(span, now);
  const range = useMemo(() => ({ from, to }), [from, to]);
  const params = useMemo(() => ({ from: iso(from), to: iso(to) }), [from, to]);
  const setSpan = useCallback((next: Span) => changeQuery((query) => writeSpan(query, next)), []);
  const pause = useCallback(() => changeQuery((query) => writeSpan(query, { kind: "range", from, to })), [from, to]);
  return { span, range, live: span.kind === "preset", params, setSpan, pause };
}
