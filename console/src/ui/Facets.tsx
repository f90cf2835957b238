import { useState } from "react";
import { SEVERITIES, type Facet, type Severity } from "@/api/types";
import { countText, shortCount } from "@/time/format";
import { columnLabel, toggleValue, useFilter, valueLabel, type Filter } from "@/url/filter";
import { Icon } from "./icons";
import { SeverityMark } from "./Severity";
import "./filter.css";

/** Values of columns with their counts. A click keeps only that value; the minus leaves it out. */
export function Facets({ facets, total }: { facets: Facet[]; total: number }) {
  const filter = useFilter();
  return (
    <div className="facets">
      <h2 className="sr">Values of columns</h2>
      {facets.map((facet) => (
        <One key={facet.column} facet={facet} total={total} filter={filter} />
      ))}
    </div>
  );
}

/** Values shown before "more". */
const FEW = 6;

function has(filter: Filter, column: string, value: string, not: boolean): boolean {
  return filter.terms.some((t) => t.column === column && t.not === not && t.values.includes(value));
}

function One({ facet, total, filter }: { facet: Facet; total: number; filter: Filter }) {
  const [all, setAll] = useState(false);
  const label = columnLabel(facet.column);
  const values = facet.column === "severity" ? [...facet.values].sort((a, b) => SEVERITIES.indexOf(a.value as Severity) - SEVERITIES.indexOf(b.value as Severity)) : facet.values;
  // A value that the filter names stays in sight with zero, so that it can be taken out.
  const chosen = filter.terms.filter((t) => t.column === facet.column).flatMap((t) => t.values);
  const missing = chosen.filter((v) => !values.some((x) => x.value === v)).map((value) => ({ value, count: 0 }));
  const list = [...missing, ...values];
  const shown = all ? list : list.slice(0, Math.max(FEW, missing.length));
  const hidden = facet.distinct - values.length;
  return (
    <section className="facet" aria-label={label}>
      <h3>
        {label} <span className="faint">{countText(facet.distinct)}</span>
      </h3>
      {list.length === 0 && <p className="faint">no value</p>}
      <ul>
        {shown.map(({ value, count }) => {
          const on = has(filter, facet.column, value, false);
          const off = has(filter, facet.column, value, true);
          return (
            <li key={value}>
              <button type="button" className="val" aria-pressed={on} title={valueLabel(value)} onClick={() => toggleValue(facet.column, value)}>
                {facet.column === "severity" && <SeverityMark severity={value as Severity} size={10} />}
                <span className={value === "" ? "cut faint" : "cut"}>{valueLabel(value)}</span>
                <span className="n">{shortCount(count)}</span>
              </button>
              <button type="button" className="not" aria-pressed={off} aria-label={`Leave out ${valueLabel(value)}`} title="Leave out" onClick={() => toggleValue(facet.column, value, true)}>
                <Icon name="minus" size={11} />
              </button>
              <span className="share" style={{ width: `calc((100% - 28px) * ${String(total === 0 ? 0 : count / total)})` }} />
            </li>
          );
        })}
      </ul>
      {!all && list.length > shown.length && (
        <button type="button" className="more" onClick={() => setAll(true)}>
          {countText(list.length - shown.length)} more
        </button>
      )}
      {all && hidden > 0 && <span className="faint"> and {countText(hidden)} rarer values</span>}
    </section>
  );
}
