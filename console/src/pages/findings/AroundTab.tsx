import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { activityQuery, ancestryQuery } from "@/api/queries";
import type { Row } from "@/api/types";
import { utcClock } from "@/time/format";
import { AnswerLine } from "@/ui/Answer";
import { Failed, Skeleton } from "@/ui/States";
import { RecordLink } from "@/record/RecordLink";
import { Time } from "@/ui/Time";

const REACHES = [10, 60, 300, 1800];

/** The processes above it, and what else was done in the same place at that time. */
export function AroundTab({ row }: { row: Row }) {
  const [within, setWithin] = useState(60);
  const ancestry = useQuery(ancestryQuery(row.id));
  const activity = useQuery(activityQuery(row.id, within));
  return (
    <div className="stack">
      <section>
        <h3>Processes, from the first to this one</h3>
        {ancestry.data === undefined ? (
          ancestry.error === null ? (
            <Skeleton lines={3} />
          ) : (
            <Failed error={ancestry.error} what="The ancestry" />
          )
        ) : ancestry.data.processes.length === 0 ? (
          <p className="faint">The finding has no process: its source is {row.source}, or the fields were not kept.</p>
        ) : (
          <ol className="ancestry">
            {[...ancestry.data.processes].reverse().map((p, depth) => (
              <li key={depth} style={{ paddingLeft: depth * 14 }}>
                <strong>{p.name}</strong> {p.pid !== undefined && p.pid !== null && <span className="faint">{p.pid}</span>} {p.cmdline !== undefined && p.cmdline !== null && <span className="mono dim wrap">{p.cmdline}</span>}
              </li>
            ))}
          </ol>
        )}
      </section>
      <section>
        <div className="flex">
          <h3 className="grow">Activity around it</h3>
          <label className="flex">
            <span className="faint">within ±</span>
            <select className="select" value={within} onChange={(e) => setWithin(Number(e.target.value))}>
              {REACHES.map((s) => (
                <option key={s} value={s}>
                  {s < 120 ? `${String(s)} s` : `${String(s / 60)} min`}
                </option>
              ))}
            </select>
          </label>
        </div>
        {activity.data === undefined ? (
          activity.error === null ? (
            <Skeleton lines={5} />
          ) : (
            <Failed error={activity.error} what="The activity" onRetry={() => void activity.refetch()} />
          )
        ) : (
          <>
            <AnswerLine answer={activity.data.answer} count={activity.data.rows.length} noun="activities" />
            {activity.data.left_out > 0 && <p className="dim">{activity.data.left_out} more are not shown.</p>}
            <table className="table activity" aria-label="Activity around the finding">
              <thead>
                <tr>
                  <th scope="col">UTC</th>
                  <th scope="col">Kind</th>
                  <th scope="col">What and who</th>
                  <th scope="col">Record</th>
                </tr>
              </thead>
              <tbody>
                {activity.data.rows.map((a, i) => (
                  <tr key={a.fact ?? i} data-here={a.time.slice(0, 19) === row.time.slice(0, 19) ? "" : undefined}>
                    <td className="mono" title={utcClock(Date.parse(a.time))}>
                      <Time at={a.time} form="clock" />
                    </td>
                    <td>{a.kind}</td>
                    <td>
                      <span className="mono">{a.text}</span>
                      <div className="dim">by {a.user ?? "a user not known"}</div>
                    </td>
                    <td>
                      <RecordLink seq={a.record.seq} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            {activity.data.rows.length === 0 && <p className="faint">Nothing was recorded. Commands and connections are recorded only where that is switched on.</p>}
          </>
        )}
      </section>
    </div>
  );
}
