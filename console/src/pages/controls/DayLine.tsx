import type { CSSProperties, KeyboardEvent } from "react";
import type { Gap } from "@/api/types";
import { countText, dayText } from "@/time/format";
import { iso } from "@/time/span";
import { Link } from "@/url/Link";
import { useParam } from "@/url/router";
import { DayKey } from "./marks";
import type { DayCounts } from "./types";
import { DAY_WORDS, plural } from "./words";

const DAY = 86_400_000;

/** Days of a control. A bar is the sources of nodes that were to be watched: failed, not wholly watched (hatched), passed. */
export function DayLine({ days, gaps, findings }: { days: DayCounts[]; gaps: Gap[]; findings: Record<string, string[]> }) {
  const [chosen, choose] = useParam("day");
  const every = days.length <= 16 ? 1 : days.length <= 62 ? 7 : 28;
  const at = days.findIndex((d) => d.day === chosen);
  // Tab comes to one day; arrows go on from there.
  const entry = at === -1 ? days.length - 1 : at;
  return (
    <div className="dayline">
      <ol style={{ maxWidth: days.length * 72 }}>
        {days.map((d, i) => (
          <li key={`${d.day}/${String(i)}`}>
            <button type="button" aria-pressed={i === at} aria-label={dayWords(d)} title={dayWords(d)} tabIndex={i === entry ? 0 : -1} onKeyDown={moveFocus} onClick={() => choose(d.day === chosen ? null : d.day, true)} data-state={d.state}>
              <Bar day={d} />
            </button>
            <span className={i % every === 0 ? "label" : "label sr"}>{dayText(Date.parse(d.day))}</span>
          </li>
        ))}
      </ol>
      {at === -1 ? <p className="faint">Choose a day to see what is behind it.</p> : <DayDetail days={days.filter((d) => d.day === chosen)} gaps={gaps} findings={findings} />}
      <DayKey />
    </div>
  );
}

function dayWords(d: DayCounts): string {
  const subjects = d.pass + d.unknown + d.fail;
  return `${d.day}: ${DAY_WORDS[d.state]}${subjects === 0 ? "" : `; of ${countText(subjects)} watched sources ${countText(d.pass)} pass, ${countText(d.unknown)} unknown, ${countText(d.fail)} fail`}`;
}

function Bar({ day }: { day: DayCounts }) {
  const subjects = day.pass + day.unknown + day.fail;
  if (subjects === 0) return <span className="daycell" data-state="not_expected" style={{ flex: 1 }} />;
  // One failed source of a hundred is still to be seen.
  const part = (n: number): CSSProperties => ({ flexGrow: n / subjects, flexBasis: n > 0 ? 6 : 0 });
  return (
    <>
      {day.fail > 0 && <span className="daycell" data-state="fail" style={part(day.fail)} />}
      {day.unknown > 0 && <span className="daycell" data-state="unknown" style={part(day.unknown)} />}
      {day.pass > 0 && <span className="daycell" data-state="pass" style={part(day.pass)} />}
    </>
  );
}

function DayDetail({ days, gaps, findings }: { days: DayCounts[]; gaps: Gap[]; findings: Record<string, string[]> }) {
  const from = Date.parse(days[0]?.day ?? "");
  const to = from + DAY;
  const holes = gaps.filter((g) => Date.parse(g.from) < to && Date.parse(g.to) > from);
  const some = Object.keys(findings).length > 0;
  return (
    <div className="notice" role="status">
      <div className="grow">
        {days.map((d, i) => (
          <div key={i}>{dayWords(d)}</div>
        ))}
        <div className="dim">
          {holes.length === 0 ? "No gap of this day is listed." : `${countText(holes.length)} ${plural(holes.length, "gap")}: ${[...new Set(holes.map((g) => `${g.source ?? "every source"} of ${g.node ?? "a node"}: ${g.cause}`))].slice(0, 4).join("; ")}${holes.length > 4 ? "; …" : ""}`}
        </div>
      </div>
      {some && (
        <Link to="/findings" query={{ ...findings, t: [], from: iso(from), to: iso(to) }} className="btn" data-size="small">
          Findings of this day
        </Link>
      )}
    </div>
  );
}

function moveFocus(event: KeyboardEvent<HTMLButtonElement>): void {
  const item = event.currentTarget.parentElement;
  const list = item?.parentElement;
  const next = { ArrowLeft: item?.previousElementSibling, ArrowRight: item?.nextElementSibling, Home: list?.firstElementChild, End: list?.lastElementChild }[event.key];
  const button = next?.querySelector<HTMLElement>("button");
  if (button === undefined || button === null) return;
  event.preventDefault();
  button.focus();
}
