import type { CSSProperties } from "react";
import type { DayState, StripRow } from "@/api/types";
import { countText, dayText } from "@/time/format";
import "./strip.css";

const WORDS: Record<DayState, string> = { observed: "observed", partial: "partly observed", not: "not observed", none: "no observation known" };

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

/** Criteria by day: was somebody watching, for how much of the day, and did something happen. */
export function ControlStrip({ days, rows, onPick, onCriterion }: ControlStripProps) {
  // With many days the label of each would not fit: one in so many has it.
  const every = days.length <= 14 ? 1 : days.length <= 45 ? 7 : 14;
  // Long times need the room for their days.
  const names = days.length <= 31 ? 290 : 190;
  return (
    <div className="strip">
      <table aria-label="Criteria by day" style={{ maxWidth: names + days.length * WIDEST, "--names": `${String(names)}px` } as CSSProperties}>
        <thead>
          <tr>
            <td />
            {days.map((day, i) => (
              <th key={day} scope="col">
                <span className={i % every === 0 ? "" : "sr"}>{dayText(Date.parse(day))}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.criterion}>
              <th scope="row" title={row.name}>
                {onCriterion === undefined ? (
                  row.criterion
                ) : (
                  <button type="button" onClick={() => onCriterion(row.criterion)}>
                    {row.criterion}
                  </button>
                )}
                <span className="name">{row.name}</span>
              </th>
              {row.days.map((cell, i) => {
                const day = days[i] ?? "";
                const share = cell.state === "partial" ? `, ${String(Math.floor(cell.share * 1000) / 10)} % of the day` : "";
                const text = `${row.criterion} on ${day}: ${WORDS[cell.state]}${share}, ${countText(cell.findings)} findings${cell.why.length > 0 ? `. ${cell.why.join("; ")}` : ""}`;
                return (
                  <td key={day}>
                    <button type="button" className="cell" data-state={cell.state} style={{ "--share": `${String(Math.max(10, Math.min(75, cell.share * 100)))}%` } as CSSProperties} title={text} aria-label={text} onClick={() => onPick(row.criterion, day)} tabIndex={i === row.days.length - 1 ? 0 : -1} onKeyDown={moveFocus}>
                      {cell.findings > 0 && <span className="dot" />}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
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
    </div>
  );
}

// Arrows move within the grid; Tab enters each row at its newest day.
function moveFocus(event: React.KeyboardEvent<HTMLButtonElement>): void {
  const cell = event.currentTarget.closest("td");
  const row = cell?.parentElement;
  if (cell === null || cell === undefined || row === null || row === undefined) return;
  const index = [...row.children].indexOf(cell);
  const target =
    event.key === "ArrowLeft" ? cell.previousElementSibling
    : event.key === "ArrowRight" ? cell.nextElementSibling
    : event.key === "ArrowUp" ? row.previousElementSibling?.children[index]
    : event.key === "ArrowDown" ? row.nextElementSibling?.children[index]
    : undefined;
  const button = target?.querySelector<HTMLElement>("button.cell");
  if (button !== null && button !== undefined) {
    event.preventDefault();
    button.focus();
  }
}
