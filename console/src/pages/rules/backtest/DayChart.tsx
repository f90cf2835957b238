import { countText } from "@/time/format";
import { chooseRange } from "@/time/useTime";
import { Brush } from "@/ui/brush/Brush";
import type { ChartDay } from "./model";

const DAY = 86_400_000;
const WIDTH = 720;
const HEIGHT = 84;
/** Widest bar. */
const BAR = 32;

/** Detections by day: before as an outline, after filled, what cannot be said on top of it hatched. Days without activity to judge are hatched below. */
export function DayChart({ days, budget, label }: { days: ChartDay[]; budget: number; label: string }) {
  const tallest = Math.max(1, ...days.map((d) => Math.max(d.before, d.after + d.unknown)));
  // A budget far above everything would press the bars flat; then it is told in words.
  const shown = tallest * 3 > budget;
  const top = shown ? Math.max(tallest, budget) : tallest;
  const step = WIDTH / days.length;
  const height = (n: number) => (n === 0 ? 0 : Math.max(1.5, (HEIGHT * n) / top));
  const width = Math.min(BAR, Math.max(1, step - Math.min(3, step / 4)));
  const blind = days.filter((d) => !d.judged).length;
  const first = Date.parse(days[0]?.day ?? "");
  const words = (d: ChartDay | undefined) => (d === undefined ? "" : `${d.day.slice(0, 10)}: before ${countText(d.before)}, after ${countText(d.after)}, cannot say ${countText(d.unknown)}${d.judged ? "" : "; no activity to judge"}`);
  return (
    <figure className="daychart">
      <Brush label={label} view={{ from: first, to: first + days.length * DAY }} step={DAY} describe={(i) => words(days[i])} onBrush={chooseRange}>
        <svg viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT + 8)}`} preserveAspectRatio="none" aria-hidden="true">
          <defs>
            <pattern id="unsaid" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="1.4" height="4" className="hatch" />
            </pattern>
          </defs>
          {days.map((d, i) => {
            const x = i * step + (step - width) / 2;
            const [before, after, unknown] = [height(d.before), height(d.after), height(d.unknown)];
            return (
              <g key={d.day}>
                {!d.judged && <rect x={i * step} y={HEIGHT + 3} width={step} height="5" fill="url(#unsaid)" />}
                <rect x={x} y={HEIGHT - after} width={width} height={after} className={d.after > budget ? "after over" : "after"} />
                <rect x={x} y={HEIGHT - after - unknown} width={width} height={unknown} fill="url(#unsaid)" className="unsaid" />
                {before > 0 && <rect x={x} y={HEIGHT - before} width={width} height={before} className="before" />}
              </g>
            );
          })}
          <line x1="0" x2={WIDTH} y1={HEIGHT + 0.5} y2={HEIGHT + 0.5} className="axis" />
          {shown && <line x1="0" x2={WIDTH} y1={HEIGHT - (HEIGHT * budget) / top} y2={HEIGHT - (HEIGHT * budget) / top} className="budget" />}
        </svg>
      </Brush>
      <div className="ends faint">
        <span>{days[0]?.day.slice(0, 10)}</span>
        <span>at most {countText(tallest)} a day</span>
        <span>{days.at(-1)?.day.slice(0, 10)}</span>
      </div>
      <figcaption className="dim">
        <span className="key before" aria-hidden="true" /> before <span className="key after" aria-hidden="true" /> after <span className="key hatchkey" aria-hidden="true" /> cannot say
        {shown ? (
          <>
            {" "}
            <span className="key budget" aria-hidden="true" /> budget of {countText(budget)} a day
          </>
        ) : (
          `; the budget of ${countText(budget)} a day is above this`
        )}
        {blind > 0 && `; hatched below: ${countText(blind)} of ${countText(days.length)} days without activity to judge`}
      </figcaption>
      <details>
        <summary>As a table</summary>
        <table className="table" aria-label={label}>
          <thead>
            <tr>
              <th scope="col">Day, UTC</th>
              <th scope="col" className="num">Before</th>
              <th scope="col" className="num">After</th>
              <th scope="col" className="num">Cannot say</th>
              <th scope="col">Activity</th>
            </tr>
          </thead>
          <tbody>
            {days.map((d) => (
              <tr key={d.day}>
                <td>{d.day.slice(0, 10)}</td>
                <td className="num">{countText(d.before)}</td>
                <td className="num">{countText(d.after)}</td>
                <td className="num">{countText(d.unknown)}</td>
                <td>{d.judged ? "" : "none to judge"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
