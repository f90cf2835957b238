import { useEffect, useRef } from "react";

/** Keys and what they do. `g o` is two keys after each other. */
export type Keys = Record<string, () => void>;

/** Time (ms) between the two keys of a sequence. */
const SEQUENCE = 1200;

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest("input, textarea, select, dialog[open], [role=menu], [role=dialog]") !== null;
}

/** Single keys for the whole page. They are off while the user types or a dialog is open. */
export function useKeys(keys: Keys, on = true): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    if (!on) return;
    let first: { key: string; at: number } | null = null;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const pair = first !== null && event.timeStamp - first.at < SEQUENCE ? `${first.key} ${event.key}` : null;
      const action = (pair === null ? undefined : latest.current[pair]) ?? latest.current[event.key];
      first = { key: event.key, at: event.timeStamp };
      if (action === undefined) return;
      event.preventDefault();
      first = null;
      action();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [on]);
}
