import { useRef } from "react";
import { useQuery } from "@tanstack/react-query";
import { bytesText, countText } from "@/time/format";
import { Icon } from "@/ui/icons";
import { PageHead } from "@/ui/PageHead";
import { Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { useKeys } from "@/ui/useKeys";
import { Link, sharedQuery } from "@/url/Link";
import { go, usePlace } from "@/url/router";
import { fileAddress, reportQuery } from "./queries";
import { JobMark, periodText } from "./Reports";
import { stepAt, STEPS } from "./steps";
import type { Report } from "./types";
import { VerifyBox } from "./VerifyBox";
import { plural } from "./words";

/** One report: being made, or made. */
export function ReportPage({ id }: { id: string }) {
  const { search } = usePlace();
  const { data, error, refetch } = useQuery(reportQuery(id));
  useKeys({ u: () => go("/controls/reports", sharedQuery(search)) });
  return (
    <>
      <nav className="crumb" aria-label="Way here">
        <Link to="/controls">Controls</Link> / <Link to="/controls/reports">Reports</Link> / <span className="mono">{id}</span>
      </nav>
      <PageHead title={data === undefined ? "Report" : `Report of ${periodText(data)}`}>
        {data !== undefined && (
          <p className="answer">
            <span>
              <JobMark report={data} />
            </span>
            <span>{data.clusters.length === 0 ? "all clusters" : data.clusters.join(", ")}</span>
            <span>
              asked for by {data.made_by} <Time at={data.asked_at} />
            </span>
            {data.outcome !== null && <span>knows the ledger up to record {countText(data.outcome.as_of_seq)}</span>}
          </p>
        )}
      </PageHead>
      {error !== null && <Failed error={error} what="The report" onRetry={() => void refetch()} />}
      {data === undefined ? error === null && <Skeleton height={240} /> : (
        <div className="stack">
          {(data.state === "queued" || data.state === "running") && <Making key={data.id} report={data} />}
          {data.state === "failed" && (
            <div className="notice" data-tone="bad" role="alert">
              <Icon name="warn" />
              <div className="grow">
                <strong>The report was not made.</strong> {data.error ?? "The server does not say why."}
                <div className="dim">Nothing of it can be used. Ask for it again when the cause is gone.</div>
              </div>
              <Link to="/controls/reports" query={{ t: [], from: data.from, to: data.to, cluster: data.clusters }} className="btn" data-size="small">
                Ask again
              </Link>
            </div>
          )}
          {data.outcome !== null && <Outcome made={data.outcome} report={data} />}
          {data.state === "done" && (
            <>
              <Files report={data} />
              <VerifyBox report={data} />
            </>
          )}
        </div>
      )}
    </>
  );
}

function Making({ report }: { report: Report }) {
  // "ledger" comes a second time in the middle: the line does not go back for it.
  const furthest = useRef(-1);
  const at = (furthest.current = Math.max(furthest.current, stepAt(report.progress)));
  return (
    <section className="card" aria-label="Being made">
      <div className="body making" role="status">
        <p>
          <strong>{report.state === "queued" ? "Waiting for the reports before it." : `Being made: ${report.progress ?? "…"}.`}</strong> <span className="dim">You may leave this page; the report is made all the same.</span>
        </p>
        <ol aria-hidden="true">
          {STEPS.map((step, i) => (
            <li key={step} data-done={i < at ? "" : undefined} data-now={i === at ? "" : undefined}>
              {step}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function Outcome({ made, report }: { made: NonNullable<Report["outcome"]>; report: Report }) {
  return (
    <>
      {made.no_evidence && (
        <div className="notice" data-tone="bad" role="alert">
          <Icon name="warn" />
          <div>
            <strong>No evidence. Nothing at all is known of this period.</strong>
            <div>The report says so on its first page. It shows no control as passed, and it cannot stand for one: nobody was watching, or what was seen was not kept.</div>
          </div>
        </div>
      )}
      <dl className="numbers card">
        <div>
          <dt>Findings</dt>
          <dd>{made.no_evidence && made.findings === 0 ? "–" : countText(made.findings)}</dd>
        </div>
        <div>
          <dt>Deviations</dt>
          <dd>{countText(made.deviations)}</dd>
        </div>
        <div>
          <dt>Open {plural(made.open_deviations, "deviation")}</dt>
          <dd data-bad={made.open_deviations > 0 ? "" : undefined}>{countText(made.open_deviations)}</dd>
        </div>
        <div>
          <dt>Sample</dt>
          <dd>{report.sample === 0 ? "none" : <>{countText(report.sample)} <small>rows, seed {report.seed}</small></>}</dd>
        </div>
        <div className="wide">
          <dt>SHA-256 of the manifest</dt>
          <dd className="mono digest">{made.manifest}</dd>
        </div>
      </dl>
    </>
  );
}

function Files({ report }: { report: Report }) {
  return (
    <section className="card scrollx" aria-label="Files">
      <header>
        <h2>Files</h2>
        <span className="faint">{countText(report.files.length)}; that the bundle was fetched is recorded in the ledger</span>
      </header>
      <table className="table" aria-label="Files of the report">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col" className="num">Size</th>
            <th scope="col">SHA-256</th>
          </tr>
        </thead>
        <tbody>
          {report.files.map((f) => (
            <tr key={f.name}>
              <th scope="row">
                <a className="file" href={fileAddress(report.id, f.name)} download={`avouch-${report.id}-${f.name.split("/").at(-1) ?? ""}`}>
                  <Icon name="download" size={13} /> {f.name}
                </a>
              </th>
              <td className="num when" title={`${countText(f.bytes)} bytes`}>{bytesText(f.bytes)}</td>
              <td className="mono digest">{f.sha256}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
