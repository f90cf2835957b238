import { useQuery } from "@tanstack/react-query";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { Icon } from "@/ui/icons";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { Link, sharedQuery } from "@/url/Link";
import { go, usePlace } from "@/url/router";
import { Frame } from "./Frame";
import { reportsQuery } from "./queries";
import { ReportForm } from "./ReportForm";
import type { Report } from "./types";
import { useControls } from "./useControls";
import { useCursor } from "./useCursor";
import { JOB_WORDS, plural } from "./words";

/** Reports: those that were made, and the way to a new one. */
export function Reports() {
  const { search } = usePlace();
  const { may } = useSession();
  const { data: controls } = useControls();
  const { data, error, refetch } = useQuery({ ...reportsQuery, enabled: may("read_reports") });
  const cursor = useCursor((data ?? []).map((r) => r.id), (id) => go(`/controls/reports/${id}`, sharedQuery(search)));
  return (
    <Frame data={controls} lead={data !== undefined && <p className="answer"><span><strong>{countText(data.length)}</strong> {plural(data.length, "report")} that you may see, of every period</span></p>}>
      {!may("read_reports") && <Empty title="Reports are not open to your role" />}
      {error !== null && <Failed error={error} what="The reports" onRetry={() => void refetch()} />}
      <div className="reports">
        {may("make_reports") && <ReportForm />}
        {may("read_reports") && (
          <section className="card scrollx" aria-label="Reports made">
            <header>
              <h2>Reports made</h2>
            </header>
            {data === undefined ? error === null && <div className="body"><Skeleton lines={4} /></div> : data.length === 0 ? (
              <Empty title="No report was made yet">A report has the controls, the findings, the deviations and the records behind them, in a bundle that can be verified without this server.</Empty>
            ) : (
              <ReportTable reports={data} cursor={cursor} />
            )}
          </section>
        )}
      </div>
    </Frame>
  );
}

function ReportTable({ reports, cursor }: { reports: Report[]; cursor: string | null }) {
  return (
    <table className="table reportlist" aria-label="Reports">
      <thead>
        <tr>
          <th scope="col">Period (UTC, end not included)</th>
          <th scope="col">State</th>
          <th scope="col" className="num">Findings</th>
          <th scope="col" className="num">Deviations</th>
          <th scope="col" className="num">Open</th>
          <th scope="col">Asked for</th>
        </tr>
      </thead>
      <tbody>
        {reports.map((r) => (
          <tr key={r.id} data-row={r.id} data-cursor={r.id === cursor ? "" : undefined}>
            <th scope="row">
              <Link to={`/controls/reports/${r.id}`}>{periodText(r)}</Link>
              <div className="dim">{r.clusters.length === 0 ? "all clusters" : r.clusters.join(", ")}</div>
            </th>
            <td>
              <JobMark report={r} />
            </td>
            {r.outcome === null ? (
              <td colSpan={3} className="faint wrap">{r.error ?? ""}</td>
            ) : r.outcome.no_evidence ? (
              <td colSpan={3}>
                <strong className="draft">No evidence of this period</strong>
              </td>
            ) : (
              <>
                <td className="num">{countText(r.outcome.findings)}</td>
                <td className="num">{countText(r.outcome.deviations)}</td>
                <td className="num">{countText(r.outcome.open_deviations)}</td>
              </>
            )}
            <td>
              <Time at={r.asked_at} form="minute" />
              <div className="dim">by {r.made_by}</div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The period of a report: days where it has whole ones. */
export function periodText(r: Report): string {
  const one = (at: string) => at.replace(/T00:00:00(\.0+)?Z$/, "");
  return `${one(r.from)} – ${one(r.to)}`;
}

/** How far a report is. */
export function JobMark({ report }: { report: Report }) {
  const running = report.state === "queued" || report.state === "running";
  return (
    <span className="jobstate" data-state={report.state}>
      {report.state === "failed" && <Icon name="warn" size={13} />}
      {report.state === "done" && <Icon name="check" size={13} />}
      {running && <Icon name="clock" size={13} />}
      {JOB_WORDS[report.state]}
      {report.progress !== null && `: ${report.progress}`}
    </span>
  );
}
