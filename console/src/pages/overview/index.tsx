import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { ask, overviewQuery } from "@/api/queries";
import type { Overview } from "@/api/types";
import { useFreshNumbers } from "@/live/useFreshNumbers";
import { stepFor } from "@/time/span";
import { useTime } from "@/time/useTime";
import { AnswerLine } from "@/ui/Answer";
import { chartGaps, type ChartBar } from "@/ui/chart/model";
import { TimeChart } from "@/ui/chart/TimeChart";
import { FilterBar } from "@/ui/FilterBar";
import { PageHead } from "@/ui/PageHead";
import { Failed, Skeleton } from "@/ui/States";
import { FirstRun, useSticky } from "@/ui/FirstRun";
import { filterParams, isEmpty, useFilter } from "@/url/filter";
import { NoisyRules } from "./NoisyRules";
import { OpenItems } from "./OpenItems";
import { SeverityTiles } from "./SeverityTiles";
import { Strip } from "./Strip";
import "./overview.css";

/** Four bands: severity, controls by day, rules against their budget, open items by age. */
export default function OverviewPage() {
  const { range, params, setSpan } = useTime();
  const filter = useFilter();
  const query = ask(filterParams(filter), params);
  const { data, error, refetch, isPlaceholderData } = useQuery(overviewQuery(query));
  useFreshNumbers(["overview"]);
  const [first, dismissFirst] = useSticky(data !== undefined && isEmpty(filter) && data.suppressed.count === 0 && data.severity.every((s) => s.count + s.before === 0));
  if (data === undefined) {
    return (
      <>
        <PageHead title="Overview" />
        {error === null ? <Skeleton height={420} /> : <Failed error={error} what="The overview" onRetry={() => void refetch()} />}
      </>
    );
  }
  const count = data.severity.reduce((sum, s) => sum + s.count, 0);
  return (
    <>
      <PageHead title="Overview">
        <AnswerLine answer={data.answer} count={count} />
      </PageHead>
      {!isEmpty(filter) && <FilterBar />}
      {error !== null && <Failed error={error} what="A newer answer" onRetry={() => void refetch()} />}
      <div className="bands" aria-busy={isPlaceholderData}>
        {first && <FirstRun answer={data.answer} empty={count === 0} onDismiss={dismissFirst} />}
        <Severity data={data} range={range} onBrush={(r) => setSpan({ kind: "range", ...r })} />
        <Strip data={data} range={range} />
        <div className="two">
          <NoisyRules rules={data.rules} gaps={data.gaps} to={range.to} />
          <OpenItems open={data.open} />
        </div>
      </div>
    </>
  );
}

function Severity({ data, range, onBrush }: { data: Overview; range: { from: number; to: number }; onBrush: (range: { from: number; to: number }) => void }) {
  const bars = useMemo<ChartBar[]>(() => data.hours.map((h) => ({ from: Date.parse(h.from), severity: h.severity, suppressed: h.suppressed, spike: h.spike, ...(h.median === null ? {} : { median: h.median }) })), [data.hours]);
  const gaps = useMemo(() => chartGaps(data.gaps, range), [data.gaps, range]);
  // The answer has hours; over long times many of them make one bar.
  const step = useMemo(() => Math.max(stepOf(bars, range), stepFor(range, SERVER_BARS)), [bars, range]);
  const spikes = bars.filter((b) => b.spike === true).length;
  const legend = (
    <span className="legend">
      {bars.some((b) => b.median !== undefined) ? (
        <>
          <span className="tick" /> median of this hour of the week <span className="tri" aria-hidden="true">▼</span> spikes: {spikes}
        </>
      ) : (
        <span title="The median of an hour of the week needs three weeks of records, bars of an hour, and no filter.">no usual known to mark spikes against</span>
      )}
    </span>
  );
  return (
    <section className="card" aria-label="Findings by severity">
      <SeverityTiles severity={data.severity} suppressed={data.suppressed} />
      <div className="body">
        <TimeChart label="Findings over time by severity" bars={bars} range={range} step={step} gaps={gaps} onBrush={onBrush} height={150} legend={legend} />
      </div>
    </section>
  );
}

/** Widths (s) that the server makes bars of, and how many it makes at most. */
const SERVER_STEPS = [60, 300, 3600, 21_600, 86_400];
const SERVER_BARS = 200;

/** Width of the bars (s) as the answer has them: what the server takes for such a range, or less where two bars are closer. Hours without findings have no bar, so the distance alone would not tell. */
function stepOf(bars: ChartBar[], range: { from: number; to: number }): number {
  let least = SERVER_STEPS.find((step) => (range.to - range.from) / 1000 / step <= SERVER_BARS) ?? 86_400;
  for (let i = 1; i < bars.length; i++) least = Math.min(least, ((bars[i]?.from ?? 0) - (bars[i - 1]?.from ?? 0)) / 1000);
  return least > 0 ? least : 3600;
}
