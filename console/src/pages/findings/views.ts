import { isRecord } from "@/api/error";

/** A named view: the query of an address. It stays in this browser; a link carries it to others. */
export interface View {
  name: string;
  search: string;
}

const KEY = "avouch.views.findings";
/** Views that are kept. */
const MOST = 50;

/** Views that come with the console. */
export const GIVEN: View[] = [
  { name: "Open, critical and high", search: "severity=critical&severity=high&acknowledged=no&decision=none" },
  { name: "Not decided", search: "decision=none" },
  { name: "True findings", search: "decision=true" },
  { name: "With doubts: events lost", search: "losses=yes" },
  { name: "Suppressed by acceptances", search: "suppressed=yes" },
];

export function loadViews(): View[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    if (!Array.isArray(value)) return [];
    return value.filter((v): v is View => isRecord(v) && typeof v["name"] === "string" && typeof v["search"] === "string").slice(0, MOST);
  } catch {
    return [];
  }
}

/** Keeps a view; one of the same name is replaced. Gives the list as it is now. */
export function saveView(view: View): View[] {
  const rest = loadViews().filter((v) => v.name !== view.name);
  return store([...rest, view].slice(-MOST));
}

export function removeView(name: string): View[] {
  return store(loadViews().filter((v) => v.name !== name));
}

/** The address that shows a view. */
export function linkOf(view: View, origin: string): string {
  return `${origin}/findings?${view.search}`;
}

/** All views for a message or a page of a wiki: a line with name and address for each. */
export function linksOf(views: View[], origin: string): string {
  return views.map((v) => `${v.name}: ${linkOf(v, origin)}`).join("\n");
}

function store(views: View[]): View[] {
  try {
    localStorage.setItem(KEY, JSON.stringify(views));
  } catch {
    // Storage is full or forbidden: the view lasts as long as the page.
  }
  return views;
}
