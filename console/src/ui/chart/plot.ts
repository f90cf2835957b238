import uPlot from "uplot";
import { token } from "../theme";
import { axisLabels, mergeGaps, stackSeries, STACK, type ChartBar, type ChartGap } from "./model";

// How a time chart is drawn: stacked bars, a hatched lane above for what was
// not watched, a mark above spikes, a tick at the median.

export interface PlotOptions {
  width: number;
  height: number;
  bars: ChartBar[];
  /** Width of a bar, s. */
  step: number;
  gaps: ChartGap[];
  suppressed: boolean;
  /** Where the bars are drawn, px of the target; told whenever they are. */
  onPlace: (place: { left: number; top: number; width: number; height: number }) => void;
}

/** Height of the lane for gaps, CSS px. */
const LANE = 8;

export function drawPlot(target: HTMLElement, options: PlotOptions): uPlot {
  const { bars, gaps, step } = options;
  const layers = options.suppressed ? STACK : STACK.filter((layer) => layer !== "suppressed");
  const xs = bars.map((bar) => bar.from / 1000);
  const first = xs[0] ?? 0;
  const last = (xs.at(-1) ?? 1) + step;
  const grid = { stroke: token("line"), width: 1 };
  const text = token("text-3");
  const font = "11px system-ui, sans-serif";
  const paths = uPlot.paths.bars?.({ size: [0.86, 64, 1], align: 1 });
  const hatch = hatching(token("hatch"));

  return new uPlot(
    {
      width: options.width,
      height: options.height,
      padding: [LANE + 8, 20, 0, 0],
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
      legend: { show: false },
      // Pointer and keys are of the brush that lies over it.
      cursor: { show: false },
      scales: { x: { time: true, range: () => [first, last] }, y: { range: (_u, _min, max) => [0, Math.max(4, max * 1.08)] } },
      axes: [
        { stroke: text, font, grid: { show: false }, ticks: { ...grid, size: 4 }, size: 34, space: 64, values: (_u, splits, _axis, _space, incr) => axisLabels(splits, incr) },
        { stroke: text, font, grid, ticks: { show: false }, size: 46, space: Math.max(16, Math.min(34, options.height / 5)), values: (_u, splits) => splits.map((n) => (Number.isInteger(n) ? shortNumber(n) : "")) },
      ],
      series: [
        {},
        ...[...layers].reverse().map((layer) => ({ label: layer, fill: token(layer), width: 0, points: { show: false }, ...(paths === undefined ? {} : { paths }) })),
      ],
      hooks: {
        drawClear: [(u: uPlot) => drawGaps(u, gaps, hatch)],
        draw: [
          (u: uPlot) => {
            drawMarks(u, bars, step);
            const { left, top, width, height } = u.bbox;
            const ratio = uPlot.pxRatio;
            options.onPlace({ left: left / ratio, top: top / ratio, width: width / ratio, height: height / ratio });
          },
        ],
      },
    },
    [xs, ...stackSeries(bars, layers)],
    target,
  );
}

function shortNumber(n: number): string {
  return n >= 10_000 ? `${String(n / 1000)}k` : String(n);
}

function hatching(colour: string): CanvasPattern | null {
  const tile = document.createElement("canvas");
  const size = 6 * devicePixelRatio;
  tile.width = size;
  tile.height = size;
  const ctx = tile.getContext("2d");
  if (ctx === null) return null;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.2 * devicePixelRatio;
  ctx.beginPath();
  for (const shift of [-size, 0, size]) {
    ctx.moveTo(shift, size);
    ctx.lineTo(shift + size, 0);
  }
  ctx.stroke();
  return ctx.createPattern(tile, "repeat");
}

function drawGaps(u: uPlot, gaps: ChartGap[], hatch: CanvasPattern | null): void {
  if (hatch === null) return;
  const { ctx, bbox } = u;
  const lane = LANE * devicePixelRatio;
  const top = bbox.top - lane - 4 * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = token("surface-2");
  ctx.fillRect(bbox.left, top, bbox.width, lane);
  ctx.fillStyle = hatch;
  for (const gap of mergeGaps(gaps)) {
    const left = Math.max(bbox.left, u.valToPos(gap.from / 1000, "x", true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(gap.to / 1000, "x", true));
    if (right <= left) continue;
    const width = Math.max(2 * devicePixelRatio, right - left);
    ctx.globalAlpha = 1;
    ctx.fillRect(left, top, width, lane);
    ctx.globalAlpha = 0.16;
    ctx.fillRect(left, bbox.top, width, bbox.height);
  }
  ctx.restore();
}

function drawMarks(u: uPlot, bars: ChartBar[], step: number): void {
  const { ctx } = u;
  const dpr = devicePixelRatio;
  ctx.save();
  ctx.fillStyle = token("text");
  ctx.strokeStyle = token("text-2");
  ctx.lineWidth = dpr;
  for (const bar of bars) {
    const left = u.valToPos(bar.from / 1000, "x", true);
    const right = u.valToPos(bar.from / 1000 + step, "x", true);
    if (bar.median !== undefined && bar.median > 0) {
      const y = u.valToPos(bar.median, "y", true);
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(right, y);
      ctx.stroke();
    }
    if (bar.spike === true) {
      let total = 0;
      for (const n of Object.values(bar.severity)) total += n;
      const x = (left + right) / 2;
      const y = u.valToPos(total, "y", true) - 3 * dpr;
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.lineTo(x - 4 * dpr, y - 6 * dpr);
      ctx.lineTo(x + 4 * dpr, y - 6 * dpr);
      ctx.fill();
    }
  }
  ctx.restore();
}
