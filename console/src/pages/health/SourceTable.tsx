import { countText, utcText } from "@/time/format";
import { lengthText, type Range } from "@/time/span";
import { Time } from "@/ui/Time";
import { laneText, pieces, place, short, STATES, worstFirst } from "./model";
import type { HealthGap, Node, RuleSet, Source, State } from "./types";

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

/** That an agent does not run the rules that the server has for it, since when and why. */
function Behind({ set }: { set: RuleSet | null }) {
  if (set === null || set.behind_since === null) return null;
  return (
    <div className="why">
      <span className="state" data-tone="warn">
        <span aria-hidden="true">◆</span> {set.refused === null ? "behind" : "refused newer rules"}
      </span>{" "}
      since <Time at={set.behind_since} form="noyear" />
      {set.refused !== null && <div>{set.refused}</div>}
    </div>
  );
}

/** Every source of every node, the worst first. */
export function SourceTable({ sources, nodes, range }: { sources: Source[]; nodes: Node[]; range: Range }) {
  const sets = new Map(nodes.map((n) => [n.node, n.rule_set]));
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
                <td>
                  <span className="mono" title={s.rules_digest}>
                    {short(s.rules_digest)}
                  </span>
                  <Behind set={sets.get(s.node) ?? null} />
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
