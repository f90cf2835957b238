import type { Overview } from "@/api/types";
import { countText } from "@/time/format";
import { Link } from "@/url/Link";
import { useStop } from "@/ui/brush/useBrush";
import { Sparkline } from "@/ui/Sparkline";

const DAY = 86_400_000;
/** Rules that are shown. */
const SHOWN = 8;

/** Rules with the most findings, against the number a day that was set as bearable. `to`: end of the time that is shown, ms. */
export function NoisyRules({ rules, gaps, to }: { rules: Overview["rules"]; gaps: Overview["gaps"]; to: number }) {
  const shown = rules.slice(0, SHOWN);
  const stop = useStop(shown.map((r) => r.rule));
  const firstOf = (days: number) => (Math.floor((to - 1) / DAY) - days + 1) * DAY;
  const blind = (days: number) => Array.from({ length: days }, (_, i) => gaps.some((g) => Date.parse(g.from) < firstOf(days) + (i + 1) * DAY && Date.parse(g.to) > firstOf(days) + i * DAY));
  const over = rules.filter((r) => r.over).length;
  return (
    <section className="card" aria-label="Noisiest rules">
      <header>
        <h2>Noisiest rules</h2>
        <span className="faint">{over === 0 ? "none over its budget of a day" : `${String(over)} over budget on some day`}</span>
      </header>
      {rules.length === 0 ? (
        <p className="body dim">No rule had a finding. That says something only where the rule was loaded: see Controls.</p>
      ) : (
        <table className="table noisy" aria-label="Noisiest rules" data-brushes="">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">By day</th>
              <th scope="col" className="num">Findings</th>
              <th scope="col" className="num">Worst day</th>
              <th scope="col">of budget a day</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((r) => {
              const worst = Math.max(0, ...r.per_day);
              return (
                <tr key={r.rule}>
                  <td className="cut" title={r.rule}>
                    <Link to="/findings" query={{ rule: r.rule }}>
                      {r.rule}
                    </Link>
                  </td>
                  <td>
                    <Sparkline values={r.per_day} first={firstOf(r.per_day.length)} width={84} height={16} limit={r.budget ?? undefined} blind={blind(r.per_day.length)} label={`${r.rule} by day`} {...stop(r.rule)} />
                  </td>
                  <td className="num">{countText(r.count)}</td>
                  <td className="num">{countText(worst)}</td>
                  <td>
                    <Used count={worst} budget={r.budget} over={r.over} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Used({ count, budget, over }: { count: number; budget: number | null; over: boolean }) {
  if (budget === null) return <span className="faint">none set</span>;
  const share = budget === 0 ? (count === 0 ? 0 : 2) : count / budget;
  return (
    <span className="used" data-over={over ? "" : undefined}>
      <span className="track" aria-hidden="true">
        <span style={{ width: `${String(Math.min(100, share * 100))}%` }} />
      </span>
      {budget === 0 ? "of 0" : `${String(Math.round(share * 100))} % of ${countText(budget)}`}
      {over && <span className="sr"> over budget</span>}
    </span>
  );
}
