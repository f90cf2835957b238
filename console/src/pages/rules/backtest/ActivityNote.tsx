import { countText } from "@/time/format";
import { Time } from "@/ui/Time";
import type { ActivityRead, NodeActivity } from "../types";

/** Which activity was judged, and where there is none. None at all is its own state, and not "would find nothing". */
export function ActivityNote({ activity: a }: { activity: ActivityRead }) {
  if (a.state === "not_asked") return null;
  if (a.state === "none_kept") {
    return (
      <div className="notice" data-tone="warn">
        <span>
          <strong>No activity was kept of this time</strong>, so what new and wider rules would have found is not known.{" "}
          {a.dropped > 0 ? `${countText(a.dropped)} records were dropped by retention. ` : ""}
          Start agents with <code>--activity</code>: then commands, connections and changed files are kept, whatever the rules are.
        </span>
      </div>
    );
  }
  const gaps = a.nodes.filter((n) => n.gaps.length > 0);
  const silent = a.nodes.filter((n) => n.records === 0).length;
  return (
    <section className="card" aria-label="Activity">
      <header>
        <h3>Activity</h3>
        <span className="dim">
          {countText(a.commands)} commands, {countText(a.connections)} connections (one record a minute each), {countText(a.files)} changed files
        </span>
      </header>
      <div className="body stack">
        <p>
          {a.first !== null && a.last !== null && (
            <>
              From <Time at={a.first} form="minute" /> to <Time at={a.last} form="minute" /> UTC, of {countText(a.nodes.length - silent + a.more_nodes)} nodes.
            </>
          )}
        </p>
        <Limits a={a} />
        {(gaps.length > 0 || a.nodes.length > 1) && (
          <details open={silent > 0}>
            <summary>{gaps.length === 0 ? "By node" : `By node: ${countText(gaps.length)} of ${countText(a.nodes.length)} have watched days without activity`}</summary>
            <table className="table" aria-label="Activity by node">
              <thead>
                <tr>
                  <th scope="col">Node</th>
                  <th scope="col" className="num">Records</th>
                  <th scope="col" className="num">Days with any</th>
                  <th scope="col" className="num">Days watched</th>
                  <th scope="col">Watched, and none kept</th>
                </tr>
              </thead>
              <tbody>
                {a.nodes.map((n) => (
                  <tr key={n.node}>
                    <th scope="row">{n.node}</th>
                    <td className="num">{countText(n.records)}</td>
                    <td className="num">{countText(n.days)}</td>
                    <td className="num">{n.watched_days === 0 ? <span className="faint">not known</span> : countText(n.watched_days)}</td>
                    <td>{gapText(n)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {a.more_nodes > 0 && <p className="dim">and {countText(a.more_nodes)} nodes more</p>}
          </details>
        )}
      </div>
    </section>
  );
}

function Limits({ a }: { a: ActivityRead }) {
  const limits: string[] = [];
  if (a.cut_short !== null) limits.push(`what is older was not judged: ${a.cut_short === "time" ? "the time for it was up" : "as many records as may be judged were"}. Choose a shorter time to judge all of it`);
  if (a.left_out > 0) limits.push(`${countText(a.left_out)} records were left out by agents to keep to their budget`);
  if (a.dropped > 0) limits.push(`${countText(a.dropped)} records of this time were dropped by retention`);
  if (a.brief > 0) limits.push(`${countText(a.brief)} records are of agents too old to tell names of processes: most conditions cannot be said of them`);
  if (limits.length === 0) return null;
  return (
    <ul className="plain">
      {limits.map((l) => (
        <li key={l}>{l}</li>
      ))}
    </ul>
  );
}

function gapText(n: NodeActivity): string {
  const day = (t: string) => t.slice(0, 10);
  const lastDay = (t: string) => new Date(Date.parse(t) - 1).toISOString().slice(0, 10);
  const text = n.gaps.map((g) => (day(g.from) === lastDay(g.to) ? day(g.from) : `${day(g.from)} to ${lastDay(g.to)}`));
  return text.length === 0 ? "" : text.join(", ");
}
