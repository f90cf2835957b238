import { utcText } from "@/time/format";
import type { Range } from "@/time/span";

// How a stretch of time is cut into slots that can be pointed at and chosen.

const DAY = 86_400_000;

/** What a chart shows, cut into slots that begin at whole multiples of `step`; the outer ones may be parts. */
export interface Slots {
  view: Range;
  /** Width of a slot, ms. */
  step: number;
}

function begin({ view, step }: Slots): number {
  return Math.floor(view.from / step) * step;
}

/** How many slots there are; one at least. */
export function slotCount(slots: Slots): number {
  return Math.max(1, Math.ceil((slots.view.to - begin(slots)) / slots.step));
}

/** The slot at a part (0 to 1) of the width of the view; what lies beside it is the outermost one. */
export function slotAt(slots: Slots, part: number): number {
  const at = slots.view.from + part * (slots.view.to - slots.view.from);
  return Math.max(0, Math.min(slotCount(slots) - 1, Math.floor((at - begin(slots)) / slots.step)));
}

/** The time of the slots from one to another, in either order, as far as it is in the view. */
export function stretchOf(slots: Slots, a: number, b: number): Range {
  const from = begin(slots) + Math.min(a, b) * slots.step;
  const to = begin(slots) + (Math.max(a, b) + 1) * slots.step;
  return { from: Math.max(from, slots.view.from), to: Math.min(to, slots.view.to) };
}

/** Where a stretch lies in the view, in percent of its width. */
export function placeOf({ view }: Slots, stretch: Range): { left: number; width: number } {
  const whole = view.to - view.from;
  return { left: (100 * (stretch.from - view.from)) / whole, width: (100 * (stretch.to - stretch.from)) / whole };
}

/** A stretch in words, in UTC: whole days by their dates, both of them in it; else by instants. */
export function stretchText({ from, to }: Range): string {
  if (from % DAY === 0 && to % DAY === 0) {
    const [first, last] = [utcText(from, false).slice(0, 10), utcText(to - DAY, false).slice(0, 10)];
    return first === last ? `${first}, UTC` : `${first} to ${last}, UTC`;
  }
  const seconds = from % 60_000 !== 0 || to % 60_000 !== 0;
  const end = utcText(to, seconds);
  const sameDay = utcText(from).slice(0, 10) === end.slice(0, 10);
  return `${utcText(from, seconds)} to ${sameDay ? end.slice(11) : end} UTC`;
}
