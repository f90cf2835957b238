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
import { ControlStrip } from "@/ui/ControlStrip";
import { FilterBar } from "@/ui/FilterBar";
import { PageHead } from "@/ui/PageHead";
import { Failed, Skeleton } from "@/ui/States";
import { FirstRun } from "@/ui/FirstRun";
import { sharedQuery } from "@/url/Link";
import { filterParams, isEmpty, useFilter } from "@/url/filter";
import { go, usePlace } from "@/url/router";
import { NoisyRules } from "./NoisyRules";
import { OpenItems } from "./OpenItems";
import { SeverityTiles } from "./SeverityTiles";
import "./overview.css";

/** Four bands: severity, controls by day, rules against their budget, open items by age. */
export default function OverviewPage() {
  const { range, params, setSpan } = useTime();
  const filter = useFilter();
  const query = ask(filterParams(filter), params);
  const { data, error, refetch, isPlaceholderData } = useQuery(overviewQuery(query));
  useFreshNumbers(["overview"]);
  if (data === undefined) {
    return (
      <>
        <PageHead title="Overview" />
        {error === null ? <Skeleton height={420} /> : <Failed error={error} what="The overview" onRetry={() => void refetch()} />}
      </>
    );
  }
  const count = data.severity.reduce((sum, s) => sum + s.count, 0);
  const before = data.severity.reduce((sum, s) => sum + s.before, 0);
  return (
    <>
      <PageHead title="Overview">
        <AnswerLine answer={data.answer} count={count} />
      </PageHead>
      {!isEmpty(filter) && <FilterBar />}
      {error !== null && <Failed error={error} what="A newer answer" onRetry={() => void refetch()} />}
      <div className="bands" aria-busy={isPlaceholderData}>
        {count + before + data.suppressed.count === 0 && isEmpty(filter) && <FirstRun answer={data.answer} />}
        <Severity data={data} range={range} onBrush={(r) => setSpan({ kind: "range", ...r })} />
        <Controls data={data} />
        <div className="two">
          <NoisyRules rules={data.rules} days={(range.to - range.from) / 86_400_000} />
          <OpenItems open={data.open} />
        </div>
      </div>
    </>
  );
}

function Severity({ data, range, onBrush }: { data: Overview; range: { from: number; to: number }; onBrush: (range: { from: number; to: number }) => void }) {
  const bars = useMemo<ChartBar[]>(() => data.hours.map((h) => ({ from: Date.parse(h.from), severity: h.severity, suppressed: h.suppressed, spike: h.spike, median: h.median })), [data.hours]);
  const gaps = useMemo(() => chartGaps(data.gaps, range), [data.gaps, range]);
  // The answer has hours; over long times many of them make one bar.
  const step = useMemo(() => Math.max(stepOf(bars), stepFor(range, 120)), [bars, range]);
  const spikes = bars.filter((b) => b.spike === true).length;
  const legend = (
    <span className="legend hide-narrow">
      <span className="tick" /> median of this hour of the week <span className="tri" aria-hidden="true">▼</span> spikes: {spikes}
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

/** Width of the bars (s) as the answer has them: the least distance of two; an hour when it cannot be told. */
function stepOf(bars: ChartBar[]): number {
  let least = Infinity;
  for (let i = 1; i < bars.length; i++) least = Math.min(least, ((bars[i]?.from ?? 0) - (bars[i - 1]?.from ?? 0)) / 1000);
  return Number.isFinite(least) && least > 0 ? least : 3600;
}

function Controls({ data }: { data: Overview }) {
  const { search } = usePlace();
  const { days, criteria } = data.controls;
  const states = criteria.flatMap((c) => c.days.map((d) => d.state));
  const whole = states.filter((s) => s === "observed").length;
  return (
    <section className="card" aria-label="Controls">
      <header>
        <h2>Controls</h2>
        <span className="faint">
          {whole} of {states.length} criterion days fully observed · {days[0]} – {days.at(-1)} UTC
        </span>
      </header>
      <div className="body">
        {criteria.length === 0 ? (
          <p className="dim">No list of controls is approved for this time. Nothing can be said of any criterion.</p>
        ) : (
          <ControlStrip
            days={days}
            rows={criteria}
            onPick={(criterion, day) => {
              const from = Date.parse(day);
              go("/findings", new URLSearchParams({ criterion, from: new Date(from).toISOString(), to: new Date(from + 86_400_000).toISOString() }));
            }}
            onCriterion={(criterion) => go("/controls", sharedQuery(search, { at: criterion }))}
          />
        )}
      </div>
    </section>
  );
}
