import type { Rule } from "./types";

/** Which rules are shown. */
export const VIEWS = [
  ["all", "All"],
  ["over", "Over budget"],
  ["silent", "Never fired"],
  ["off", "Not running"],
  ["shadowed", "Shadowed"],
] as const;

export type View = (typeof VIEWS)[number][0];

/** The view of a text in the address. */
export function viewOf(text: string | null): View {
  return VIEWS.find(([id]) => id === text)?.[0] ?? "all";
}

function isIn(rule: Rule, view: View): boolean {
  switch (view) {
    case "all":
      return true;
    case "over":
      return rule.over;
    case "silent":
      return rule.enabled && rule.total + rule.suppressed === 0;
    case "off":
      return !rule.enabled;
    case "shadowed":
      return rule.shadowed_by.length > 0;
  }
}

/** Rules of a view whose name, file, tags or criteria hold every word; the noisiest first. */
export function chosen(rules: Rule[], view: View, words: string): Rule[] {
  const wanted = words.toLowerCase().split(/\s+/).filter((w) => w !== "");
  const text = (r: Rule) => [r.name, r.file ?? "", r.source, r.priority, r.status, ...r.tags, ...r.criteria].join("\n").toLowerCase();
  return rules.filter((r) => isIn(r, view) && wanted.every((w) => text(r).includes(w))).sort((a, b) => b.total - a.total || a.name.localeCompare(b.name));
}

/** How many rules each view has. */
export function tally(rules: Rule[]): Record<View, number> {
  return Object.fromEntries(VIEWS.map(([view]) => [view, rules.filter((r) => isIn(r, view)).length])) as Record<View, number>;
}

/** `local.yaml` of `/etc/avouch/rules/local.yaml`. */
export function shortName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Where files are listed and edited. */
export const FILES = "/rules/files";

/** The parameters of the address of a file. It is no part of the path: a path that ends like a file would be asked for as one. */
export function fileParams(path: string, line?: number): Record<string, string> {
  return line === undefined ? { file: path } : { file: path, line: String(line) };
}
