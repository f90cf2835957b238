import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { similarQuery } from "@/api/queries";
import type { Row } from "@/api/types";
import { healthQuery } from "@/pages/health/queries";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { iso } from "@/time/span";
import { Link, sharedQuery } from "@/url/Link";
import { go } from "@/url/router";
import { AnswerLine } from "@/ui/Answer";
import { chartGaps, type ChartBar } from "@/ui/chart/model";
import { TimeChart } from "@/ui/chart/TimeChart";
import { Failed, Skeleton } from "@/ui/States";

const DAYS = 90;
const DAY = 86_400_000;

/** Findings of the same rule, process and image, by day. */
export function SimilarTab({ row }: { row: Row }) {
  const { data, error, refetch } = useQuery(similarQuery(row.id, DAYS));
  const query = useMemo(() => {
    const out: Record<string, string> = { rule: row.rule, t: "90d" };
    if (row.process !== null) out["process"] = row.process;
    if (row.image !== null) out["image"] = row.image;
    return out;
  }, [row]);
  const bars = useMemo<ChartBar[]>(() => (data?.by_day ?? []).map((d) => ({ from: Date.parse(d.day), severity: { [row.severity]: d.count }, suppressed: d.suppressed })), [data, row.severity]);
  const range = useMemo(() => {
    const to = bars.at(-1)?.from ?? 0;
    return { from: to - (DAYS - 1) * DAY, to: to + DAY };
  }, [bars]);
  const { may } = useSession();
  // The answer does not say what was not watched; health does, for the source of the rule.
  const health = useQuery({ ...healthQuery({ from: iso(range.from), to: iso(range.to) }), enabled: data !== undefined && may("read_health"), refetchInterval: false });
  const gaps = useMemo(() => {
    if (health.data === undefined) return null;
    const all = [...health.data.sources.flatMap((s) => s.gaps), ...health.data.other_gaps];
    return chartGaps(all.filter((g) => g.source === row.source), range);
  }, [health.data, row.source, range]);
  if (data === undefined) return error === null ? <Skeleton lines={4} /> : <Failed error={error} what="Similar findings" onRetry={() => void refetch()} />;
  const total = data.by_day.reduce((sum, d) => sum + d.count, 0);
  const suppressed = data.by_day.reduce((sum, d) => sum + d.suppressed, 0);
  const days = data.by_day.filter((d) => d.count + d.suppressed > 0);
  const first = days[0];
  return (
    <div className="stack">
      <AnswerLine answer={data.answer} count={total} noun={`similar in ${String(DAYS)} days`} />
      <TimeChart
        label={`Similar findings by day, ${String(DAYS)} days to today`}
        bars={bars}
        range={range}
        step={DAY / 1000}
        gaps={gaps}
        height={110}
        onBrush={({ from, to }) => go("/findings", sharedQuery("", { ...query, t: [], from: iso(from), to: iso(to) }))}
      />
      <dl className="kv">
        <dt>Same</dt>
        <dd>
          rule, process {row.process ?? "not known"}, image {row.image ?? "not known"}
        </dd>
        <dt>Days with any</dt>
        <dd>
          {days.length} of {DAYS}
        </dd>
        <dt>First in this time</dt>
        <dd>{first === undefined ? "none" : `${first.day} UTC`}</dd>
        <dt>Suppressed</dt>
        <dd>{countText(suppressed)}</dd>
      </dl>
      <p>
        <Link to="/findings" query={query}>
          Show them in the feed
        </Link>
      </p>
      <details>
        <summary>By day</summary>
        <table className="table" aria-label="Similar findings by day">
          <thead>
            <tr>
              <th scope="col">Day (UTC)</th>
              <th scope="col" className="num">Findings</th>
              <th scope="col" className="num">Suppressed</th>
            </tr>
          </thead>
          <tbody>
            {days.map((d) => (
              <tr key={d.day}>
                <td>{d.day}</td>
                <td className="num">{d.count}</td>
                <td className="num">{d.suppressed}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}
