import { countText, utcText } from "@/time/format";
import { chooseRange } from "@/time/useTime";
import { Brush } from "./brush/Brush";
import "./spark.css";

const DAY = 86_400_000;
const WIDTH = 400;

interface SparklineProps {
  /** One number a day. */
  values: number[];
  /** Begin of the first day, ms UTC. */
  first: number;
  /** What is counted, `rule X by day`. */
  label: string;
  /** px; as wide as there is room when left out. */
  width?: number;
  height?: number;
  /** Bars above it are marked. */
  limit?: number | undefined;
  /** Days in which something was not watched, by place; left out where it is not known. */
  blind?: readonly boolean[] | undefined;
  /** As of a brush: null where only the pointer comes. */
  tabIndex?: 0 | -1 | null;
  onFocus?: () => void;
}

/** A small row of days without axes. A time is chosen on it as on every chart. */
export function Sparkline({ values, first, label, width, height = 18, limit, blind, tabIndex, onFocus }: SparklineProps) {
  const max = Math.max(1, limit ?? 0, ...values);
  // Drawn on a width of its own and stretched.
  const step = WIDTH / Math.max(1, values.length);
  const y = limit === undefined ? null : height - (height * limit) / max;
  const total = values.reduce((sum, n) => sum + n, 0);
  const words = `${label}: ${countText(values.length)} days, ${countText(total)} in all, at most ${countText(Math.max(0, ...values))} a day${limit === undefined ? "" : `, marked above ${countText(limit)}`}`;
  const describe = (i: number) => `${utcText(first + i * DAY, false).slice(0, 10)}: ${countText(values[i] ?? 0)}${limit !== undefined && (values[i] ?? 0) > limit ? `, above ${countText(limit)}` : ""}${blind?.[i] === true ? "; not everything was watched" : ""}`;
  return (
    <Brush className="spark" label={words} view={{ from: first, to: first + Math.max(1, values.length) * DAY }} step={DAY} describe={describe} onBrush={chooseRange} {...(width === undefined ? {} : { style: { width } })} {...(tabIndex === undefined ? {} : { tabIndex })} {...(onFocus === undefined ? {} : { onFocus })}>
      <svg height={height} viewBox={`0 0 ${String(WIDTH)} ${String(height)}`} preserveAspectRatio="none" aria-hidden="true">
        {values.map((value, i) => {
          const h = value === 0 ? 0 : Math.max(1, (height * value) / max);
          // Bars have no id of their own; their place is their meaning.
          return <rect key={i} x={(i + 0.06) * step} y={height - h} width={0.88 * step} height={h} className={limit !== undefined && value > limit ? "over" : undefined} />;
        })}
        {y !== null && <line x1="0" x2={WIDTH} y1={y} y2={y} />}
      </svg>
      {blind?.map((yes, i) => yes && <i key={i} style={{ left: `${String((100 * i) / values.length)}%`, width: `${String(100 / values.length)}%` }} />)}
    </Brush>
  );
}
