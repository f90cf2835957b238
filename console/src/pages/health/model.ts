import { utcText } from "@/time/format";
import { lengthText, type Range } from "@/time/span";
import type { HealthAnswer, HealthGap, Source, State } from "./types";

const DAY = 86_400_000;

/** What a state means, in a word for the table; the reason says more. */
export const STATES: Record<State, { word: string; tone: "ok" | "warn" | "bad" }> = {
  ok: { word: "watched", tone: "ok" },
  starting: { word: "starting", tone: "warn" },
  late: { word: "late", tone: "warn" },
  losing: { word: "losing events", tone: "bad" },
  changed: { word: "files changed", tone: "bad" },
  stopped: { word: "stopped", tone: "bad" },
  silent: { word: "silent", tone: "bad" },
  failing: { word: "failing", tone: "bad" },
  never: { word: "never seen", tone: "bad" },
};

/** The worst first, then by place. */
export function worstFirst(sources: Source[]): Source[] {
  const order = Object.keys(STATES);
  const rank = (s: Source) => order.length - order.indexOf(s.state);
  return [...sources].sort((a, b) => rank(a) - rank(b) || a.cluster.localeCompare(b.cluster) || a.node.localeCompare(b.node) || a.source.localeCompare(b.source));
}

/** What tells a machine from a cluster of the same name. */
export function ownKey(of: { node: string; own: boolean }): string {
  return `${of.own ? "own" : "agent"} ${of.node}`;
}

/** Names that a machine and a cluster share. */
export function sameNamed(sources: Source[]): Set<string> {
  const own = new Set(sources.filter((s) => s.own).map((s) => s.node));
  return new Set(sources.filter((s) => !s.own && own.has(s.node)).map((s) => s.node));
}

/** A piece of a lane, in percent of it. */
export interface Piece {
  left: number;
  width: number;
  gap: HealthGap;
}

/** Where a stretch lies in a range, in percent; null when it does not meet it. */
export function place(stretch: { from: string; to: string }, range: Range): { left: number; width: number } | null {
  const all = range.to - range.from;
  const from = Math.max(Date.parse(stretch.from), range.from);
  const to = Math.min(Date.parse(stretch.to), range.to);
  if (!(all > 0 && to > from)) return null;
  const width = Math.max(((to - from) / all) * 100, 0.5);
  return { left: Math.min(((from - range.from) / all) * 100, 100 - width), width };
}

/** Gaps where they lie in a range. One that would be too thin to see is drawn half a percent wide. */
export function pieces(gaps: HealthGap[], range: Range): Piece[] {
  return gaps.flatMap((gap) => {
    const where = place(gap, range);
    return where === null ? [] : [{ ...where, gap }];
  });
}

/** The same in words, for those who do not see the lane. */
export function laneText(gaps: HealthGap[], expected: Source["expected"], range: Range): string {
  if (expected === null || place(expected, range) === null) return "not known to be watched";
  const late = Date.parse(expected.from) > range.from ? `, first seen ${utcText(Date.parse(expected.from), false)} UTC` : "";
  const drawn = pieces(gaps, range);
  if (drawn.length === 0) return `no gap known${late}`;
  const sum = drawn.reduce((ms, { gap }) => ms + Math.min(Date.parse(gap.to), range.to) - Math.max(Date.parse(gap.from), range.from), 0);
  return `${String(drawn.length)} ${drawn.length === 1 ? "gap" : "gaps"}, ${lengthText(sum)} in all${late}`;
}

/** What was of a source in a stretch, in words. */
export function sliceText(gaps: HealthGap[], expected: Source["expected"], stretch: Range): string {
  const causes = [...new Set(gaps.filter((g) => Date.parse(g.from) < stretch.to && Date.parse(g.to) > stretch.from).map((g) => g.cause))];
  if (causes.length > 0) return `not wholly watched: ${causes.join("; ")}`;
  return expected === null || place(expected, stretch) === null ? "not known to be watched" : "watched";
}

/** Days, from `first` (ms) on, in which not all was watched that is of a source (of any, when null): a gap touches them, or nothing of it was to be watched. */
export function blindDays(sources: Source[], source: string | null, first: number, count: number): boolean[] {
  const of = sources.filter((s) => source === null || s.source === source);
  return Array.from({ length: count }, (_, i) => {
    const day = { from: first + i * DAY, to: first + (i + 1) * DAY };
    return of.every((s) => s.expected === null || place(s.expected, day) === null) || of.some((s) => s.gaps.some((g) => place(g, day) !== null));
  });
}

/** How many sources are in which state, the worst first. */
export function tally(answer: HealthAnswer): { state: State; count: number }[] {
  const states = Object.keys(STATES) as State[];
  const of = [...answer.sources, ...answer.nodes.filter((n) => n.state === "never")];
  return states.map((state) => ({ state, count: of.filter((s) => s.state === state).length })).filter((t) => t.count > 0).reverse();
}

/** The start of a digest: enough to see whether two are the same. */
export function short(digest: string): string {
  return digest.slice(0, 8);
}
