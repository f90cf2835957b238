import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import "uplot/dist/uPlot.min.css";
import { SEVERITIES } from "@/api/types";
import { countText, localIsUtc, localText, utcClock, utcText } from "@/time/format";
import { lengthText, type Range } from "@/time/span";
import { Brush } from "../brush/Brush";
import { Icon } from "../icons";
import { SeverityMark } from "../Severity";
import { useTheme } from "../theme";
import { barTotal, fillBars, gapLength, gapsWithin, type ChartBar, type ChartGap } from "./model";
import { drawPlot } from "./plot";
import "./chart.css";

interface TimeChartProps {
  /** What the chart shows, for those who do not see it. */
  label: string;
  bars: ChartBar[];
  range: Range;
  /** Width of a bar, s. */
  step: number;
  /** Null when it is not known whether there are any. */
  gaps: ChartGap[] | null;
  onBrush: (range: Range) => void;
  height?: number;
  suppressed?: boolean;
  /** Marks of this chart that need words. */
  legend?: ReactNode;
}

const NONE: ChartGap[] = [];

/** Findings over time. A time is chosen on it as on every chart; the same numbers are there as a table. */
export function TimeChart({ label, bars, range, step, gaps: known, onBrush, height = 150, suppressed = true, legend }: TimeChartProps) {
  const gaps = known ?? NONE;
  const { shown } = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [inset, setInset] = useState({ left: 0, right: 0, top: 0, bottom: 0 });
  const [at, setAt] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const filled = useMemo(() => fillBars(bars, range, step), [bars, range, step]);
  const first = filled[0]?.from ?? range.from;

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [table]);

  useEffect(() => {
    const element = host.current;
    if (element === null || width < 80) return;
    const drawn = drawPlot(element, {
      width, height, bars: filled, step, gaps, suppressed,
      onPlace: (p) => setInset({ left: p.left, top: p.top, right: width - p.left - p.width, bottom: height - p.top - p.height }),
    });
    return () => drawn.destroy();
  }, [filled, gaps, width, height, step, suppressed, shown]);

  return (
    <figure className="chart">
      <figcaption className="readout">
        <Readout bar={at === null ? undefined : filled[at]} step={step} gaps={gaps} known={known !== null} range={range} />
        {legend}
        <button type="button" className="btn" data-kind="quiet" data-icon data-size="small" aria-label={table ? "Show as chart" : "Show as table"} aria-pressed={table} title={table ? "Show as chart" : "Show as table"} onClick={() => setTable(!table)}>
          <Icon name="table" size={14} />
        </button>
      </figcaption>
      {table ? (
        <ChartTable label={label} bars={filled} step={step} gaps={gaps} height={height} />
      ) : (
        <Brush label={`${label}. The table has the same numbers`} view={{ from: first, to: first + filled.length * step * 1000 }} step={step * 1000} describe={(i) => describe(filled[i], step, gaps)} onBrush={onBrush} onAt={setAt} inset={inset}>
          <div ref={host} className="plot" style={{ height }} aria-hidden="true" />
        </Brush>
      )}
    </figure>
  );
}

function stretch(bar: ChartBar, step: number): string {
  const to = bar.from + step * 1000;
  return `${utcText(bar.from, step < 60)} – ${step >= 86_400 ? utcText(to, false) : utcClock(to).slice(0, step < 60 ? 8 : 5)}`;
}

function describe(bar: ChartBar | undefined, step: number, gaps: ChartGap[]): string {
  if (bar === undefined) return "";
  const counts = SEVERITIES.filter((s) => (bar.severity[s] ?? 0) > 0).map((s) => `${s} ${String(bar.severity[s] ?? 0)}`);
  const within = gapsWithin(gaps, bar.from, bar.from + step * 1000);
  return `${stretch(bar, step)} UTC: ${counts.length === 0 ? "no findings" : counts.join(", ")}${bar.suppressed > 0 ? `, suppressed ${String(bar.suppressed)}` : ""}${bar.spike === true ? ", spike" : ""}${within.length > 0 ? `. Not watched: ${within.map((g) => g.text).join("; ")}` : ""}`;
}

function Readout({ bar, step, gaps, known, range }: { bar: ChartBar | undefined; step: number; gaps: ChartGap[]; known: boolean; range: Range }) {
  if (bar === undefined) {
    const length = gapLength(gaps);
    return (
      <span className="grow cut">
        bars of {lengthText(step * 1000)}, UTC
        {length > 0 ? (
          <>
            {" "}
            · <span className="hatchkey" aria-hidden="true" /> something not watched for {lengthText(length)} of {lengthText(range.to - range.from)}
          </>
        ) : known ? (
          " · no gap known"
        ) : (
          " · the server does not say what was not watched"
        )}
      </span>
    );
  }
  const within = gapsWithin(gaps, bar.from, bar.from + step * 1000);
  return (
    <span className="grow cut" title={localIsUtc(bar.from) ? undefined : `${localText(bar.from)} local`}>
      <strong>{stretch(bar, step)}</strong> · {countText(barTotal(bar))} findings
      {SEVERITIES.filter((s) => (bar.severity[s] ?? 0) > 0).map((s) => (
        <span key={s} className="one">
          <SeverityMark severity={s} size={9} /> {s} {bar.severity[s]}
        </span>
      ))}
      {bar.suppressed > 0 && <span className="one">suppressed {bar.suppressed}</span>}
      {bar.spike === true && <span className="one">spike: median {bar.median ?? 0}</span>}
      {within.length > 0 && (
        <span className="one">
          <span className="hatchkey" aria-hidden="true" /> {within[0]?.text}
          {within.length > 1 ? ` and ${String(within.length - 1)} more` : ""}
        </span>
      )}
    </span>
  );
}

function ChartTable({ label, bars, step, gaps, height }: { label: string; bars: ChartBar[]; step: number; gaps: ChartGap[]; height: number }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must take the focus
    <div className="charttable" style={{ height }} tabIndex={0} role="region" aria-label={label}>
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            <th scope="col">From (UTC)</th>
            {SEVERITIES.map((s) => (
              <th key={s} scope="col" className="num">
                {s}
              </th>
            ))}
            <th scope="col" className="num">suppressed</th>
            <th scope="col">not watched</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.from}>
              <th scope="row">{utcText(bar.from, step < 60)}</th>
              {SEVERITIES.map((s) => (
                <td key={s} className="num">
                  {bar.severity[s] ?? 0}
                </td>
              ))}
              <td className="num">{bar.suppressed}</td>
              <td>{gapsWithin(gaps, bar.from, bar.from + step * 1000).map((g) => g.text).join("; ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
