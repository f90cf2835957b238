import { SEVERITIES, type BySeverity, type Severity } from "@/api/types";
import { countText } from "@/time/format";
import "./severity.css";

// Severity is told three ways: by shape, by word and by colour. Colour alone is never enough.

const SHAPES: Record<Severity, string> = {
  critical: "M4.3 1h5.4L13 4.3v5.4L9.7 13H4.3L1 9.7V4.3z",
  high: "M7 1.5L13.2 12.5H.8z",
  medium: "M7 .8L13.2 7 7 13.2.8 7z",
  low: "M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2z",
  informational: "M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2zm0 2.4a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2z",
};

const SHORT: Record<Severity, string> = { critical: "crit", high: "high", medium: "med", low: "low", informational: "info" };

/** The mark of a severity without words. */
export function SeverityMark({ severity, size = 11 }: { severity: Severity; size?: number }) {
  return (
    <svg className="sevmark" data-sev={severity} width={size} height={size} viewBox="0 0 14 14" aria-hidden="true">
      <path d={SHAPES[severity]} fillRule="evenodd" />
    </svg>
  );
}

/** Mark and word. `short` uses four letters for dense rows; the whole word is still read aloud. */
export function SeverityBadge({ severity, short = false }: { severity: Severity; short?: boolean }) {
  return (
    <span className="sev">
      <SeverityMark severity={severity} />
      {short ? (
        <>
          <span aria-hidden="true">{SHORT[severity]}</span>
          <span className="sr">{severity}</span>
        </>
      ) : (
        severity
      )}
    </span>
  );
}

/** One bar split by severity; its text says all counts. */
export function SeverityBar({ counts, max, label }: { counts: BySeverity; max: number; label: string }) {
  const text = SEVERITIES.filter((s) => (counts[s] ?? 0) > 0)
    .map((s) => `${s} ${countText(counts[s] ?? 0)}`)
    .join(", ");
  return (
    <div className="sevbar" role="img" aria-label={`${label}: ${text === "" ? "none" : text}`} title={text}>
      {SEVERITIES.map((s) => {
        const n = counts[s] ?? 0;
        return n === 0 ? null : <span key={s} data-sev={s} style={{ width: `${String((100 * n) / Math.max(1, max))}%` }} />;
      })}
    </div>
  );
}
