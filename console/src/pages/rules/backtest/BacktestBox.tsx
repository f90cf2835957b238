import { useMutation } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { Icon } from "@/ui/icons";
import { Time } from "@/ui/Time";
import { stop } from "../queries";
import type { Backtest, RuleDiff } from "../types";
import { ActivityNote } from "./ActivityNote";
import { Rows } from "./Rows";
import { RuleResult } from "./RuleResult";
import { differs, reading } from "./model";
import "./backtest.css";

/** A back-test: its progress, then what would have been lost and gained. What somebody called true comes first. */
export function BacktestBox({ job, stale }: { job: Backtest; stale: boolean }) {
  const stopping = useMutation({ mutationFn: () => stop(job.id) });
  const open = job.state === "queued" || job.state === "running";
  return (
    <section aria-label="Back-test" aria-busy={open} className="stack backtest">
      <h2>
        On history{" "}
        <span className="faint">
          <Time at={job.from} form="minute" /> to <Time at={job.to} form="minute" /> UTC
        </span>
      </h2>
      {open && (
        <div className="flex">
          <progress aria-label="Progress of the back-test" {...(job.progress === null ? {} : { value: job.progress })} />
          <span className="dim grow">{job.state === "queued" ? "another one runs" : reading(job)}</span>
          <button type="button" className="btn" data-size="small" onClick={() => stopping.mutate()} disabled={stopping.isPending}>
            Stop
          </button>
        </div>
      )}
      {stale && <p className="notice" data-tone="warn">The text changed since it was tried: this is of the text before.</p>}
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
  const changed = diff.rules.filter(differs);
  const same = diff.rules.length - changed.length;
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
        <p>No rule differs, and no detection: the text asks the same as what is loaded.</p>
      ) : (
        changed.map((change) => <RuleResult key={change.rule} change={change} diff={diff} />)
      )}
      {same > 0 && changed.length > 0 && (
        <p className="dim">
          {countText(same)} other {same === 1 ? "rule stays as it is" : "rules stay as they are"}.
        </p>
      )}
      <ActivityNote activity={diff.activity} />
      <section className="card">
        <header>
          <h3>What was looked at</h3>
        </header>
        <div className="body stack">
          <p>
            {countText(diff.read.findings)} stored findings, {countText(diff.activity.commands + diff.activity.connections + diff.activity.files)} records of activity, {countText(diff.read.captures + diff.read.archives)} recordings with {countText(diff.read.events)} events.
          </p>
          {diff.read.missing.length > 0 && (
            <div>
              <strong>Not there:</strong>
              <ul className="plain">
                {diff.read.missing.map((m) => (
                  <li key={m}>{m}</li>
                ))}
              </ul>
            </div>
          )}
        </div>
      </section>
    </div>
  );
}
