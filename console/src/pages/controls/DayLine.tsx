import { useRef, useState, type CSSProperties, type KeyboardEvent } from "react";
import type { Gap } from "@/api/types";
import { countText, dayText } from "@/time/format";
import { iso } from "@/time/span";
import { chooseRange } from "@/time/useTime";
import { BrushNote } from "@/ui/brush/Brush";
import { placeOf, stretchText } from "@/ui/brush/model";
import { boxOf, useBrush } from "@/ui/brush/useBrush";
import { DayPicker } from "@/ui/DayPicker";
import { whoseText } from "@/ui/GapTable";
import { Link } from "@/url/Link";
import { useParam } from "@/url/router";
import { DayKey } from "./marks";
import type { DayCounts } from "./types";
import { DAY_WORDS, plural, shareText } from "./words";

const DAY = 86_400_000;

/** Days of a control. A bar is the sources of nodes that were to be watched: failed, not wholly watched (hatched), passed. */
export function DayLine({ days, gaps, findings }: { days: DayCounts[]; gaps: Gap[]; findings: Record<string, string[]> }) {
  const [chosen, choose] = useParam("day");
  // The day under the pointer or the focus is told of without being chosen.
  const [near, setNear] = useState<string | null>(null);
  const every = days.length <= 16 ? 1 : days.length <= 62 ? 7 : 28;
  const at = days.findIndex((d) => d.day === chosen);
  // Tab comes to one day; arrows go on from there.
  const entry = at === -1 ? days.length - 1 : at;
  const shown = days.find((d) => d.day === near) ?? days[entry];
  const list = useRef<HTMLOListElement>(null);
  const area = () => boxOf(list.current?.firstElementChild, list.current?.lastElementChild);
  const first = Date.parse(days[0]?.day ?? "");
  const view = { from: first, to: first + days.length * DAY };
  const brush = useBrush({ view, step: DAY, area, onBrush: chooseRange });
  const { selected } = brush;
  const place = selected === null ? null : placeOf({ view, step: DAY }, selected);
  return (
    <div className="dayline">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a drag over its days, which have the keys */}
      <ol
        ref={list}
        aria-label="Days. Shift with arrows selects some, Enter then sets the time"
        style={{ maxWidth: days.length * 72 }}
        {...brush.pointer}
        onPointerLeave={() => {
          brush.pointer.onPointerLeave();
          setNear(null);
        }}
        onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && brush.clear()}
      >
        {days.map((d, i) => (
          <li key={d.day} data-brushed={selected !== null && first + i * DAY >= selected.from && first + i * DAY < selected.to ? "" : undefined}>
            <button
              type="button"
              aria-pressed={i === at}
              aria-label={dayWords(d)}
              tabIndex={i === entry ? 0 : -1}
              onKeyDown={(event) => {
                brush.press(event, i);
                moveFocus(event);
              }}
              onClick={() => choose(d.day === chosen ? null : d.day, true)}
              onPointerEnter={() => setNear(d.day)}
              onFocus={() => setNear(d.day)}
              onBlur={() => setNear(null)}
              data-state={d.state}
              data-near={d === shown ? "" : undefined}
            >
              <Bar day={d} />
            </button>
            <span className={i % every === 0 ? "label" : "label sr"}>{dayText(Date.parse(d.day))}</span>
          </li>
        ))}
      </ol>
      {selected !== null && place !== null && <BrushNote text={stretchText(selected)} area={area} within={list.current} middle={place.left + place.width / 2} />}
      {shown !== undefined && <DayDetail day={shown} days={days} onDay={(day) => {
            setNear(null);
            choose(day, true);
          }}
          gaps={gaps} findings={findings} />}
      <DayKey />
    </div>
  );
}

function dayWords(d: DayCounts): string {
  const subjects = d.pass + d.unknown + d.fail;
  if (subjects === 0) return `${d.day}: ${DAY_WORDS[d.state]}`;
  return `${d.day}: ${DAY_WORDS[d.state]}, ${shareText(d.share)} of the time watched with nothing lost; of ${countText(subjects)} watched sources ${countText(d.pass)} pass, ${countText(d.unknown)} unknown, ${countText(d.fail)} fail`;
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

/** Causes of gaps that are named. */
const CAUSES = 4;

function DayDetail({ day, days, onDay, gaps, findings }: { day: DayCounts; days: DayCounts[]; onDay: (day: string) => void; gaps: Gap[]; findings: Record<string, string[]> }) {
  const from = Date.parse(day.day);
  const to = from + DAY;
  const holes = gaps.filter((g) => Date.parse(g.from) < to && Date.parse(g.to) > from);
  const causes = [...new Set(holes.map((g) => `${whoseText(g)}: ${g.cause}`))];
  const some = Object.keys(findings).length > 0;
  return (
    <div className="notice day">
      <DayPicker label="Day" days={days.map((d) => d.day)} day={day.day} onDay={onDay} />
      <div className="grow">
        <div>{dayWords(day)}</div>
        <div className="dim">{holes.length === 0 ? "No gap of this day is listed." : `${countText(holes.length)} ${plural(holes.length, "gap")}: ${causes.slice(0, CAUSES).join("; ")}${causes.length > CAUSES ? "; …" : ""}`}</div>
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
