import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { Link } from "@/url/Link";
import { nearQuery } from "../queries";
import type { Acted, Found, Sample } from "../types";

/** Rows of a sample that are listed at first, and how many more each time. */
const STEP = 5;
/** How far around an example activity is shown, s. */
const NEAR = 30;

/** Examples, the newest first. */
export function Rows({ sample }: { sample: Sample }) {
  const [most, setMost] = useState(STEP);
  const rows = sample.rows.slice(0, most);
  return (
    <>
      <ul className="sample">
        {rows.map((r, i) => (
          <li key={r.id ?? `${r.time} ${r.rule} ${String(i)}`}>{r.acted === null ? <FoundLine found={r} /> : <ActedLine found={r} acted={r.acted} />}</li>
        ))}
      </ul>
      {rows.length < sample.rows.length ? (
        <button type="button" className="btn" data-kind="quiet" data-size="small" onClick={() => setMost(most + STEP)}>
          {countText(Math.min(STEP, sample.rows.length - rows.length))} more of {countText(sample.count)}
        </button>
      ) : (
        rows.length < sample.count && <span className="dim">and {countText(sample.count - rows.length)} older ones, which are counted and not listed</span>
      )}
    </>
  );
}

function FoundLine({ found }: { found: Found }) {
  return (
    <>
      <Time at={found.time} form="minute" /> {found.id === null ? <span>{found.rule}</span> : <Link to={`/findings/${encodeURIComponent(found.id)}`}>{found.rule}</Link>} <span className="faint">{found.node}</span> <span className="mono wrap">{found.output}</span> {found.id === null && <span className="faint">replayed from {found.file}</span>}
    </>
  );
}

/** What activity tells: who did what, and what else was done there at that time. */
function ActedLine({ found, acted }: { found: Found; acted: Acted }) {
  const [near, setNear] = useState(false);
  const place = [acted.namespace, acted.pod].filter((t) => t !== "").join("/");
  return (
    <>
      <Time at={found.time} /> <span className="tag">{acted.kind}</span> <span className="mono wrap">{found.output}</span>
      {acted.times > 1 && <span className="dim"> {countText(acted.times)} times in that minute; the first is judged</span>}
      <div className="dim">
        by <span className="mono">{acted.process === "" ? "a process that is not known" : acted.process}</span> ({acted.pid}
        {acted.parent !== "" && `, child of ${acted.parent}`}), user {acted.user}, {acted.container === "" ? "on the machine itself" : `in container ${acted.container}`}
        {place !== "" && ` (${place})`}, node {found.node}{" "}
        <button type="button" className="btn" data-kind="quiet" data-size="small" aria-expanded={near} onClick={() => setNear(!near)}>
          Around it
        </button>
      </div>
      {near && <Near node={found.node} at={found.time} />}
    </>
  );
}

function Near({ node, at }: { node: string; at: string }) {
  const { data, error, refetch } = useQuery(nearQuery(node, at, NEAR));
  if (data === undefined) return error === null ? <Skeleton lines={3} /> : <Failed error={error} what="The activity" onRetry={() => void refetch()} />;
  const second = at.slice(0, 19);
  return (
    <table className="table near" aria-label={`Activity of ${node} within ${String(NEAR)} s`}>
      <tbody>
        {data.rows.map((a, i) => (
          <tr key={a.fact ?? i} data-here={a.time.slice(0, 19) === second ? "" : undefined}>
            <td className="mono">
              <Time at={a.time} form="clock" />
            </td>
            <td>{a.kind}</td>
            <td className="mono wrap">{a.text}</td>
            <td className="dim">{a.user ?? ""}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
