import type { Overview } from "@/api/types";
import { countText } from "@/time/format";
import { Link } from "@/url/Link";
import { Sparkline } from "@/ui/Sparkline";

/** Rules with the most findings, against the number that was set as bearable for this time. */
export function NoisyRules({ rules, days }: { rules: Overview["rules"]; days: number }) {
  const over = rules.filter((r) => r.over).length;
  return (
    <section className="card" aria-label="Noisiest rules">
      <header>
        <h2>Noisiest rules</h2>
        <span className="faint">
          {over === 0 ? "none over its budget" : `${String(over)} over budget`} · {days >= 2 ? `${String(Math.round(days))} days` : "this time"}
        </span>
      </header>
      {rules.length === 0 ? (
        <p className="body dim">No rule had a finding. That says something only where the rule was loaded: see Controls.</p>
      ) : (
        <table className="table noisy">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">Over time</th>
              <th scope="col" className="num">Findings</th>
              <th scope="col" className="num">Budget</th>
              <th scope="col">Used</th>
            </tr>
          </thead>
          <tbody>
            {rules.slice(0, 8).map((r) => (
              <tr key={r.rule}>
                <td className="cut" title={r.rule}>
                  <Link to="/findings" query={{ rule: r.rule }}>
                    {r.rule}
                  </Link>
                </td>
                <td>
                  <Sparkline values={r.per_day} width={84} height={16} label={`${String(r.per_day.length)} equal parts of the time: ${r.per_day.join(", ")}`} />
                </td>
                <td className="num">{countText(r.count)}</td>
                <td className="num faint">{r.budget === null ? "none set" : countText(r.budget)}</td>
                <td>
                  <Used count={r.count} budget={r.budget} over={r.over} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Used({ count, budget, over }: { count: number; budget: number | null; over: boolean }) {
  if (budget === null) return <span className="faint">–</span>;
  const share = budget === 0 ? (count === 0 ? 0 : 2) : count / budget;
  const text = budget === 0 ? (count === 0 ? "0 %" : "over") : `${String(Math.round(share * 100))} %`;
  return (
    <span className="used" data-over={over ? "" : undefined}>
      <span className="track" aria-hidden="true">
        <span style={{ width: `${String(Math.min(100, share * 100))}%` }} />
      </span>
      {text}
      {over && <span className="sr"> over budget</span>}
    </span>
  );
}
