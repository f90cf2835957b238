import { useSyncExternalStore } from "react";

/** As in `narrow.css`. */
const NARROW = "(max-width: 720px)";

function subscribe(told: () => void): () => void {
  const query = window.matchMedia(NARROW);
  query.addEventListener("change", told);
  return () => query.removeEventListener("change", told);
}

/** Whether the page is as narrow as a telephone, or zoomed so far. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(NARROW).matches);
}
