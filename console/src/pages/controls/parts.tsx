import type { Gap } from "@/api/types";
import { countText } from "@/time/format";
import { serverNow } from "@/time/useTime";
import { GapTable } from "@/ui/GapTable";
import { Time } from "@/ui/Time";
import { Link } from "@/url/Link";
import type { AcceptanceHits, Control, ControlDetail } from "./types";
import { plural } from "./words";

/** Rules that a link names at most: an address has a length. */
const MOST = 40;

/** The filter of the findings of a control: its rules, or its criteria where there are too many; nothing where it stands on no rule. */
export function findingsOf(data: ControlDetail): Record<string, string[]> {
  if (data.rules.length === 0) return {};
  return data.rules.length <= MOST ? { rule: [...new Set(data.rules.map((r) => r.name))] } : { criterion: data.criteria };
}

/** Whether nothing tells of the control: a 0 then means "not known". */
export function isBlind({ control }: { control: Control }): boolean {
  return control.state === "no_evidence" || control.state === "not_covered";
}

/** Rules, sources and populations of a control. */
export function Stands({ data }: { data: ControlDetail }) {
  const bySource = new Map<string, string[]>();
  for (const { name, source } of data.rules) bySource.set(source, [...(bySource.get(source) ?? []), name]);
  return (
    <dl className="stands">
      <dt>Rules</dt>
      <dd>
        {data.rules.length === 0 && <p className="dim">It names no rule that was loaded.</p>}
        {[...bySource].map(([source, names]) => (
          <div key={source}>
            <span className="faint">{source}</span>
            <ul>
              {names.map((name) => (
                <li key={name}>
                  <Link to="/findings" query={{ rule: name }}>{name}</Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </dd>
      <dt>Sources</dt>
      <dd>
        {data.sources.length === 0 && <p className="dim">It names no source.</p>}
        <ul className="tags">
          {data.sources.map((source) => {
            const missing = data.missing_sources.includes(source);
            return (
              <li key={source} className="tag" data-missing={missing ? "" : undefined}>
                {source}
                {missing && <strong> missing: nothing was heard of it</strong>}
              </li>
            );
          })}
          {data.missing_sources.filter((s) => !data.sources.includes(s)).map((source) => (
            <li key={source} className="tag" data-missing="">
              {source} <strong>missing: nothing was heard of it</strong>
            </li>
          ))}
        </ul>
      </dd>
      <dt>Populations</dt>
      <dd>
        {data.populations.length === 0 ? <p className="dim">It names no population.</p> : (
          <>
            <ul className="tags">
              {data.populations.map((p) => (
                <li key={p} className="tag" data-missing={data.not_covered.some((n) => n.what === p) ? "" : undefined}>
                  {p}
                  {data.not_covered.some((n) => n.what === p) && <strong> not covered</strong>}
                </li>
              ))}
            </ul>
            <p className="faint">The report draws those that are covered: whole, with their numbers, and samples from them.</p>
          </>
        )}
      </dd>
    </dl>
  );
}

/** What a control needs that avouch does not show, and why. */
export function NotCovered({ data }: { data: ControlDetail }) {
  if (data.not_covered.length === 0) {
    return <p className="dim">{data.control.state === "not_covered" ? "It names no evidence that avouch makes; show all of it from elsewhere." : "The list names nothing that comes from elsewhere."}</p>;
  }
  return (
    <dl className="kv">
      {data.not_covered.map((n) => (
        <div key={n.what} className="contents">
          <dt className="mono">{n.what}</dt>
          <dd>{n.why}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Acceptances that hid findings of the control's rules. */
export function AcceptanceTable({ acceptances }: { acceptances: AcceptanceHits[] }) {
  if (acceptances.length === 0) return <p className="dim">None: no finding of its rules was let be.</p>;
  return (
    <table className="table" aria-label="Acceptances that hid findings">
      <thead>
        <tr>
          <th scope="col">Acceptance</th>
          <th scope="col">Rule</th>
          <th scope="col" className="num">Findings hidden</th>
          <th scope="col">Ends (UTC)</th>
        </tr>
      </thead>
      <tbody>
        {acceptances.map((a) => (
          <tr key={a.id}>
            <th scope="row">
              <Link to="/acceptances" query={{ sel: a.id }} className="mono">{a.id}</Link>
            </th>
            <td>{a.rule}</td>
            <td className="num">{a.hits === 0 ? "0" : <Link to="/findings" query={{ acceptance: a.id, suppressed: "yes" }}>{countText(a.hits)}</Link>}</td>
            <td>
              {a.expires === null ? <strong className="draft">no end</strong> : (
                <>
                  <Time at={a.expires} form="minute" />
                  {Date.parse(a.expires) < serverNow() && <strong className="draft"> ended</strong>}
                </>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Stretches that were not watched. */
export function Gaps({ gaps, more, state }: { gaps: Gap[]; more: number; state: ControlDetail["control"]["state"] }) {
  if (gaps.length === 0 && more === 0) {
    return <p className="dim">{state === "not_covered" ? "Nothing of it was to be watched." : state === "no_evidence" ? "None is listed; but nothing in this time tells of the control." : "None: all of what was to be watched was."}</p>;
  }
  return (
    <>
      <GapTable gaps={gaps} label="Gaps" />
      {more > 0 && <p className="dim">{countText(more)} more {plural(more, "gap is", "gaps are")} not listed here; the report has all of them.</p>}
    </>
  );
}
