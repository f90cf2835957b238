import type { MouseEvent, ReactNode } from "react";
import { go, setParam, usePlace } from "@/url/router";

/** Opens a record of the ledger over the page that is shown. It is a link: it can be copied, and opens the same. */
export function RecordLink({ seq, children }: { seq: number; children?: ReactNode }) {
  const { path, search } = usePlace();
  const query = new URLSearchParams(search);
  query.set("record", String(seq));
  const click = (event: MouseEvent<HTMLAnchorElement>) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(path, query);
  };
  return (
    <a href={`${path}?${query.toString()}`} onClick={click} className="num" aria-label={`Record ${String(seq)} of the ledger`} title="The record as it stands in the ledger, and what vouches for it">
      {children ?? seq}
    </a>
  );
}

/** The number of the record that the address names. */
export function useRecord(): [seq: number | null, close: () => void] {
  const { search } = usePlace();
  const text = new URLSearchParams(search).get("record");
  const seq = text !== null && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null;
  return [seq, () => setParam("record", null)];
}
