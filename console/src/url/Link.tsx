import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { go, usePlace } from "./router";

// Parameters that mean the same on every page and go along with every link.
const SHARED = new Set(["t", "from", "to", "cluster"]);

/** The query that a link to another page takes along: time and cluster scope. */
export function sharedQuery(search: string, extra: Record<string, string | string[]> = {}): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(search)) {
    if (SHARED.has(name) && !(name in extra)) query.append(name, value);
  }
  for (const [name, value] of Object.entries(extra)) {
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, one);
  }
  return query;
}

interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> {
  /** Path of the page. */
  to: string;
  /** Parameters besides time and scope, which always go along. */
  query?: Record<string, string | string[]>;
}

/** A real link that keeps time and scope and changes pages without a reload. */
export function Link({ to, query, onClick, children, ...rest }: LinkProps) {
  const { search } = usePlace();
  const target = sharedQuery(search, query).toString();
  const href = target === "" ? to : `${to}?${target}`;
  const click = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to, target);
  };
  return (
    <a {...rest} href={href} onClick={click}>
      {children}
    </a>
  );
}
