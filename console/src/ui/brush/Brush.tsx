import { useLayoutEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type ReactNode } from "react";
import { createPortal } from "react-dom";
import type { Range } from "@/time/span";
import { placeOf, stretchOf, stretchText } from "./model";
import { boxOf, useBrush } from "./useBrush";
import "./brush.css";

interface BrushProps {
  /** What the chart shows, for those who do not see it. */
  label: string;
  /** The time that the chart shows. */
  view: Range;
  /** Width of a slot, ms. */
  step: number;
  /** A slot in words. */
  describe: (index: number) => string;
  onBrush: (range: Range) => void;
  /** The slot under pointer or keys, for a chart that reads it out itself; then only a selection gets a note. */
  onAt?: (index: number | null) => void;
  /** How far within this the view is drawn, px. */
  inset?: { left: number; right: number; top: number; bottom: number };
  /** 0 unless the charts of a table are one stop of the Tab key; null where only the pointer comes. */
  tabIndex?: 0 | -1 | null;
  onFocus?: () => void;
  className?: string;
  style?: CSSProperties;
  children?: ReactNode;
}

/** A chart with a time axis, on which a time is chosen by mouse or keys. What is drawn is given as children. */
export function Brush({ label, view, step, describe, onBrush, onAt, inset, tabIndex = 0, onFocus, className = "", style, children }: BrushProps) {
  const over = useRef<HTMLDivElement>(null);
  const area = () => boxOf(over.current, over.current);
  const brush = useBrush({ view, step, describe, onBrush, single: true, area, ...(onAt === undefined ? {} : { onAt }) });
  const { at, selected } = brush;
  const stretch = selected ?? (at === null ? null : stretchOf({ view, step }, at, at));
  const place = stretch === null ? null : placeOf({ view, step }, stretch);
  const note = selected !== null ? stretchText(selected) : at !== null && onAt === undefined ? describe(at) : null;
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    if (neighbour(event)) return;
    brush.press(event);
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the keys of a chart are its own
    <div
      role="application"
      className={`brush ${className}`}
      style={style}
      aria-label={`${label}. Arrow keys read it, Shift selects, Enter sets the time.`}
      tabIndex={tabIndex ?? undefined}
      onKeyDown={press}
      onFocus={onFocus}
      onBlur={brush.clear}
      {...brush.pointer}
    >
      {children}
      <div ref={over} className="over" style={inset}>
        {place !== null && <b data-selected={selected === null ? undefined : ""} style={{ left: `${String(place.left)}%`, width: `${String(place.width)}%` }} />}
      </div>
      {note !== null && place !== null && <BrushNote text={note} area={area} within={over.current} middle={place.left + place.width / 2} />}
    </div>
  );
}

// Up and down lead to the chart of the next row, where there is one.
function neighbour(event: KeyboardEvent<HTMLDivElement>): boolean {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return false;
  const all = [...(event.currentTarget.closest("[data-brushes]")?.querySelectorAll<HTMLElement>(".brush[tabindex]") ?? [])];
  const next = all[all.indexOf(event.currentTarget) + (event.key === "ArrowUp" ? -1 : 1)];
  if (all.length === 0) return false;
  event.preventDefault();
  next?.focus();
  return true;
}

/** What is pointed at, below the chart and over everything, so that no table cuts it off. `middle`: where, in percent of the chart. */
export function BrushNote({ text, area, within, middle }: { text: string; area: () => DOMRect | null; within: Element | null; middle: number }) {
  const note = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<{ left: number; top: number } | null>(null);
  const place = useRef(area);
  place.current = area;
  useLayoutEffect(() => {
    const box = place.current();
    const own = note.current?.getBoundingClientRect();
    if (box === null || own === undefined) return;
    const left = box.left + (box.width * middle) / 100 - own.width / 2;
    const below = box.bottom + 6;
    setAt({ left: Math.max(6, Math.min(left, window.innerWidth - own.width - 6)), top: below + own.height > window.innerHeight ? box.top - own.height - 6 : below });
  }, [middle, text]);
  return createPortal(
    <div ref={note} className="brushnote" aria-hidden="true" style={at ?? { left: 0, top: 0, visibility: "hidden" }}>
      {text}
    </div>,
    within?.closest("dialog") ?? document.body,
  );
}
