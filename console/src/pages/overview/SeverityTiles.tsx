import type { Overview } from "@/api/types";
import { countText } from "@/time/format";
import { Link } from "@/url/Link";
import { SeverityBadge } from "@/ui/Severity";

/** Counts by severity beside those of the same length of time before. */
export function SeverityTiles({ severity, suppressed }: Pick<Overview, "severity" | "suppressed">) {
  return (
    <ul className="tiles">
      {severity.map(({ severity: s, count, before }) => (
        <li key={s}>
          <Link to="/findings" query={{ severity: s }}>
            <SeverityBadge severity={s} />
            <strong>{countText(count)}</strong>
            <Delta count={count} before={before} />
          </Link>
        </li>
      ))}
      <li>
        <Link to="/findings" query={{ suppressed: "yes" }}>
          <span className="sev dim">suppressed</span>
          <strong>{countText(suppressed.count)}</strong>
          <Delta count={suppressed.count} before={suppressed.before} />
        </Link>
      </li>
    </ul>
  );
}

function Delta({ count, before }: { count: number; before: number }) {
  const change = count - before;
  const sign = change > 0 ? "+" : change < 0 ? "−" : "±";
  // A share of next to nothing says nothing.
  const share = before < 5 || count > 20 * before ? "" : ` (${sign}${String(Math.round((100 * Math.abs(change)) / before))} %)`;
  return (
    <span className="delta" title="against the same length of time just before">
      {sign}
      {countText(Math.abs(change))}
      {share} <span className="faint">before {countText(before)}</span>
    </span>
  );
}
