import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { SEVERITIES } from "@/api/types";
import { countText, localIsUtc, localText, utcClock, utcText } from "@/time/format";
import { lengthText, type Range } from "@/time/span";
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

/** Findings over time. Drag, or arrows with Shift and Enter, choose a range; the same numbers are there as a table. */
export function TimeChart({ label, bars, range, step, gaps: known, onBrush, height = 150, suppressed = true, legend }: TimeChartProps) {
  const gaps = known ?? NONE;
  const { shown } = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const brush = useRef(onBrush);
  const [width, setWidth] = useState(0);
  const [hover, setHover] = useState<number | null>(null);
  const [anchor, setAnchor] = useState<number | null>(null);
  const [spoken, setSpoken] = useState("");
  const [table, setTable] = useState(false);
  const filled = useMemo(() => fillBars(bars, range, step), [bars, range, step]);
  useEffect(() => {
    brush.current = onBrush;
  });

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
    const drawn = drawPlot(element, { width, height, bars: filled, step, gaps, suppressed, onCursor: setHover, onBrush: (from, to) => brush.current({ from, to }) });
    plot.current = drawn;
    return () => {
      drawn.destroy();
      plot.current = null;
    };
  }, [filled, gaps, width, height, step, suppressed, shown]);

  const show = (index: number, from: number | null) => {
    setHover(index);
    setAnchor(from);
    const u = plot.current;
    const at = (i: number) => u?.valToPos((filled[i]?.from ?? 0) / 1000, "x") ?? 0;
    u?.setCursor({ left: at(index) + 1, top: 0 }, false);
    if (from !== null) {
      const [a, b] = from < index ? [from, index] : [index, from];
      u?.setSelect({ left: at(a), width: at(b + 1) - at(a), top: 0, height: u.over.clientHeight }, false);
    } else u?.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    setSpoken(describe(filled[index], step, gaps));
  };

  const press = (event: KeyboardEvent) => {
    const last = filled.length - 1;
    const now = hover ?? last;
    const moves: Record<string, number> = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last, PageUp: now - 10, PageDown: now + 10 };
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      show(Math.min(last, Math.max(0, next)), event.shiftKey ? (anchor ?? now) : null);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const [a, b] = [Math.min(anchor ?? now, now), Math.max(anchor ?? now, now)];
      onBrush({ from: filled[a]?.from ?? range.from, to: (filled[b]?.from ?? range.to) + step * 1000 });
    } else if (event.key === "Escape" && anchor !== null) {
      event.stopPropagation();
      show(now, null);
    }
  };

  return (
    <figure className="chart">
      <figcaption className="readout">
        <Readout bar={hover === null ? undefined : filled[hover]} step={step} gaps={gaps} known={known !== null} range={range} />
        {legend}
        <button type="button" className="btn" data-kind="quiet" data-icon data-size="small" aria-label={table ? "Show as chart" : "Show as table"} aria-pressed={table} title={table ? "Show as chart" : "Show as table"} onClick={() => setTable(!table)}>
          <Icon name="table" size={14} />
        </button>
      </figcaption>
      {table ? (
        <ChartTable label={label} bars={filled} step={step} gaps={gaps} height={height} />
      ) : (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/no-noninteractive-tabindex -- the keys of a chart are its own
        <div ref={host} className="plot" style={{ height }} role="application" tabIndex={0} onKeyDown={press} aria-label={`${label}. Arrow keys read the bars, Shift selects, Enter sets the time. The table has the same numbers.`} />
      )}
      <span className="sr" aria-live="polite">
        {spoken}
      </span>
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
      <table className="table">
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
