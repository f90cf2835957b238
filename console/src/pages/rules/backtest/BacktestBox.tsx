import { useMutation } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { Icon } from "@/ui/icons";
import { Time } from "@/ui/Time";
import { Link } from "@/url/Link";
import { stop } from "./queries";
import type { Backtest, Found, RuleChange, RuleDiff, Sample } from "./types";

/** A back-test: its progress, then what would have been lost and gained. What somebody called true comes first. */
export function BacktestBox({ job }: { job: Backtest }) {
  const stopping = useMutation({ mutationFn: () => stop(job.id) });
  const open = job.state === "queued" || job.state === "running";
  return (
    <section aria-label="Back-test" aria-busy={open} className="stack">
      <h2>On history</h2>
      {open && (
        <div className="flex">
          <progress aria-label="Progress of the back-test" {...(job.progress === null ? {} : { value: job.progress })} />
          <span className="dim grow">{job.state === "queued" ? "another one runs" : job.reading === null ? "it begins" : `${countText(job.read)} ${job.reading === "findings" ? "findings" : "bytes of recordings"} read`}</span>
          <button type="button" className="btn" data-size="small" onClick={() => stopping.mutate()} disabled={stopping.isPending}>
            Stop
          </button>
        </div>
      )}
      {job.state === "cancelled" && <p className="notice">It was stopped: nothing is known.</p>}
      {job.state === "failed" && (
        <p className="notice" data-tone="bad">
          It failed: {job.error}
        </p>
      )}
      {job.result !== null && <Difference diff={job.result} />}
    </section>
  );
}

function Difference({ diff }: { diff: RuleDiff }) {
  const changed = diff.rules.filter((r) => r.what !== "same" || r.gained.count + r.lost.count + r.unknown > 0);
  return (
    <div className="stack">
      {diff.lost_true.count > 0 ? (
        <div className="notice" data-tone="bad" role="alert">
          <Icon name="warn" />
          <div className="grow">
            <strong>{diff.lost_true.count === 1 ? "One finding" : `${countText(diff.lost_true.count)} findings`} that somebody called true would be lost:</strong>
            <Rows sample={diff.lost_true} />
          </div>
        </div>
      ) : (
        <p className="notice">No finding that somebody called true would be lost, as far as is known.</p>
      )}
      {diff.unknown_true.count > 0 && (
        <div className="notice" data-tone="warn">
          <div className="grow">
            <strong>Of {countText(diff.unknown_true.count)} true ones it cannot be said:</strong>
            <Rows sample={diff.unknown_true} />
          </div>
        </div>
      )}
      {changed.length === 0 ? (
        <p>No rule differs, and no detection.</p>
      ) : (
        <table className="table" aria-label="Difference by rule">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col" className="num">Before</th>
              <th scope="col" className="num">After</th>
              <th scope="col" className="num">Lost</th>
              <th scope="col" className="num">Gained</th>
              <th scope="col" className="num">Unknown</th>
            </tr>
          </thead>
          <tbody>
            {changed.map((r) => (
              <Change key={r.rule} change={r} />
            ))}
          </tbody>
        </table>
      )}
      <p className="dim">
        Read: {countText(diff.read.findings)} stored findings, {countText(diff.read.captures + diff.read.archives)} recordings with {countText(diff.read.events)} events, <Time at={diff.read.from} form="minute" /> to <Time at={diff.read.to} form="minute" />.
      </p>
      {diff.read.missing.length > 0 && (
        <div className="notice" data-tone="warn">
          <div>
            <strong>Missing:</strong>
            <ul>
              {diff.read.missing.map((m) => (
                <li key={m}>{m}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </div>
  );
}

function Change({ change }: { change: RuleChange }) {
  const shown = change.lost.count + change.gained.count > 0;
  return (
    <>
      <tr>
        <th scope="row">
          {change.rule} <span className="faint">{change.what}</span>
        </th>
        <td className="num">{countText(change.before)}</td>
        <td className="num">{countText(change.after)}</td>
        <td className="num">{countText(change.lost.count)}</td>
        <td className="num">{countText(change.gained.count)}</td>
        <td className="num">{countText(change.unknown)}</td>
      </tr>
      {shown && (
        <tr>
          <td colSpan={6}>
            <details>
              <summary>The newest of them</summary>
              {change.lost.count > 0 && <h3>Lost</h3>}
              <Rows sample={change.lost} />
              {change.gained.count > 0 && <h3>Gained</h3>}
              <Rows sample={change.gained} />
            </details>
          </td>
        </tr>
      )}
    </>
  );
}

/** Rows of a sample that are listed. */
const MOST = 20;

function Rows({ sample }: { sample: Sample }) {
  const rows = sample.rows.slice(0, MOST);
  return (
    <>
      <ul className="sample">
        {rows.map((r, i) => (
          <li key={r.id ?? `${r.time} ${r.rule} ${String(i)}`}>
            <FoundLine found={r} />
          </li>
        ))}
      </ul>
      {rows.length < sample.count && <span className="dim">and {countText(sample.count - rows.length)} older ones</span>}
    </>
  );
}

function FoundLine({ found }: { found: Found }) {
  return (
    <>
      <Time at={found.time} form="minute" /> {found.id === null ? <span>{found.rule}</span> : <Link to={`/findings/${encodeURIComponent(found.id)}`}>{found.rule}</Link>} <span className="mono wrap">{found.output}</span> {found.id === null && <span className="faint">replayed</span>}
    </>
  );
}
