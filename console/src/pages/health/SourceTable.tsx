import { countText, utcText } from "@/time/format";
import { lengthText, type Range } from "@/time/span";
import { Time } from "@/ui/Time";
import { laneText, pieces, place, short, STATES, worstFirst } from "./model";
import type { HealthGap, Source, State } from "./types";

/** A state, by mark, word and colour. */
export function StateMark({ state }: { state: State }) {
  const { word, tone } = STATES[state];
  return (
    <span className="state" data-tone={tone}>
      <span aria-hidden="true">{tone === "ok" ? "●" : tone === "warn" ? "◆" : "▲"}</span> {word}
    </span>
  );
}

/** When a source was not watched, over the time of the page. */
function Lane({ gaps, expected, range }: { gaps: HealthGap[]; expected: Source["expected"]; range: Range }) {
  const watched = expected === null ? null : place(expected, range);
  return (
    <div className="lane" role="img" aria-label={laneText(gaps, expected, range)}>
      {watched !== null && <i style={{ left: `${String(watched.left)}%`, width: `${String(watched.width)}%` }} />}
      {pieces(gaps, range).map(({ left, width, gap }) => (
        <span key={`${gap.from}${gap.cause}`} style={{ left: `${String(left)}%`, width: `${String(width)}%` }} title={`${utcText(Date.parse(gap.from))} to ${utcText(Date.parse(gap.to))} UTC\n${gap.cause}`} />
      ))}
    </div>
  );
}

/** Every source of every node, the worst first. */
export function SourceTable({ sources, range }: { sources: Source[]; range: Range }) {
  return (
    <section className="card" aria-label="Sources">
      <header>
        <h2>Sources</h2>
        <span className="faint">
          {utcText(range.from, false)} to {utcText(range.to, false)} UTC: gaps are hatched, grey is before it was first watched; counts are since the server began
        </span>
      </header>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reachable with keys */}
      <div className="scroll" tabIndex={0} role="region" aria-label="Table of sources">
        <table className="table sources">
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">Source</th>
              <th scope="col">State</th>
              <th scope="col" className="wide">
                Watched
              </th>
              <th scope="col" className="num">
                Last event (UTC)
              </th>
              <th scope="col" className="num">
                Lag
              </th>
              <th scope="col" className="num">
                Events
              </th>
              <th scope="col" className="num">
                Lost
              </th>
              <th scope="col">Rules</th>
              <th scope="col">Version</th>
            </tr>
          </thead>
          <tbody>
            {worstFirst(sources).map((s) => (
              <tr key={`${s.node} ${s.source}`}>
                <th scope="row">
                  {s.node}
                  {s.cluster !== "" && s.cluster !== s.node && <div className="faint">{s.cluster}</div>}
                </th>
                <td className="mono">{s.source}</td>
                <td>
                  <StateMark state={s.state} />
                  {s.reason !== "" && <div className="why">{s.reason}</div>}
                </td>
                <td className="wide">
                  <Lane gaps={s.gaps} expected={s.expected} range={range} />
                  <div className="faint">{laneText(s.gaps, s.expected, range)}</div>
                </td>
                <td className="num">{s.last_event === null ? "none" : <Time at={s.last_event} form="noyear" />}</td>
                <td className="num">{s.lag_s === null ? "" : lengthText(s.lag_s * 1000)}</td>
                <td className="num">{countText(s.events)}</td>
                <td className="num" data-bad={s.drops > 0 || undefined}>
                  {countText(s.drops)}
                </td>
                <td className="mono" title={s.rules_digest}>
                  {short(s.rules_digest)}
                </td>
                <td>{s.version}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
