import { SEVERITIES, type Overview } from "@/api/types";
import { countText } from "@/time/format";
import { Link } from "@/url/Link";
import { SeverityBadge, SeverityBar } from "@/ui/Severity";
import { Time } from "@/ui/Time";

/** What nobody has acknowledged or decided yet, by age. */
export function OpenItems({ open }: { open: Overview["open"] }) {
  const rows = open.buckets.map((b) => ({ ...b, total: SEVERITIES.reduce((sum, s) => sum + (b.severity[s] ?? 0), 0) }));
  const max = Math.max(1, ...rows.map((r) => r.total));
  const total = rows.reduce((sum, r) => sum + r.total, 0);
  return (
    <section className="card" aria-label="Open items by age">
      <header>
        <h2>Open by age</h2>
        <span className="faint">{countText(total)} neither acknowledged nor decided</span>
      </header>
      <table className="table openitems" aria-label="Open findings by age">
        <thead>
          <tr>
            <th scope="col">Age</th>
            <th scope="col">By severity</th>
            <th scope="col" className="num">critical</th>
            <th scope="col" className="num">high</th>
            <th scope="col" className="num">all</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.label}>
              <th scope="row">{r.label}</th>
              <td>
                <SeverityBar counts={r.severity} max={max} label={`Open ${r.label}`} />
              </td>
              <td className="num">{countText(r.severity.critical ?? 0)}</td>
              <td className="num">{countText(r.severity.high ?? 0)}</td>
              <td className="num">{countText(r.total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="body oldest">
        {open.oldest === null ? (
          <span className="dim">Nothing is open.</span>
        ) : (
          <>
            <span className="faint">Oldest</span> <Time at={open.oldest.time} form="minute" /> <SeverityBadge severity={open.oldest.severity} />{" "}
            <Link to={`/findings/${encodeURIComponent(open.oldest.id)}`}>{open.oldest.rule}</Link>
          </>
        )}
      </p>
    </section>
  );
}
