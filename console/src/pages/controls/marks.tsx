import type { ReactNode } from "react";
import { countText } from "@/time/format";
import { chooseRange } from "@/time/useTime";
import { Brush } from "@/ui/brush/Brush";
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

const DAY = 86_400_000;

/** Days of a control in short. `names` are their dates. `stop`: a time is chosen on it; without it, as on paper, it stands. */
export function DayStrip({ days, names, stop }: { days: readonly DayState[]; names: readonly string[]; stop?: { tabIndex: 0 | -1; onFocus: () => void } }) {
  const words = `${countText(days.length)} days: ${dayTotals(days)}`;
  const cells = days.map((state, i) => <span key={i} data-state={state} title={stop === undefined ? `${names[i] ?? ""}: ${DAY_WORDS[state]}` : undefined} />);
  const many = days.length > 45 ? "" : undefined;
  const first = Date.parse(names[0] ?? "");
  if (stop === undefined || days.length === 0) {
    return (
      <div className="daystrip" role="img" aria-label={words} data-many={many}>
        {cells}
      </div>
    );
  }
  return (
    <Brush label={words} view={{ from: first, to: first + days.length * DAY }} step={DAY} describe={(i) => `${names[i] ?? ""}: ${DAY_WORDS[days[i] ?? "not_expected"]}`} onBrush={chooseRange} style={{ maxWidth: days.length * 40 }} {...stop}>
      <div className="daystrip" aria-hidden="true" data-many={many}>
        {cells}
      </div>
    </Brush>
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
