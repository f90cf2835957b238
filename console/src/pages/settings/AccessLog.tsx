import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { useTime } from "@/time/useTime";
import { Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { accessLogQuery } from "./queries";

/** Who looked at what, in the time of the page. */
export function AccessLog() {
  const { params } = useTime();
  const [who, setWho] = useState("");
  const [before, setBefore] = useState<number | null>(null);
  const { data, error, refetch } = useQuery(accessLogQuery(params, who.trim(), before));
  if (data === undefined) return error === null ? <Skeleton height={200} /> : <Failed error={error} what="The access log" onRetry={() => void refetch()} />;
  return (
    <section className="card" aria-label="Access log">
      <header>
        <h2>Access log</h2>
        <span className="faint grow">{data.everybody ? "What auditors asked, and logins that failed. What others export is a record of the ledger." : "What you asked, as it was written down."}</span>
        {data.everybody && (
          <input
            className="input"
            aria-label="Of one only"
            placeholder="name"
            value={who}
            onChange={(e) => {
              setWho(e.target.value);
              setBefore(null);
            }}
          />
        )}
      </header>
      {error !== null && <Failed error={error} what="A newer answer" onRetry={() => void refetch()} />}
      {data.rows.length === 0 ? (
        <p className="body dim">Nothing was written down in this time.</p>
      ) : (
        <table className="table" aria-label="Access log">
          <thead>
            <tr>
              <th scope="col">Time (UTC)</th>
              <th scope="col">Who</th>
              <th scope="col">Role</th>
              <th scope="col">Address</th>
              <th scope="col">At what</th>
              <th scope="col">Question</th>
            </tr>
          </thead>
          <tbody>
            {data.rows.map((row) => (
              <tr key={row.id}>
                <td>
                  <Time at={row.time} />
                </td>
                <td>{row.who}</td>
                <td>{row.role}</td>
                <td>{row.address}</td>
                <td className="wrap said">{row.what}</td>
                <td className="wrap said mono">{row.query}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="body flex">
        <span className="faint grow">{countText(data.rows.length)} rows, newest first</span>
        {before !== null && (
          <button type="button" className="btn" data-size="small" onClick={() => setBefore(null)}>
            Newest
          </button>
        )}
        {data.next !== null && (
          <button type="button" className="btn" data-size="small" onClick={() => setBefore(data.next)}>
            Older
          </button>
        )}
      </p>
    </section>
  );
}
