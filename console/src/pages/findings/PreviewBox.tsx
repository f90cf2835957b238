import type { Found, Preview } from "@/api/types";
import { countText } from "@/time/format";
import { Link } from "@/url/Link";
import { Icon } from "@/ui/icons";
import { Sparkline } from "@/ui/Sparkline";
import { Time } from "@/ui/Time";
import "./findings.css";

/** What an acceptance would have removed from the stored history; first what hurts. */
export function PreviewBox({ preview }: { preview: Preview }) {
  return (
    <div className="stack preview">
      <p>
        <strong className="big">{countText(preview.would_remove)}</strong> findings
        {preview.by_rule.length > 1 && ` of ${String(preview.by_rule.length)} rules`}
        {preview.looked_at > 0 && <span className="faint"> of {countText(preview.looked_at)} that were looked at</span>}
      </p>
      {preview.lost_true.count > 0 ? (
        <div className="notice" data-tone="bad" role="alert">
          <Icon name="warn" />
          <div className="grow">
            <strong>{preview.lost_true.count === 1 ? "One" : countText(preview.lost_true.count)} that somebody decided to be true would be lost:</strong>
            <ul className="sample">
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
      {preview.by_day.length > 0 && <ByDay preview={preview} />}
      {preview.by_rule.length > 1 && (
        <table className="table" aria-label="Removed by rule">
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

const DAY = 86_400_000;

/** By day of the whole time that was looked at: the answer has only days with any. */
function ByDay({ preview }: { preview: Preview }) {
  const day = (at: string) => Math.floor(Date.parse(at) / DAY);
  const first = day(preview.from);
  const values = Array.from({ length: Math.floor((Date.parse(preview.to) - 1) / DAY) - first + 1 }, () => 0);
  for (const d of preview.by_day) if (values[day(d.day) - first] !== undefined) values[day(d.day) - first] = d.count;
  return (
    <div>
      <Sparkline values={values} first={first * DAY} height={44} label="Removed by day" />
      <p className="faint ends" aria-hidden="true">
        <span>{preview.from.slice(0, 10)}</span>
        <span>{preview.to.slice(0, 10)}</span>
      </p>
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
