import { useCallback, useSyncExternalStore } from "react";

/** As in `narrow.css`. */
const NARROW = "(max-width: 720px)";
/** As in `shell.css`: the rail has no words. */
export const MIDDLE = "(max-width: 1180px)";

/** Whether the page is as narrow as a telephone, or zoomed so far; or as narrow as a query says. */
export function useNarrow(query = NARROW): boolean {
  const subscribe = useCallback(
    (told: () => void) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", told);
      return () => list.removeEventListener("change", told);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}
