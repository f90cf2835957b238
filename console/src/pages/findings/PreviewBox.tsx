import type { Found, Preview } from "@/api/types";
import { countText } from "@/time/format";
import { Link } from "@/url/Link";
import { Icon } from "@/ui/icons";
import { Sparkline } from "@/ui/Sparkline";
import { Time } from "@/ui/Time";

/** What an acceptance would have removed from the stored history; first what hurts. */
export function PreviewBox({ preview }: { preview: Preview }) {
  return (
    <div className="stack">
      <p>
        <strong className="big">{countText(preview.would_remove)}</strong> findings
        {preview.by_rule.length > 1 && ` of ${String(preview.by_rule.length)} rules`}
        {preview.looked_at > 0 && <span className="faint"> of {countText(preview.looked_at)} that were looked at</span>}
      </p>
      {preview.lost_true.count > 0 ? (
        <div className="notice" data-tone="bad" role="alert">
          <Icon name="warn" />
          <div>
            <strong>{preview.lost_true.count === 1 ? "One" : countText(preview.lost_true.count)} that somebody decided to be true would be lost:</strong>
            <ul>
              {preview.lost_true.rows.map((r) => (
                <FoundItem key={r.id ?? r.time} found={r} />
              ))}
            </ul>
            {preview.lost_true.rows.length < preview.lost_true.count && <span className="dim">and {countText(preview.lost_true.count - preview.lost_true.rows.length)} older ones</span>}
          </div>
        </div>
      ) : (
        <div className="notice">No finding that was decided to be true would be lost.</div>
      )}
      {preview.unknown > 0 && <p className="dim">For {countText(preview.unknown)} more it cannot be said: a field that the condition asks for was not kept.</p>}
      {preview.by_day.length > 0 && <Sparkline values={preview.by_day.map((d) => d.count)} width={400} height={44} label={`Removed by day: ${preview.by_day.map((d) => `${d.day} ${String(d.count)}`).join(", ")}`} />}
      {preview.by_rule.length > 1 && (
        <table className="table">
          <tbody>
            {preview.by_rule.map((r) => (
              <tr key={r.rule}>
                <td>{r.rule}</td>
                <td className="num">{countText(r.count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {preview.sample.rows.length > 0 && (
        <section>
          <h3>Newest of them</h3>
          <ul className="sample">
            {preview.sample.rows.map((r) => (
              <FoundItem key={r.id ?? r.time} found={r} />
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function FoundItem({ found }: { found: Found }) {
  return (
    <li>
      <Time at={found.time} form="minute" /> {found.id === null ? <span>{found.rule}</span> : <Link to={`/findings/${encodeURIComponent(found.id)}`}>{found.rule}</Link>} <span className="faint">{found.node ?? ""}</span>
      <div className="mono cut dim" title={found.output}>
        {found.output}
      </div>
    </li>
  );
}
