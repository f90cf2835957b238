import { useEffect, useRef } from "react";
import { useLiveEvent } from "./LiveProvider";

/** Calls `then` once some ms after a finding or an act arrived, however many do. */
export function useArrivals(wait: number, then: () => void): void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const latest = useRef(then);
  useEffect(() => {
    latest.current = then;
  });
  const soon = () => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      latest.current();
    }, wait);
  };
  useLiveEvent("finding", soon);
  useLiveEvent("act", soon);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [],
  );
}
