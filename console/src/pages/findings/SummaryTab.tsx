import { isRecord } from "@/api/error";
import type { FindingDetail, Row } from "@/api/types";
import { Link } from "@/url/Link";
import { columnLabel, toggleValue } from "@/url/filter";
import { Icon } from "@/ui/icons";
import { RecordLink } from "@/record/RecordLink";
import { Time } from "@/ui/Time";
import { doubtsOf } from "./columns";

const SHOWN = ["user", "process", "cluster", "node", "namespace", "pod", "container", "image", "source"] as const;

/** The facts of a finding. A value can be added to the filter, or taken out of what is shown. */
export function SummaryTab({ detail }: { detail: FindingDetail }) {
  const { row } = detail;
  const doubts = doubtsOf(row);
  return (
    <div className="stack">
      {doubts.length > 0 && (
        <div className="notice" data-tone="warn">
          <Icon name="warn" />
          <div>{doubts.join("; ")}. What is missing here may be missing for that reason.</div>
        </div>
      )}
      {row.suppressed !== null && (
        <div className="notice">
          <div>
            Seen and suppressed by acceptance{" "}
            <Link to="/acceptances" query={{ sel: row.suppressed }}>
              {row.suppressed}
            </Link>
            .
          </div>
        </div>
      )}
      <p className="output mono wrap">{row.output}</p>
      <dl className="kv">
        <dt>Time</dt>
        <dd>
          <Time at={row.time} form="both" />
        </dd>
        {row.command !== null && <Pair label="Command" value={row.command} mono />}
        {row.object !== null && <Pair label="Object" value={row.object} mono />}
        {SHOWN.map((column) => (
          <Value key={column} row={row} column={column} />
        ))}
        <dt>Rule</dt>
        <dd>
          <Link to="/rules" query={{ rule: row.rule }}>{row.rule}</Link> <span className="faint">priority {row.priority}</span>
        </dd>
        <dt>Criteria</dt>
        <dd>
          {row.criteria.length === 0 && <span className="faint">none</span>}
          {row.criteria.map((c) => (
            <Link key={c} to="/controls" query={{ at: c }} className="tag">
              {c}
            </Link>
          ))}
        </dd>
        <dt>Controls</dt>
        <dd>
          {detail.controls.length === 0 && <span className="faint">none selects it</span>}
          {detail.controls.map((c) => (
            <div key={c.id}>
              <Link to={`/controls/${encodeURIComponent(c.id)}`}>{c.id}</Link> <span className="dim">{c.title}</span>
            </div>
          ))}
        </dd>
        <dt>Tags</dt>
        <dd>
          {row.tags.map((t) => (
            <button key={t} type="button" className="tag" title="Add to the filter" onClick={() => toggleValue("tag", t)}>
              {t}
            </button>
          ))}
        </dd>
        <dt>Capture</dt>
        <dd>{row.slice ? "a slice is kept with it" : <span className="faint">no slice kept</span>}</dd>
        <dt>Record</dt>
        <dd className="mono">
          <RecordLink seq={row.record.seq} /> <span className="faint">of ledger</span> <span title={row.record.ledger}>{row.record.ledger.slice(0, 12)}</span> <span className="faint">recorded</span> <Time at={row.recorded} />
        </dd>
        <dt>Id</dt>
        <dd className="mono">{row.id}</dd>
      </dl>
      <Fields finding={detail.finding} />
    </div>
  );
}

function Pair({ label, value, mono = false }: { label: string; value: string; mono?: boolean }) {
  return (
    <>
      <dt>{label}</dt>
      <dd className={mono ? "mono" : ""}>{value}</dd>
    </>
  );
}

function Value({ row, column }: { row: Row; column: (typeof SHOWN)[number] }) {
  const value = row[column];
  return (
    <>
      <dt>{columnLabel(column)}</dt>
      <dd className="value">
        {value === null || value === "" ? (
          <span className="faint">not known</span>
        ) : (
          <>
            <span>{value}</span>
            <button type="button" title={`Only this ${columnLabel(column)}`} aria-label={`Only ${columnLabel(column)} ${value}`} onClick={() => toggleValue(column, value)}>
              <Icon name="plus" size={11} />
            </button>
            <button type="button" title={`Leave this ${columnLabel(column)} out`} aria-label={`Leave out ${columnLabel(column)} ${value}`} onClick={() => toggleValue(column, value, true)}>
              <Icon name="minus" size={11} />
            </button>
          </>
        )}
      </dd>
    </>
  );
}

/** All fields that were kept, as the rule saw them. */
function Fields({ finding }: { finding: Record<string, unknown> | null }) {
  if (finding === null) return <p className="faint">The ledger no longer has its whole record.</p>;
  const fields = isRecord(finding["fields"]) ? Object.entries(finding["fields"]) : [];
  return (
    <details>
      <summary>{fields.length > 0 ? `Fields (${String(fields.length)})` : "Whole record"}</summary>
      {fields.length > 0 ? (
        <dl className="kv mono">
          {fields.map(([name, value]) => (
            <Pair key={name} label={name} value={value === null || value === undefined ? "unknown" : typeof value === "string" ? value : JSON.stringify(value)} />
          ))}
        </dl>
      ) : (
        <pre>{JSON.stringify(finding, null, 2)}</pre>
      )}
    </details>
  );
}
