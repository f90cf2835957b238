import { countText, utcText } from "@/time/format";
import { lengthText, stepFor, type Range } from "@/time/span";
import { chooseRange } from "@/time/useTime";
import { Brush } from "@/ui/brush/Brush";
import { stretchOf, stretchText } from "@/ui/brush/model";
import { useStop } from "@/ui/brush/useBrush";
import { Time } from "@/ui/Time";
import { laneText, ownKey, pieces, place, sameNamed, short, sliceText, STATES, worstFirst } from "./model";
import type { Node, RuleSet, Source, State } from "./types";

/** About so many stretches of a lane can be pointed at. */
const SLOTS = 48;

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
function Lane({ source: s, range, stop }: { source: Source; range: Range; stop: ReturnType<ReturnType<typeof useStop>> }) {
  const watched = s.expected === null ? null : place(s.expected, range);
  const slots = { view: range, step: stepFor(range, SLOTS) * 1000 };
  const describe = (i: number) => {
    const stretch = stretchOf(slots, i, i);
    return `${stretchText(stretch)}: ${sliceText(s.gaps, s.expected, stretch)}`;
  };
  return (
    <Brush className="lane" label={`${s.source} of ${s.node}: ${laneText(s.gaps, s.expected, range)}`} {...slots} describe={describe} onBrush={chooseRange} {...stop}>
      {watched !== null && <i style={{ left: `${String(watched.left)}%`, width: `${String(watched.width)}%` }} />}
      {pieces(s.gaps, range).map(({ left, width, gap }) => (
        <span key={`${gap.from}${gap.cause}`} style={{ left: `${String(left)}%`, width: `${String(width)}%` }} />
      ))}
    </Brush>
  );
}

/** Digests of log files (CloudTrail's validation) that were checked: what their signatures are worth. */
function DigestLine({ digests }: { digests: NonNullable<Source["digests"]> }) {
  const { verified, not_verified, failed } = digests;
  return (
    <div className="faint" title="Digests of log files, checked since the server began. A digest names the log files of an hour with their hashes.">
      digests: {countText(verified)} verified
      {not_verified > 0 && <>, <span className="open">{countText(not_verified)} not verified (no key or no signature)</span></>}
      {failed > 0 && (
        <>
          , <strong className="bad">▲ {countText(failed)} failed: the signature is not of its key</strong>
        </>
      )}
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

/** Who is watched. A machine and a cluster may have the same name: then each says whose it is, and of which run. */
function Who({ source: s, twin }: { source: Source; twin: boolean }) {
  return (
    <th scope="row" className="who">
      <span className="name">{s.node}</span>
      <div className="mono">{s.source}</div>
      {s.cluster !== "" && s.cluster !== s.node && <div className="faint">{s.cluster}</div>}
      {twin && (
        <div className="faint">
          {s.own ? "judged by this server" : "of an agent"}, run <span className="mono">{short(s.run)}</span>
        </div>
      )}
    </th>
  );
}

/** Every source of every node, the worst first. */
export function SourceTable({ sources, nodes, range }: { sources: Source[]; nodes: Node[]; range: Range }) {
  const sets = new Map(nodes.map((n) => [ownKey(n), n.rule_set]));
  const rows = worstFirst(sources);
  const twins = sameNamed(sources);
  const keyOf = (s: Source) => `${ownKey(s)} ${s.source}`;
  const stop = useStop(rows.map(keyOf));
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
        <table className="table sources" aria-label="Sources of nodes" data-brushes="">
          <thead>
            <tr>
              <th scope="col">Node, source</th>
              <th scope="col" className="told">
                State
              </th>
              <th scope="col" className="wide">
                Watched
              </th>
              <th scope="col" className="num">
                Last event (UTC)
              </th>
              <th scope="col" className="num">
                Events
              </th>
              <th scope="col" className="num">
                Lost
              </th>
              <th scope="col">Rules, version</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((s) => (
              <tr key={keyOf(s)}>
                <Who source={s} twin={twins.has(s.node)} />
                <td className="told">
                  <StateMark state={s.state} />
                  {s.reason !== "" && <div className="why">{s.reason}</div>}
                  {s.digests !== undefined && s.digests !== null && <DigestLine digests={s.digests} />}
                </td>
                <td className="wide">
                  <Lane source={s} range={range} stop={stop(keyOf(s))} />
                  <div className="faint">{laneText(s.gaps, s.expected, range)}</div>
                </td>
                <td className="num" data-of="Last event">
                  {s.last_event === null ? "none" : <Time at={s.last_event} form="noyear" />}
                  {s.lag_s !== null && <div className="faint">lag {lengthText(s.lag_s * 1000)}</div>}
                </td>
                <td className="num" data-of="Events">
                  {countText(s.events)}
                </td>
                <td className="num" data-of="Lost" data-bad={s.drops > 0 || undefined}>
                  {countText(s.drops)}
                </td>
                <td className="rules" data-of="Rules">
                  <span className="mono" title={s.rules_digest}>
                    {short(s.rules_digest)}
                  </span>
                  {s.version !== "" && <div className="faint">{s.version}</div>}
                  <Behind set={sets.get(ownKey(s)) ?? null} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
