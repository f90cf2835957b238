import { useRef, useState, type KeyboardEvent, type MouseEvent, type PointerEvent } from "react";
import type { Range } from "@/time/span";
import { say } from "../say";
import { slotAt, slotCount, stretchOf, stretchText, type Slots } from "./model";

/** A pointer that moved less (px) was a click; a finger is less steady. */
const CLICK = 3;
const TAP = 8;
/** How far (px) beside the view a drag may begin. */
const BESIDE = 12;

interface Options extends Slots {
  /** Where the view is drawn: left edge and width, px of the window. */
  area: () => { left: number; width: number } | null;
  onBrush: (range: Range) => void;
  /** A slot in words; left out where the focus reads it. */
  describe?: (index: number) => string;
  onAt?: (index: number | null) => void;
  /** Enter takes one slot; without it only a selection, because Enter on a slot means something else. */
  single?: boolean;
}

/**
 * How a time is chosen on a chart, the same on all of them: drag, by mouse, pen or finger, or arrows with Shift and Enter.
 * What takes `pointer` has the style `touch-action: pan-y`, or no drag of a finger comes here.
 */
export interface Brushing {
  /** The slot under the pointer or the keys. */
  at: number | null;
  /** What is selected and not yet taken. */
  selected: Range | null;
  pointer: {
    onPointerDown: (event: PointerEvent) => void;
    onPointerMove: (event: PointerEvent) => void;
    onPointerUp: (event: PointerEvent) => void;
    onPointerLeave: () => void;
    onPointerCancel: () => void;
    onClickCapture: (event: MouseEvent) => void;
  };
  /** Takes a key; `focused` is the slot that has the focus, where slots have it. */
  press: (event: KeyboardEvent, focused?: number) => void;
  clear: () => void;
}

export function useBrush({ view, step, area, onBrush, describe, onAt, single = false }: Options): Brushing {
  const slots: Slots = { view, step };
  const last = slotCount(slots) - 1;
  const [now, setNow] = useState<{ at: number | null; anchor: number | null }>({ at: null, anchor: null });
  const held = useRef<{ x: number; slot: number; dragged: boolean; least: number } | null>(null);
  const swallow = useRef(false);
  // The time moves on, and with it the number of slots.
  const at = now.at === null ? null : Math.min(now.at, last);

  const move = (to: number | null, anchor: number | null) => {
    if (to === now.at && anchor === now.anchor) return;
    setNow({ at: to, anchor });
    onAt?.(to);
  };
  const take = (a: number, b: number) => {
    move(null, null);
    const range = stretchOf(slots, a, b);
    say(`The time is ${stretchText(range)}.`);
    onBrush(range);
  };
  const slotOf = (event: PointerEvent): number | null => {
    const box = area();
    if (box === null || box.width <= 0) return null;
    const x = event.clientX - box.left;
    // A drag may leave the view, and not begin far from it.
    if (held.current?.dragged !== true && (x < -BESIDE || x > box.width + BESIDE)) return null;
    return slotAt(slots, x / box.width);
  };

  const pointer: Brushing["pointer"] = {
    onPointerDown: (event) => {
      swallow.current = false;
      const slot = slotOf(event);
      held.current = null;
      // Two fingers enlarge.
      if (event.button !== 0 || !event.isPrimary || slot === null) return;
      const touch = event.pointerType === "touch";
      held.current = { x: event.clientX, slot, dragged: false, least: touch ? TAP : CLICK };
      // A finger does not hover: what it points at is shown when it comes down. One that goes up or down scrolls, and takes it back.
      if (touch && now.anchor === null) move(slot, null);
    },
    onPointerMove: (event) => {
      const slot = slotOf(event);
      if (slot === null || !event.isPrimary) return;
      const press = held.current;
      if (press !== null && !press.dragged && Math.abs(event.clientX - press.x) >= press.least) {
        press.dragged = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }
      if (press?.dragged === true) move(slot, press.slot);
      // What the keys have selected is not lost to a pointer that passes over.
      else if (now.anchor === null) move(slot, null);
    },
    onPointerUp: (event) => {
      const press = held.current;
      const slot = slotOf(event);
      held.current = null;
      if (press?.dragged !== true) return;
      swallow.current = true;
      take(press.slot, slot ?? press.slot);
    },
    onPointerLeave: () => {
      if (held.current?.dragged === true || now.anchor !== null) return;
      held.current = null;
      move(null, null);
    },
    onPointerCancel: () => {
      held.current = null;
      move(null, null);
    },
    onClickCapture: (event) => {
      if (!swallow.current) return;
      // The end of a drag is no click on what lies below.
      swallow.current = false;
      event.stopPropagation();
      event.preventDefault();
    },
  };

  const press = (event: KeyboardEvent, focused?: number) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = focused ?? at ?? last;
    const moves: Record<string, number> = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last };
    // Slots that have the focus themselves leave these to the page.
    if (focused === undefined) Object.assign(moves, { PageUp: from - 10, PageDown: from + 10 });
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      const to = Math.min(last, Math.max(0, next));
      const anchor = event.shiftKey ? (now.anchor ?? from) : null;
      move(to, anchor);
      if (anchor !== null) say(`${stretchText(stretchOf(slots, anchor, to))}. Enter sets the time.`);
      else if (describe !== undefined) say(describe(to));
    } else if (event.key === "Enter" && at !== null && (single || now.anchor !== null)) {
      event.preventDefault();
      take(now.anchor ?? at, at);
    } else if (event.key === "Escape" && (held.current !== null || now.anchor !== null)) {
      event.preventDefault();
      event.stopPropagation();
      held.current = null;
      move(at, null);
    }
  };

  return { at, selected: now.anchor === null || at === null ? null : stretchOf(slots, now.anchor, at), pointer, press, clear: () => move(null, null) };
}

/** The box from the first of a row of elements to the last. */
export function boxOf(first: Element | null | undefined, last: Element | null | undefined): DOMRect | null {
  const [a, b] = [first?.getBoundingClientRect(), last?.getBoundingClientRect()];
  return a === undefined || b === undefined ? null : new DOMRect(a.left, a.top, b.right - a.left, Math.max(a.height, b.bottom - a.top));
}

/** Charts of the rows of a table as one stop of the Tab key: up and down go on from there. `keys` are those of the rows, in order. */
export function useStop(keys: readonly string[]): (key: string) => { tabIndex: 0 | -1; onFocus: () => void } {
  const [at, setAt] = useState<string | null>(null);
  const stop = at !== null && keys.includes(at) ? at : keys[0];
  return (key) => ({ tabIndex: key === stop ? 0 : -1, onFocus: () => setAt(key) });
}
