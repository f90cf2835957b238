import { useEffect, useRef } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useLiveEvent } from "./LiveProvider";

/** Arriving findings ask for new numbers at most this often, ms. */
const REFRESH = 4000;

/** Makes answers below a key stale when something arrived, but not for each of many. */
export function useFreshNumbers(key: readonly string[]): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const soon = () => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      void client.invalidateQueries({ queryKey: [...key] });
    }, REFRESH);
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
