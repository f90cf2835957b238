import { Fragment } from "react";
import { RecordLink } from "@/record/RecordLink";
import { countText } from "@/time/format";
import { iso, lengthText } from "@/time/span";
import { AnswerLine } from "@/ui/Answer";
import { Icon } from "@/ui/icons";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { Link } from "@/url/Link";
import { useParam } from "@/url/router";
import { saveText } from "@/ui/give";
import { deviationsCsv } from "./export";
import { DraftNotice, Frame } from "./Frame";
import type { Deviation } from "./types";
import { useControls } from "./useControls";
import { useCursor } from "./useCursor";
import { plural } from "./words";

/** What did not go as it should have, all of the period. */
export function DeviationRegister() {
  const { data, error, refetch, isPlaceholderData } = useControls();
  const [status, setStatus] = useParam("status");
  const [kind, setKind] = useParam("kind");
  const [control, setControl] = useParam("control");
  const all = data?.deviations ?? [];
  const kinds = [...new Set(all.map((d) => d.kind))];
  const shown = all.filter((d) => (status === null || (status === "closed") === d.closed) && (kind === null || d.kind === kind) && (control === null || d.controls.includes(control)));
  const cursor = useCursor(shown.map((d) => d.id));
  const open = all.filter((d) => !d.closed).length;
  return (
    <Frame
      data={data}
      lead={data !== undefined && <AnswerLine answer={data.answer} count={shown.length} noun={`${plural(shown.length, "deviation")}${shown.length < all.length ? ` of ${countText(all.length)}` : ""}`} />}
      actions={
        <>
          <button type="button" className="btn" disabled={shown.length === 0} onClick={() => saveText("deviations.csv", "text/csv", deviationsCsv(shown))} title="Exactly the rows that are shown">
            <Icon name="download" /> CSV
          </button>
          <button type="button" className="btn" disabled={shown.length === 0} onClick={() => saveText("deviations.json", "application/json", JSON.stringify({ answer: data?.answer, deviations: shown }, null, 2))} title="Exactly the rows that are shown, with the question">
            JSON
          </button>
        </>
      }
    >
      {error !== null && <Failed error={error} what="The register" onRetry={() => void refetch()} />}
      {data === undefined ? error === null && <Skeleton height={320} /> : (
        <div className="stack" aria-busy={isPlaceholderData}>
          <DraftNotice lists={data.lists} />
          <div className="flex filters">
            <div className="choice" role="group" aria-label="Open or closed">
              {([[null, `All ${countText(all.length)}`], ["open", `Open ${countText(open)}`], ["closed", `Closed ${countText(all.length - open)}`]] as const).map(([value, label]) => (
                <button key={label} type="button" className="btn" aria-pressed={status === value} onClick={() => setStatus(value)}>
                  {label}
                </button>
              ))}
            </div>
            <select className="select" aria-label="Kind" value={kind ?? ""} onChange={(e) => setKind(e.target.value)}>
              <option value="">every kind</option>
              {kinds.map((k) => (
                <option key={k} value={k}>
                  {k} ({all.filter((d) => d.kind === k).length})
                </option>
              ))}
            </select>
            <select className="select" aria-label="Control" value={control ?? ""} onChange={(e) => setControl(e.target.value)}>
              <option value="">every control</option>
              {[...new Set(all.flatMap((d) => d.controls))].sort().map((c) => (
                <option key={c}>{c}</option>
              ))}
            </select>
          </div>
          {all.length === 0 ? (
            <Empty title="No deviation is known in this time">
              {data.criteria.length === 0 ? "No control was valid in it, so nothing was judged." : "That is worth as much as the watching: see the share watched and the gaps of each control."}
            </Empty>
          ) : shown.length === 0 ? (
            <Empty title="None of these" actions={<Link to="/controls/deviations">Show all {countText(all.length)}</Link>} />
          ) : (
            <div className="card scrollx">
              <DeviationTable deviations={shown} cursor={cursor} />
            </div>
          )}
        </div>
      )}
    </Frame>
  );
}

/** Kinds whose subject is a rule, and whose evidence are its findings. */
const OF_FINDINGS = new Set(["confirmed findings", "findings not dealt with in time"]);

/** Deviations with what shows them. */
export function DeviationTable({ deviations, cursor = null, withControls = true }: { deviations: Deviation[]; cursor?: string | null; withControls?: boolean }) {
  return (
    <table className="table deviations" aria-label="Deviations">
      <thead>
        <tr>
          <th scope="col">Id</th>
          <th scope="col">State</th>
          <th scope="col">What</th>
          <th scope="col">From (UTC)</th>
          <th scope="col" className="num">Items</th>
          {withControls && <th scope="col">Of</th>}
          <th scope="col" title="Numbers of records of the ledger; the first of them">Evidence</th>
        </tr>
      </thead>
      <tbody>
        {deviations.map((d) => (
          <tr key={d.id} data-row={d.id} data-cursor={d.id === cursor ? "" : undefined}>
            <th scope="row" className="mono">{d.id}</th>
            <td>
              <span className="devstate" data-open={d.closed ? undefined : ""}>
                {d.closed ? "closed" : "open"}
              </span>
            </td>
            <td>
              <strong>{d.kind}</strong>: <span className="wrap">{d.subject}</span>
              {d.cause !== "" && <div className="dim wrap">{d.cause}</div>}
            </td>
            <td className="when">
              <Time at={d.from} form="minute" />
              <div className="dim">{Date.parse(d.to) > Date.parse(d.from) ? `for ${lengthText(Date.parse(d.to) - Date.parse(d.from))}` : "at once"}</div>
            </td>
            <td className="num when">
              {countText(d.items[0])} of {countText(d.items[1])}
            </td>
            {withControls && (
              <td>
                <div className="tags">
                  {d.controls.map((c) => (
                    <Link key={c} to={`/controls/${encodeURIComponent(c)}`} className="tag">
                      {c}
                    </Link>
                  ))}
                  {d.criteria.map((c) => (
                    <Link key={c} to="/controls" query={{ at: c }} className="tag">
                      {c}
                    </Link>
                  ))}
                </div>
              </td>
            )}
            <td>
              {d.evidence.length === 0 ? !OF_FINDINGS.has(d.kind) && <span className="faint">no record; it follows from what is missing</span> : <span title="Records of the ledger">{plural(d.evidence.length, "record")}{" "}{d.evidence.map((n, i) => <Fragment key={n}>{i > 0 && ", "}<RecordLink seq={n} /></Fragment>)}</span>}
              {OF_FINDINGS.has(d.kind) && (
                <div>
                  <Link to="/findings" query={{ rule: d.subject, t: [], from: d.from, to: iso(Date.parse(d.to) + 1000) }}>findings of this time</Link>
                </div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
