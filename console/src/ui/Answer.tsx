import type { Answer } from "@/api/types";
import { RecordLink } from "@/record/RecordLink";
import { countText, utcText } from "@/time/format";
import { lengthText } from "@/time/span";
import { serverNow } from "@/time/useTime";
import { Icon } from "./icons";
import { Popover } from "./Popover";
import { Time } from "./Time";
import "./answer.css";

/** Older than this (ms) the newest record is worth a word. */
const STALE = 10 * 60_000;

/** The line under a number: what was asked, how far it reaches, how fresh it is, what is left out, what is missing. */
export function AnswerLine({ answer, count, noun = "findings", lead }: { answer: Answer; count?: number; noun?: string; lead?: string }) {
  const suppressed = answer.excluded.suppressed ?? 0;
  const fresh = answer.fresh_to === null ? null : Date.parse(answer.fresh_to);
  const age = fresh === null ? null : serverNow() - fresh;
  const reachesNow = answer.to === null || Date.parse(answer.to) > serverNow() - STALE;
  return (
    <p className="answer">
      {count !== undefined && (
        <span>
          <strong>{countText(count)}</strong> {noun}
        </span>
      )}
      {lead !== undefined && <span>{lead}</span>}
      {suppressed > 0 && <span>{countText(suppressed)} suppressed, not counted</span>}
      <span>{answer.scope}</span>
      {fresh === null ? <span className="bad">no record read</span> : <span>newest record <Time at={answer.fresh_to ?? ""} />{age !== null && reachesNow && age > STALE && <strong className="bad"> ({lengthText(age)} old)</strong>}</span>}
      {answer.partial.length > 0 && (
        <Popover
          label={`Not whole: ${String(answer.partial.length)} reasons`}
          trigger={
            <button type="button" className="partial">
              <Icon name="warn" size={13} />
              {answer.partial.length === 1 ? answer.partial[0] : `not whole: ${String(answer.partial.length)} reasons`}
            </button>
          }
        >
          <ul className="reasons">
            {answer.partial.map((why) => (
              <li key={why}>{why}</li>
            ))}
          </ul>
        </Popover>
      )}
      <Popover
        label="The question that was asked"
        trigger={
          <button type="button" className="ask" aria-label="The question that was asked">
            <Icon name="help" size={13} />
          </button>
        }
      >
        <dl className="kv reasons">
          <dt>Question</dt>
          <dd className="mono">{answer.query === "" ? "everything" : answer.query}</dd>
          <dt>From</dt>
          <dd>{answer.from === null ? "the first record" : `${utcText(Date.parse(answer.from))} UTC`}</dd>
          <dt>To</dt>
          <dd>{answer.to === null ? "the last record" : `${utcText(Date.parse(answer.to))} UTC (not included)`}</dd>
          <dt>Scope</dt>
          <dd>{answer.scope}</dd>
          <dt>Read up to</dt>
          <dd>ledger record {answer.as_of_seq === 0 ? "none" : <RecordLink seq={answer.as_of_seq} />}</dd>
          <dt>Left out</dt>
          <dd>{suppressed === 0 ? "nothing" : `${countText(suppressed)} suppressed by acceptances`}</dd>
          <dt>Missing</dt>
          <dd>{answer.partial.length === 0 ? "nothing known" : answer.partial.join("; ")}</dd>
          <dt>Took</dt>
          <dd>{answer.took_ms} ms</dd>
        </dl>
      </Popover>
    </p>
  );
}
