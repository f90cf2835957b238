import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { useTime } from "@/time/useTime";
import { AnswerLine } from "@/ui/Answer";
import { Failed, Skeleton } from "@/ui/States";
import { RecordLink } from "@/record/RecordLink";
import { Time } from "@/ui/Time";
import { Link } from "@/url/Link";
import { deliveriesQuery } from "./queries";
import type { Delivery } from "./types";

const STATES: Record<Delivery["state"], string> = { delivered: "delivered", failed: "not delivered", held_back: "held back" };

/** Receipts of the time of the page, newest first. */
export function Deliveries({ channels }: { channels: string[] }) {
  const { params } = useTime();
  const [channel, setChannel] = useState("");
  const { data, error, refetch } = useQuery(deliveriesQuery(params, channel === "" ? null : channel));
  return (
    <section className="card" aria-label="Deliveries">
      <header>
        <h2>Deliveries</h2>
        <div className="grow">{data !== undefined && <AnswerLine answer={data.answer} count={data.count} noun={data.count === 1 ? "receipt" : "receipts"} />}</div>
        <select className="select" aria-label="Channel" value={channel} onChange={(e) => setChannel(e.target.value)}>
          <option value="">all channels</option>
          {channels.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </header>
      {error !== null && <Failed error={error} what="Deliveries" onRetry={() => void refetch()} />}
      {data === undefined ? (
        error === null && <Skeleton />
      ) : data.rows.length === 0 ? (
        <p className="body dim">No receipt in this time.</p>
      ) : (
        <table className="table" aria-label="Receipts of deliveries">
          <thead>
            <tr>
              <th scope="col">Time (UTC)</th>
              <th scope="col">Channel</th>
              <th scope="col">Outcome</th>
              <th scope="col" className="num">Findings</th>
              <th scope="col" className="num">Attempts</th>
              <th scope="col">Why</th>
              <th scope="col">Said</th>
              <th scope="col" className="num">Record</th>
            </tr>
          </thead>
          <tbody>
            {data.rows.map((row) => (
              <tr key={row.seq ?? row.time}>
                <td>
                  <Time at={row.time} />
                </td>
                <td>{row.channel ?? <span className="dim">none</span>}</td>
                <td className={row.state === "delivered" ? undefined : "state-bad"}>{STATES[row.state]}</td>
                <td className="num">
                  <Findings row={row} />
                </td>
                <td className="num">{countText(row.attempts)}</td>
                <td>{row.reason ?? (row.route === null ? "new findings" : `route ${row.route}`)}</td>
                <td className="wrap said">{row.text}</td>
                <td className="num">{row.seq !== null && <RecordLink seq={row.seq} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {data !== undefined && data.rows.length < data.count && <p className="body faint">The newest {countText(data.rows.length)} of {countText(data.count)}. A shorter time shows the others.</p>}
    </section>
  );
}

function Findings({ row }: { row: Delivery }) {
  const only = row.findings.length === 1 ? row.findings[0] : undefined;
  if (only === undefined) return countText(row.count);
  return (
    <Link to={`/findings/${encodeURIComponent(only)}`} aria-label={`${countText(row.count)} finding: ${only}`}>
      {countText(row.count)}
    </Link>
  );
}
