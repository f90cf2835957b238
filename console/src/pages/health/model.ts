import type { Range } from "@/time/span";
import { lengthText } from "@/time/span";
import type { HealthAnswer, HealthGap, Source, State } from "./types";

/** What a state means, in a word for the table; the reason says more. */
export const STATES: Record<State, { word: string; tone: "ok" | "warn" | "bad" }> = {
  ok: { word: "watched", tone: "ok" },
  starting: { word: "starting", tone: "warn" },
  late: { word: "late", tone: "warn" },
  losing: { word: "losing events", tone: "bad" },
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

/** A piece of a lane, in percent of it. */
export interface Piece {
  left: number;
  width: number;
  gap: HealthGap;
}

/** Gaps where they lie in a range. One that would be too thin to see is drawn half a percent wide. */
export function pieces(gaps: HealthGap[], range: Range): Piece[] {
  const all = range.to - range.from;
  if (all <= 0) return [];
  return gaps.flatMap((gap) => {
    const from = Math.max(Date.parse(gap.from), range.from);
    const to = Math.min(Date.parse(gap.to), range.to);
    if (!(to > from)) return [];
    const left = ((from - range.from) / all) * 100;
    const width = Math.max(((to - from) / all) * 100, 0.5);
    return [{ left: Math.min(left, 100 - width), width, gap }];
  });
}

/** The same in words, for those who do not see the lane. */
export function laneText(gaps: HealthGap[], range: Range): string {
  const drawn = pieces(gaps, range);
  if (drawn.length === 0) return "no gap known";
  const sum = drawn.reduce((ms, { gap }) => ms + Math.min(Date.parse(gap.to), range.to) - Math.max(Date.parse(gap.from), range.from), 0);
  return `${String(drawn.length)} ${drawn.length === 1 ? "gap" : "gaps"}, ${lengthText(sum)} in all`;
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
