import { useQuery } from "@tanstack/react-query";
import { ask, overviewQuery } from "@/api/queries";
import type { Overview } from "@/api/types";
import { iso, type Range } from "@/time/span";
import { AnswerLine } from "@/ui/Answer";
import { ControlStrip } from "@/ui/ControlStrip";
import { filterParams, useFilter } from "@/url/filter";
import { sharedQuery } from "@/url/Link";
import { go, usePlace } from "@/url/router";

const DAY = 86_400_000;
/** A strip of fewer days than this shows no pattern: then the days before are shown as well. */
const FEW = 7;
const SHOWN = 14;
/** The longer strip moves on in steps of so much, ms: its answer may be old by that, its cells are days. */
const STEP = 600_000;

/** Criteria by day. */
export function Strip({ data, range }: { data: Overview; range: Range }) {
  const filter = useFilter();
  const { search } = usePlace();
  const short = range.to - range.from < FEW * DAY;
  const to = Math.ceil(range.to / STEP) * STEP;
  const from = (Math.floor((to - 1) / DAY) - SHOWN + 1) * DAY;
  const longer = useQuery({ ...overviewQuery(ask(filterParams(filter), { from: iso(from), to: iso(to) })), enabled: short, staleTime: STEP });
  const shown = short && longer.data !== undefined ? longer.data : data;
  const { days, criteria } = shown.controls;
  const states = criteria.flatMap((c) => c.days.map((d) => d.state));
  const watched = states.filter((s) => s !== "none").length;
  const whole = states.filter((s) => s === "observed").length;
  const said = criteria.length === 0 ? "" : `${String(whole)} of ${String(watched)} criterion days fully observed`;
  return (
    <section className="card" aria-label="Controls">
      <header>
        <h2>Controls</h2>
        {shown === data ? <span className="faint">{said}</span> : <AnswerLine answer={shown.answer} lead={`${said === "" ? "" : `${said} · `}${String(days.length)} days, more than the time above`} />}
      </header>
      <div className="body">
        {criteria.length === 0 ? (
          <p className="dim">No rule that serves a criterion was loaded in this time. Nothing can be said of any criterion.</p>
        ) : (
          <ControlStrip
            days={days}
            rows={criteria}
            onPick={(criterion, day) => go("/findings", sharedQuery(search, { criterion, t: [], from: iso(Date.parse(day)), to: iso(Date.parse(day) + DAY) }))}
            onCriterion={(criterion) => go("/controls", sharedQuery(search, { at: criterion }))}
          />
        )}
      </div>
    </section>
  );
}
