import { useQuery } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { useTime } from "@/time/useTime";
import { SidePane } from "@/ui/SidePane";
import { Sparkline } from "@/ui/Sparkline";
import { Failed, Skeleton } from "@/ui/States";
import { Link } from "@/url/Link";
import { FILES, fileParams, shortName } from "./model";
import { ruleQuery } from "./queries";
import type { Place, Rule } from "./types";

/** One rule: what it asks, where it stands, who else defines it, how often it fired by day from `first` on. */
export function RulePane({ name, row, first, blind, onClose }: { name: string; row: Rule | null; first: number; blind: boolean[] | undefined; onClose: () => void }) {
  const { params } = useTime();
  const here = row === null || row.file !== null;
  const { data, error, refetch } = useQuery({ ...ruleQuery(name, params), enabled: here });
  const rule = data?.rule ?? row;
  return (
    <SidePane title={name} onClose={onClose}>
      <div className="stack">
        {rule !== null && <Numbers rule={rule} first={data === undefined ? first : Date.parse(data.first_day)} blind={blind} />}
        {!here && <p className="notice">Findings of this rule came in, and this server has no file of it: an agent has other rules. Its condition is not known here.</p>}
        {here && data === undefined && (error === null ? <Skeleton lines={6} /> : <Failed error={error} what="The rule" onRetry={() => void refetch()} />)}
        {data !== undefined && (
          <>
            {data.description !== "" && <p>{data.description}</p>}
            <section>
              <h3>Condition</h3>
              <pre className="output">{data.condition}</pre>
              {data.resolved !== data.condition && (
                <details>
                  <summary>With lists and macros put in</summary>
                  <pre className="output">{data.resolved}</pre>
                </details>
              )}
            </section>
            <section>
              <h3>Output</h3>
              <pre className="output">{data.output}</pre>
            </section>
          </>
        )}
        {rule !== null && <Facts rule={rule} />}
      </div>
    </SidePane>
  );
}

function Numbers({ rule, first, blind }: { rule: Rule; first: number; blind: boolean[] | undefined }) {
  const most = Math.max(0, ...rule.per_day);
  return (
    <section aria-label="How often it fired">
      <Sparkline values={rule.per_day} first={first} height={48} limit={rule.budget} blind={blind} label="Findings by day" />
      <p>
        <strong>{countText(rule.total)}</strong> findings, {countText(rule.suppressed)} more accepted; at most {countText(most)} a day of a budget of {countText(rule.budget)}.{" "}
        <Link to="/findings" query={{ rule: rule.name }}>
          Show them
        </Link>
      </p>
      {rule.over && <p className="notice" data-tone="warn">More than people can look at in a day: narrow the rule, or accept what is known.</p>}
      {rule.enabled && rule.total + rule.suppressed === 0 && <p className="dim">It did not fire. Whether its source was watched is under <Link to="/health">Health</Link>.</p>}
    </section>
  );
}

function Places({ places }: { places: Place[] }) {
  return (
    <>
      {places.map((p) => (
        <div key={`${p.file}:${String(p.line)}`}>
          <Link to={FILES} query={fileParams(p.file, p.line)} className="mono" title={p.file}>
            {shortName(p.file)}:{p.line}
          </Link>
        </div>
      ))}
    </>
  );
}

function Facts({ rule }: { rule: Rule }) {
  return (
    <dl className="kv">
      <dt>State</dt>
      <dd>{rule.status}</dd>
      {rule.file !== null && rule.line !== null && (
        <>
          <dt>Stands in</dt>
          <dd>
            <Places places={[{ file: rule.file, line: rule.line }]} />
          </dd>
        </>
      )}
      {rule.overridden_by.length > 0 && (
        <>
          <dt>Also in</dt>
          <dd>
            <Places places={rule.overridden_by} />
            <span className="faint">appended to or overridden there</span>
          </dd>
        </>
      )}
      {rule.shadowed_by.length > 0 && (
        <>
          <dt>Shadowed by</dt>
          <dd>
            <Places places={rule.shadowed_by} />
            <span className="faint">takes all of its events where only the first matching rule fires</span>
          </dd>
        </>
      )}
      {rule.source !== "" && (
        <>
          <dt>Source</dt>
          <dd>{rule.source}</dd>
          <dt>Priority</dt>
          <dd>{rule.priority}</dd>
          <dt>Serves</dt>
          <dd>
            {rule.criteria.join(", ")}
            {rule.criteria.length === 0 && <span className="faint">no criterion</span>}
            {rule.criteria_secondary.length > 0 && <span className="dim"> and touches {rule.criteria_secondary.join(", ")}</span>}
          </dd>
          <dt>Tags</dt>
          <dd>
            {rule.tags.map((t) => (
              <span key={t} className="tag">
                {t}
              </span>
            ))}
          </dd>
        </>
      )}
    </dl>
  );
}
