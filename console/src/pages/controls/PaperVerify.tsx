import { useQuery } from "@tanstack/react-query";
import type { Answer } from "@/api/types";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { serverNow } from "@/time/useTime";
import { Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { fileAddress, reportsQuery } from "./queries";
import { periodText } from "./Reports";
import type { Report } from "./types";
import { VerifyBox } from "./VerifyBox";

/** The newest report that holds all of a period, of all clusters or of those asked for. */
export function reportOf(reports: readonly Report[], from: string | null, to: string | null, scope: readonly string[], now: number): Report | null {
  if (from === null || to === null) return null;
  const [a, b] = [Date.parse(from), Math.min(Date.parse(to), now)];
  const holds = (r: Report) => r.state === "done" && Date.parse(r.from) <= a && Date.parse(r.to) >= b && (r.clusters.length === 0 || (scope.length > 0 && scope.every((c) => r.clusters.includes(c))));
  return reports.filter(holds).sort((x, y) => Date.parse(y.asked_at) - Date.parse(x.asked_at))[0] ?? null;
}

/** What of the papers can be verified, and with what result. */
export function PaperVerify({ answer }: { answer: Answer }) {
  const { may } = useSession();
  const { data, error, refetch } = useQuery({ ...reportsQuery, enabled: may("read_reports") });
  const scope = new URLSearchParams(answer.query).getAll("cluster");
  const report = reportOf(data ?? [], answer.from, answer.to, scope, serverNow());
  return (
    <section className="sheet" aria-label="Verification">
      <h2>Verification</h2>
      {!may("read_reports") ? (
        <p>Reports are not open to this role, so nothing could be verified.</p>
      ) : error !== null ? (
        <Failed error={error} what="The reports" onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton />
      ) : report === null ? (
        <p>
          <strong>No report that holds this period was made.</strong> The figures above are read from the server and cannot be verified apart from it. Make a report of the period to have a bundle that can.
        </p>
      ) : (
        <>
          <p>
            The report of {periodText(report)} ({report.clusters.length === 0 ? "all clusters" : report.clusters.join(", ")}), made <Time at={report.done_at ?? report.asked_at} /> UTC for {report.made_by}, holds this period.
            {report.outcome?.no_evidence === true && <strong className="draft"> It has no evidence: nothing at all was known of its period.</strong>}
          </p>
          <dl className="kv">
            <dt>SHA-256 of its manifest</dt>
            <dd className="mono digest">{report.outcome?.manifest ?? "not known"}</dd>
            <dt>Knows the ledger up to</dt>
            <dd>record {countText(report.outcome?.as_of_seq ?? 0)}</dd>
            {report.files.map((f) => (
              <div key={f.name} className="contents">
                <dt>
                  <a href={fileAddress(report.id, f.name)} download className="plain">
                    {f.name}
                  </a>
                </dt>
                <dd className="mono digest">{f.sha256}</dd>
              </div>
            ))}
          </dl>
          <VerifyBox report={report} />
        </>
      )}
    </section>
  );
}
