import { useSyncExternalStore } from "react";

// The whole state of a view is its address: path and query. This is the only
// place that reads or writes the browser's history.

/** Where the user is. `search` has no leading question mark. */
export interface Place {
  path: string;
  search: string;
}

const listeners = new Set<() => void>();
let current: Place = read();

function read(): Place {
  return { path: window.location.pathname, search: window.location.search.slice(1) };
}

function publish(): void {
  const next = read();
  if (next.path === current.path && next.search === current.search) return;
  current = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("popstate", publish);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("popstate", publish);
  };
}

/** Go to a path with a query. `replace` leaves no step in the history. */
export function go(path: string, search: URLSearchParams | string, replace = false): void {
  const query = search.toString();
  const address = query === "" ? path : `${path}?${query}`;
  if (replace) window.history.replaceState(null, "", address);
  else window.history.pushState(null, "", address);
  publish();
}

/** Change the query of the current place; `change` gets a copy. */
export function changeQuery(change: (query: URLSearchParams) => void, replace = false): void {
  const place = read();
  const query = new URLSearchParams(place.search);
  change(query);
  go(place.path, query, replace);
}

/** Set or remove one parameter of the current place. */
export function setParam(name: string, value: string | null, replace = false): void {
  changeQuery((query) => {
    if (value === null || value === "") query.delete(name);
    else query.set(name, value);
  }, replace);
}

/** The current place; the component renders again when it changes. */
export function usePlace(): Place {
  return useSyncExternalStore(subscribe, () => current);
}

/** One parameter of the current query, and a setter that keeps the others. */
export function useParam(name: string): [string | null, (value: string | null, replace?: boolean) => void] {
  const { search } = usePlace();
  return [new URLSearchParams(search).get(name), (value, replace) => setParam(name, value, replace)];
}

/** For tests: read the address again after it was changed from outside. */
export function resync(): void {
  publish();
}
