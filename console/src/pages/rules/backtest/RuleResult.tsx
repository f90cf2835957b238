import { useMemo, type ReactNode } from "react";
import { countText } from "@/time/format";
import { Icon } from "@/ui/icons";
import type { ActivityChange, RuleChange, RuleDiff } from "../types";
import { DayChart } from "./DayChart";
import { Rows } from "./Rows";
import { chartDays, unsaid, verdict } from "./model";

const WHAT = { added: "new", removed: "gone", changed: "changed", same: "the same" };
/** Noise is told against this many findings a day where the server tells none. */
const BUDGET = 50;

/** What becomes of one rule: would newly fire, would no longer fire, cannot say. */
export function RuleResult({ change, diff }: { change: RuleChange; diff: RuleDiff }) {
  const days = useMemo(() => chartDays(change, diff), [change, diff]);
  const noise = change.noise === null ? null : verdict(change.noise);
  const open = unsaid(change);
  return (
    <section className="card ruleresult" aria-label={change.rule}>
      <header>
        <h3>{change.rule}</h3>
        <span className="tag">{WHAT[change.what]}</span>
        <span className="grow" />
        <span className="dim">
          {countText(change.before)} before, <strong>{countText(change.after)}</strong> after{open > 0 && ` and up to ${countText(open)} more`}
        </span>
      </header>
      <div className="body stack">
        <dl className="groups">
          <Group tone="new" term="Would newly fire" n={change.gained.count} known={change.activity === null || (diff.activity.state === "read" && change.activity.kept)} />
          <Group tone="gone" term="Would no longer fire" n={change.lost.count} known />
          <Group tone="open" term="Cannot say" n={open} known />
        </dl>
        {noise !== null && (
          <p className="notice" data-tone={noise.tone}>
            {noise.tone !== "ok" && <Icon name="warn" />}
            <span>{noise.text}</span>
          </p>
        )}
        {change.activity !== null && <AboutEvents activity={change.activity} />}
        <DayChart days={days} budget={change.noise?.budget ?? BUDGET} label={`${change.rule} by day, before and after`} />
        <Examples open={change.gained.count > 0} title={`Would newly fire: ${countText(change.gained.count)}`} shown={change.gained.count > 0}>
          <Rows sample={change.gained} />
        </Examples>
        <Examples open={change.lost.count > 0 && change.gained.count === 0} title={`Would no longer fire: ${countText(change.lost.count)}`} shown={change.lost.count > 0}>
          <Rows sample={change.lost} />
        </Examples>
        <Examples open={false} title={`Cannot say: ${countText(open)}`} shown={open > 0}>
          <Unsaid change={change} />
        </Examples>
      </div>
    </section>
  );
}

function Group({ term, n, tone, known }: { term: string; n: number; tone: string; known: boolean }) {
  return (
    <div data-tone={n > 0 ? tone : undefined}>
      <dt>{term}</dt>
      <dd>{n === 0 && !known ? <span className="faint">not known</span> : countText(n)}</dd>
    </div>
  );
}

function Examples({ title, open, shown, children }: { title: string; open: boolean; shown: boolean; children: ReactNode }) {
  if (!shown) return null;
  return (
    <details open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

/** What the rule is about, and whether activity tells of it at all. */
function AboutEvents({ activity }: { activity: ActivityChange }) {
  const names = (kept: string) => activity.about.filter((a) => a.kept === kept).map((a) => a.event);
  const [yes, writes, no] = [names("yes"), names("writes"), names("no")];
  const others = activity.about_count - activity.about.length;
  if (no.length === 0 && writes.length === 0 && others === 0) return null;
  return (
    <p className="dim">
      {activity.kept ? "Only some of what it is about is kept as activity" : "Nothing of what it is about is kept as activity, so what it would newly find is not known"}
      {yes.length > 0 && `; kept: ${yes.join(", ")}`}
      {writes.length > 0 && `; kept where it opens to write, not where it reads: ${writes.join(", ")}`}
      {no.length > 0 && `; not kept: ${no.join(", ")}`}
      {others > 0 && ` and ${countText(others)} more`}. Calls that failed are not kept either. A recording (<code>--recordings</code>) would tell of all of them.
    </p>
  );
}

function Unsaid({ change }: { change: RuleChange }) {
  const { activity } = change;
  return (
    <div className="stack">
      {change.unknown > 0 && <p>{countText(change.unknown)} stored findings: fields that the new condition asks were not recorded with them.</p>}
      {activity !== null && activity.unknown_before > 0 && <p>{countText(activity.unknown_before)} records of activity fit the new condition; whether they fitted the old one is not known.</p>}
      {activity !== null && activity.unknown.count > 0 && (
        <>
          <p>{countText(activity.unknown.count)} records of activity: it depends on fields that activity does not keep.</p>
          <table className="table missing" aria-label="Fields that were missing">
            <tbody>
              {activity.missing.map((m) => (
                <tr key={m.field}>
                  <td className="mono">{m.field}</td>
                  <td className="num">{countText(m.records)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <Rows sample={activity.unknown} />
        </>
      )}
    </div>
  );
}
