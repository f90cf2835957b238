import type { Acceptance } from "./types";

/** Days without a hit after which an acceptance is called unused. */
export const UNUSED = 60;
/** Days before its end in which one is called ending. */
const SOON = 14;
const DAY = 86_400_000;

/** What has to be looked at, the most pressing first. */
export type Mark = "waits" | "broken" | "expired" | "review" | "unused" | "ending" | "fine";

/** What is to be said of an acceptance at a time. */
export function markOf(a: Acceptance, now: number): Mark {
  if (a.standing === "pending") return "waits";
  if (a.broken !== null) return "broken";
  if (a.standing === "expired") return "expired";
  if (a.standing !== "in force") return "fine";
  if (a.review_due !== null && Date.parse(a.review_due) < now) return "review";
  if (a.unused_days !== null && a.unused_days >= UNUSED) return "unused";
  if (a.expires !== null && Date.parse(a.expires) - now < SOON * DAY) return "ending";
  return "fine";
}

const ORDER: Mark[] = ["waits", "broken", "expired", "review", "unused", "ending", "fine"];

/** The words of a mark. */
export const WORDS: Record<Mark, string> = {
  waits: "waits for approval",
  broken: "lets nothing be",
  expired: "expired",
  review: "review is due",
  unused: `unused for ${String(UNUSED)} days`,
  ending: "ends soon",
  fine: "",
};

/** What is to be looked at first, then the busiest. */
export function sorted(all: Acceptance[], now: number): Acceptance[] {
  const rank = (a: Acceptance) => ORDER.indexOf(markOf(a, now));
  return [...all].sort((a, b) => rank(a) - rank(b) || b.hits - a.hits || a.id.localeCompare(b.id));
}

/** What it lets be, in a line. */
export function aim(a: Acceptance): string {
  return a.rule ?? a.criterion ?? a.control ?? a.check ?? "not known any more";
}
