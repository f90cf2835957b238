import { useQuery } from "@tanstack/react-query";
import type { AnswerOf } from "@/api/wire";
import { countText } from "@/time/format";
import { copyText, saveText } from "@/ui/give";
import { Dialog } from "@/ui/Dialog";
import { Icon } from "@/ui/icons";
import { Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { useToast } from "@/ui/Toast";
import { checkRecord, type Checked } from "./proof";
import { recordQuery } from "./queries";
import { RecordLink } from "./RecordLink";
import "./record.css";

type LedgerRecord = AnswerOf<"/ledger/records/{number}", "get">;

/** A record of the ledger: what it says, its place in the chain, and how to check it without this server. */
export default function RecordDialog({ seq, onClose }: { seq: number; onClose: () => void }) {
  const { data, error, refetch } = useQuery(recordQuery(seq));
  return (
    <Dialog title={data === undefined ? `Record ${String(seq)}` : `Record ${String(seq)}: ${data.kind}`} onClose={onClose} size="wide">
      {data === undefined ? error === null ? <Skeleton lines={8} /> : <Failed error={error} what="The record" onRetry={() => void refetch()} /> : <Body record={data} />}
    </Dialog>
  );
}

function Body({ record }: { record: LedgerRecord }) {
  return (
    <div className="stack record">
      <section aria-labelledby="record-fact">
        <h3 id="record-fact">What it says</h3>
        <dl className="kv">
          <dt>Time</dt>
          <dd>
            <Time at={record.time} form="both" /> <span className="faint">by the clock of its source</span>
          </dd>
          <dt>Told by</dt>
          <dd>
            {record.source} <span className="faint">record {countText(record.source_seq)} of its run</span> <span className="mono">{record.run}</span>
          </dd>
          <dt>Secrets replaced</dt>
          <dd>{record.redacted === 0 ? "none" : countText(record.redacted)}</dd>
        </dl>
        <details>
          <summary>The whole record</summary>
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reachable with keys */}
          <pre tabIndex={0}>{pretty(record.exhibit.record)}</pre>
        </details>
      </section>
      <Place record={record} />
      <Verify record={record} />
    </div>
  );
}

function pretty(line: string): string {
  try {
    return JSON.stringify(JSON.parse(line), null, 2);
  } catch {
    return line;
  }
}

const WORDS: Record<Checked, string> = { holds: "computed anew in this browser: it holds", broken: "computed anew in this browser: IT DOES NOT HOLD", "not checked": "not computed anew: this browser hashes only over TLS" };

function Place({ record }: { record: LedgerRecord }) {
  // What is hashed never changes; the head may come later.
  const { data: checked } = useQuery({ queryKey: ["ledger", "check", record.seq, record.head?.last_seq ?? 0], queryFn: () => checkRecord(record), staleTime: Infinity });
  const head = record.head;
  return (
    <section aria-labelledby="record-place">
      <h3 id="record-place">Its place in the ledger</h3>
      <dl className="kv">
        <dt>Hash</dt>
        <dd className="mono wrap">
          {record.hash} {checked !== undefined && <Mark checked={checked.hash} />}
        </dd>
        <dt>Hash of the one before</dt>
        <dd className="mono wrap">
          {record.prev} {record.seq > 1 && <RecordLink seq={record.seq - 1}>record {record.seq - 1}</RecordLink>}
        </dd>
        <dt>Ledger</dt>
        <dd className="mono wrap">{record.ledger}</dd>
        {head !== null && (
          <>
            <dt>Signed head</dt>
            <dd>
              covers records {countText(head.first_seq)} to {countText(head.last_seq)}, signed <Time at={head.time} /> UTC by key <span className="mono wrap">{head.key}</span>
            </dd>
            <dt>Proof</dt>
            <dd>
              {head.path.length === 0 ? "it is the only record under the head" : `${countText(head.path.length)} hashes lead from the record to the root of the head`} {checked !== undefined && <Mark checked={checked.proof} />}
              <details>
                <summary>Root and hashes</summary>
                <ol className="mono wrap">
                  {head.path.map((hash) => (
                    <li key={hash}>{hash}</li>
                  ))}
                  <li>root {head.merkle_root}</li>
                </ol>
              </details>
            </dd>
          </>
        )}
      </dl>
      {head === null && (
        <div className="notice" data-tone="warn" role="status">
          No signed head covers it yet, so nothing vouches for it but this server. One is signed within a minute; this is looked at again by itself.
        </div>
      )}
    </section>
  );
}

function Mark({ checked }: { checked: Checked }) {
  return (
    <span className="checked" data-checked={checked}>
      {checked === "holds" ? "✓ " : checked === "broken" ? "▲ " : ""}
      {WORDS[checked]}
    </span>
  );
}

function Verify({ record }: { record: LedgerRecord }) {
  const tell = useToast();
  const copy = async () => {
    if (await copyText(record.command)) tell("Copied", "ok");
    else tell("The browser did not let it be copied: select the text", "warn");
  };
  const name = `record-${String(record.seq)}.json`;
  return (
    <section aria-labelledby="record-verify">
      <h3 id="record-verify">Check it without this server</h3>
      <ol className="howto">
        <li>
          <button type="button" className="btn" data-kind="primary" data-size="small" onClick={() => saveText(name, "application/json", JSON.stringify(record.exhibit, null, 2))}>
            <Icon name="download" /> Save {name}
          </button>{" "}
          <span className="dim">the record, the head and the proof</span>
        </li>
        <li>
          <span className="dim">Take the public key from where it was kept outside on the first day: the one in the file comes from here, and proves nothing by itself.</span>
        </li>
        <li>
          <code>{record.command}</code>{" "}
          <button type="button" className="btn" data-size="small" onClick={() => void copy()}>
            Copy
          </button>
        </li>
      </ol>
      <p className="faint">It shows that the record stands in the ledger that the key signs, as it was. That nothing was left out is shown by the whole ledger: avouch verify with a bundle or the folder of evidence.</p>
    </section>
  );
}
