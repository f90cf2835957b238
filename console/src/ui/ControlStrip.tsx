import { useRef, useState, type CSSProperties, type KeyboardEvent } from "react";
import type { DayState, StripRow } from "@/api/types";
import { countText, dayText } from "@/time/format";
import { chooseRange } from "@/time/useTime";
import { BrushNote } from "./brush/Brush";
import { placeOf, stretchText } from "./brush/model";
import { boxOf, useBrush } from "./brush/useBrush";
import { DayPicker } from "./DayPicker";
import "./strip.css";

const WORDS: Record<DayState, string> = { observed: "observed", partial: "partly observed", not: "not observed", none: "no observation known" };

const DAY = 86_400_000;
/** Widest a day gets, px: a few days are no reason for long bars. */
const WIDEST = 96;

interface ControlStripProps {
  /** Days of the columns, `2026-11-26`, oldest first. */
  days: string[];
  rows: StripRow[];
  /** Where a cell leads. */
  onPick: (criterion: string, day: string) => void;
  onCriterion?: (criterion: string) => void;
}

/** A cell: its row and its day, by place. */
interface Cell {
  row: number;
  day: number;
}

/** Criteria by day: was somebody watching, for how much of the day, and did something happen. */
export function ControlStrip({ days, rows, onPick, onCriterion }: ControlStripProps) {
  // What is read out below: the cell under pointer or focus, else the one that was chosen last.
  const [near, setNear] = useState<Cell | null>(null);
  const [chosen, choose] = useState<{ criterion: string; day: string } | null>(null);
  // With many days the label of each would not fit: one in so many has it.
  const every = days.length <= 14 ? 1 : days.length <= 45 ? 7 : 14;
  // Long times need the room for their days.
  const names = days.length <= 31 ? 290 : 190;
  const row = Math.max(0, near?.row ?? rows.findIndex((r) => r.criterion === chosen?.criterion));
  const at = near?.day ?? days.indexOf(chosen?.day ?? "");
  const day = at === -1 ? days.length - 1 : at;
  const head = useRef<HTMLTableRowElement>(null);
  const area = () => boxOf(head.current?.cells[1], head.current?.lastElementChild);
  const first = Date.parse(days[0] ?? "");
  const view = { from: first, to: first + days.length * DAY };
  const brush = useBrush({ view, step: DAY, area, onBrush: chooseRange });
  const { selected } = brush;
  const place = selected === null ? null : placeOf({ view, step: DAY }, selected);
  const isIn = (i: number) => (selected !== null && first + i * DAY >= selected.from && first + i * DAY < selected.to ? "" : undefined);
  return (
    <div className="strip">
      <div className="days" onPointerLeave={() => setNear(null)}>
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a drag over its cells, which have the keys */}
        <table aria-label="Criteria by day. Shift with arrows selects days, Enter then sets the time" {...brush.pointer} onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && brush.clear()} style={{ maxWidth: names + days.length * WIDEST, "--names": `${String(names)}px` } as CSSProperties}>
          <thead>
            <tr ref={head}>
              <td />
              {days.map((d, i) => (
                <th key={d} scope="col" data-brushed={isIn(i)}>
                  <span className={i % every === 0 ? "" : "sr"}>{dayText(Date.parse(d))}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((r, n) => (
              <tr key={r.criterion}>
                <th scope="row" title={r.name}>
                  {onCriterion === undefined ? (
                    r.criterion
                  ) : (
                    <button type="button" onClick={() => onCriterion(r.criterion)}>
                      {r.criterion}
                    </button>
                  )}
                  <span className="name">{r.name}</span>
                </th>
                {r.days.map((cell, i) => {
                  const text = cellText(r, days[i] ?? "", i);
                  return (
                    <td key={days[i]} data-brushed={isIn(i)}>
                      <button
                        type="button"
                        className="cell"
                        data-state={cell.state}
                        style={{ "--share": `${String(Math.max(10, Math.min(75, cell.share * 100)))}%` } as CSSProperties}
                        aria-label={text}
                        tabIndex={i === r.days.length - 1 ? 0 : -1}
                        onClick={() => onPick(r.criterion, days[i] ?? "")}
                        onKeyDown={(event) => {
                          brush.press(event, i);
                          moveFocus(event);
                        }}
                        onPointerEnter={() => setNear({ row: n, day: i })}
                        onFocus={() => setNear({ row: n, day: i })}
                        onBlur={() => setNear(null)}
                      >
                        {cell.findings > 0 && <span className="dot" />}
                      </button>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {selected !== null && place !== null && <BrushNote text={stretchText(selected)} area={area} within={head.current} middle={place.left + place.width / 2} />}
      <Readout rows={rows} days={days} row={row} day={day} onChoose={(cell) => {
          setNear(null);
          choose(cell);
        }}
        onPick={onPick}
      />
      <Key />
    </div>
  );
}

function cellText(row: StripRow, day: string, at: number): string {
  const cell = row.days[at];
  if (cell === undefined) return `${row.criterion} on ${day}`;
  const share = cell.state === "partial" ? `, ${String(Math.floor(cell.share * 1000) / 10)} % of the day` : "";
  return `${row.criterion} on ${day}: ${WORDS[cell.state]}${share}, ${countText(cell.findings)} findings${cell.why.length > 0 ? `. ${cell.why.join("; ")}` : ""}`;
}

interface ReadoutProps {
  rows: StripRow[];
  days: string[];
  row: number;
  day: number;
  onChoose: (cell: { criterion: string; day: string }) => void;
  onPick: (criterion: string, day: string) => void;
}

/** One cell in words, and the same choice by name: over long times the cells are too narrow to be aimed at. */
function Readout({ rows, days, row, day, onChoose, onPick }: ReadoutProps) {
  const one = rows[row];
  const date = days[day];
  if (one === undefined || date === undefined) return null;
  return (
    <div className="readout">
      <select className="select" aria-label="Criterion" value={one.criterion} onChange={(e) => onChoose({ criterion: e.target.value, day: date })}>
        {rows.map((r) => (
          <option key={r.criterion}>{r.criterion}</option>
        ))}
      </select>
      <DayPicker label="Day" days={days} day={date} onDay={(next) => onChoose({ criterion: one.criterion, day: next })} />
      <p className="grow">{cellText(one, date, day)}</p>
      <button type="button" className="btn" data-size="small" onClick={() => onPick(one.criterion, date)}>
        Findings of this day
      </button>
    </div>
  );
}

function Key() {
  return (
    <ul className="key" aria-hidden="true">
      {(["observed", "partial", "not", "none"] as const).map((state) => (
        <li key={state}>
          <span className="cell" data-state={state} /> {WORDS[state]}
        </li>
      ))}
      <li>
        <span className="cell" data-state="observed">
          <span className="dot" />
        </span>{" "}
        with findings
      </li>
    </ul>
  );
}

// Arrows move within the grid; Tab enters each row at its newest day.
function moveFocus(event: KeyboardEvent<HTMLButtonElement>): void {
  const cell = event.currentTarget.closest("td");
  const row = cell?.parentElement;
  if (cell === null || cell === undefined || row === null || row === undefined) return;
  const index = [...row.children].indexOf(cell);
  const target =
    event.key === "ArrowLeft" ? cell.previousElementSibling
    : event.key === "ArrowRight" ? cell.nextElementSibling
    : event.key === "ArrowUp" ? row.previousElementSibling?.children[index]
    : event.key === "ArrowDown" ? row.nextElementSibling?.children[index]
    : event.key === "Home" ? row.querySelector("td")
    : event.key === "End" ? row.lastElementChild
    : undefined;
  const button = target?.querySelector<HTMLElement>("button.cell");
  if (button !== null && button !== undefined) {
    event.preventDefault();
    button.focus();
  }
}
