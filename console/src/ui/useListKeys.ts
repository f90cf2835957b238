import type { RefObject } from "react";
import { useKeys } from "./useKeys";
import type { TableHandle } from "./VirtualTable";

/** The keys of a list with a pane beside it, for the list under `?`. */
export const LIST_KEYS: [string, string][] = [
  ["j", "next"],
  ["k", "one before"],
  ["Enter", "open"],
];

interface ListKeys {
  table: RefObject<TableHandle | null>;
  /** Row with the cursor; -1 for none. */
  cursor: number;
  count: number;
  onCursor: (index: number) => void;
  /** Closes what is open beside the list. */
  onClose: () => void;
}

/** j and k move the cursor of a list and give it the focus, so that arrows and Enter go on; Escape closes what is open. */
export function useListKeys({ table, cursor, count, onCursor, onClose }: ListKeys): void {
  const move = (by: number) => {
    if (count === 0) return;
    const next = Math.max(0, Math.min(count - 1, cursor + by));
    onCursor(next);
    table.current?.focus();
    table.current?.scrollTo(next);
  };
  useKeys({ j: () => move(1), k: () => move(-1), Escape: onClose });
}
