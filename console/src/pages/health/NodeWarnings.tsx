import { countText } from "@/time/format";
import { Time } from "@/ui/Time";
import { StateMark } from "./SourceTable";
import { ownKey } from "./model";
import type { Node } from "./types";

/** Nodes about which there is something to look at: warnings, losses by cause, or nothing ever heard. */
export function NodeWarnings({ nodes }: { nodes: Node[] }) {
  const odd = nodes.filter((n) => n.warnings.length > 0 || n.lost > 0 || n.state === "never");
  if (odd.length === 0) return null;
  return (
    <section className="card" aria-label="Nodes to look at">
      <header>
        <h2>Nodes to look at</h2>
        <span className="faint">they may be watched all the same</span>
      </header>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reachable with keys */}
      <div className="scroll" tabIndex={0} role="region" aria-label="Table of nodes to look at">
        <table className="table" aria-label="Nodes to look at">
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">State</th>
              <th scope="col">What there is</th>
              <th scope="col" className="num">
                Last heard (UTC)
              </th>
            </tr>
          </thead>
          <tbody>
            {odd.map((n) => (
              <tr key={ownKey(n)}>
                <th scope="row">
                  {n.node}
                  {n.kernel !== "" && <div className="faint">{n.kernel}</div>}
                </th>
                <td>
                  <StateMark state={n.state} />
                </td>
                <td>
                  <ul>
                    {n.state === "never" && <li>{n.reason}</li>}
                    {n.warnings.map((w) => (
                      <li key={w}>{w}</li>
                    ))}
                    {Object.entries(n.lost_by_cause).map(([cause, count]) => (
                      <li key={cause}>
                        lost: {countText(count)} ({cause})
                      </li>
                    ))}
                  </ul>
                </td>
                <td className="num">{n.heard === null ? "not since the server began" : <Time at={n.heard} form="noyear" />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
