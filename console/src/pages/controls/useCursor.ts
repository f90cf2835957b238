import { useEffect } from "react";
import { useKeys } from "@/ui/useKeys";
import { useParam } from "@/url/router";

/** A cursor over rows, kept in the address (`sel`): j and k move it, Enter opens. Rows carry `data-row`. */
export function useCursor(ids: readonly string[], onOpen?: (id: string) => void): string | null {
  const [selected, select] = useParam("sel");
  const at = selected === null ? -1 : ids.indexOf(selected);
  const move = (by: number) => {
    const next = ids[at === -1 ? (by > 0 ? 0 : ids.length - 1) : Math.max(0, Math.min(ids.length - 1, at + by))];
    if (next !== undefined) select(next, true);
  };
  useKeys({ j: () => move(1), k: () => move(-1), ...(onOpen === undefined || at === -1 ? {} : { o: () => onOpen(ids[at] ?? "") }) });
  useEffect(() => {
    if (selected !== null) document.querySelector(`[data-row="${CSS.escape(selected)}"]`)?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return at === -1 ? null : selected;
}
