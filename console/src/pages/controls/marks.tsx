import type { ReactNode } from "react";
import { countText } from "@/time/format";
import { DAY_STATES, type ControlState, type DayState } from "./types";
import { DAY_WORDS, STATE_WORDS } from "./words";

// Each state has a shape of its own: colour only repeats what shape and word say.
const SHAPES: Record<ControlState, ReactNode> = {
  deviations: <path className="solid" d="M6 .8l5.6 10.4H.4z" />,
  no_evidence: <circle className="line dashed" cx="6" cy="6" r="4.9" />,
  partly_unknown: (
    <>
      <circle className="line" cx="6" cy="6" r="4.9" />
      <path className="solid" d="M6 1.1a4.9 4.9 0 0 1 0 9.8z" />
    </>
  ),
  no_deviation: (
    <>
      <circle className="solid" cx="6" cy="6" r="5.6" />
      <path className="tick" d="M3.2 6.2l2 2 3.6-4" />
    </>
  ),
  not_covered: <path className="line" d="M1.5 6h9" />,
};

/** What a period says of a control: shape and word. */
export function StateMark({ state, word = true }: { state: ControlState; word?: boolean }) {
  const [text, meaning] = STATE_WORDS[state];
  return (
    <span className="cstate" data-state={state} title={meaning}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        {SHAPES[state]}
      </svg>
      <span className={word ? undefined : "sr"}>{text}</span>
    </span>
  );
}

/** How many days are of each state, in words. */
export function dayTotals(days: readonly DayState[]): string {
  const parts = DAY_STATES.map((s) => [s, days.filter((d) => d === s).length] as const).filter(([, n]) => n > 0);
  return parts.length === 0 ? "no day" : parts.map(([s, n]) => `${countText(n)} ${DAY_WORDS[s]}`).join(", ");
}

/** Days of a control in short. `names` are their dates. */
export function DayStrip({ days, names }: { days: readonly DayState[]; names: readonly string[] }) {
  return (
    <div className="daystrip" role="img" aria-label={`${countText(days.length)} days: ${dayTotals(days)}`} data-many={days.length > 45 ? "" : undefined}>
      {days.map((state, i) => (
        <span key={i} data-state={state} title={`${names[i] ?? ""}: ${DAY_WORDS[state]}`} />
      ))}
    </div>
  );
}

/** What the cells of days mean. */
export function DayKey() {
  const words: Record<DayState, string> = { pass: "pass: all watched, nothing failed", unknown: "unknown: not wholly watched", fail: "fail", not_expected: "not expected" };
  return (
    <ul className="daykey">
      {DAY_STATES.map((s) => (
        <li key={s}>
          <span className="daycell" data-state={s} aria-hidden="true" /> {words[s]}
        </li>
      ))}
    </ul>
  );
}
