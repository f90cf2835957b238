import type { FindingDetail } from "@/api/types";
import { RecordLink } from "@/record/RecordLink";
import { Time } from "@/ui/Time";

/** Kinds of facts of the ledger, in words. */
const WORDS: Record<string, string> = { acknowledgement: "acknowledged", disposition: "decided", assignment: "assigned", note: "note", delivery: "notified" };

/** Parts of a record that the entry says already. */
const SAID = new Set(["by", "time", "finding"]);

/** Everything that was recorded of this finding, oldest first, with the number of its record. */
export function HistoryTab({ detail }: { detail: FindingDetail }) {
  return (
    <ol className="history">
      <li>
        <div>
          <strong>recorded</strong> <span className="dim">as {detail.row.source} of {detail.row.node ?? "a node not named"} told it</span>
        </div>
        <div className="faint">
          <Time at={detail.row.recorded} form="both" /> · record <RecordLink seq={detail.row.record.seq} />
        </div>
      </li>
      {detail.history.length === 0 && <li className="dim">Nobody has looked at it, decided it or been told of it since.</li>}
      {detail.history.map((entry) => (
        <li key={`${String(entry.seq)}${entry.kind}`}>
          <div>
            <strong>{WORDS[entry.kind] ?? entry.kind}</strong>{entry.by !== "" && <span className="dim"> by {entry.by}</span>}
          </div>
          <div className="faint">
            <Time at={entry.time} form="both" /> · record <RecordLink seq={entry.seq} />
          </div>
          {Object.entries(entry.body)
            .filter(([name, value]) => !SAID.has(name) && value !== null && value !== "")
            .map(([name, value]) => (
              <div key={name} className="wrap">
                <span className="faint">{name}</span> {typeof value === "string" ? value : JSON.stringify(value)}
              </div>
            ))}
        </li>
      ))}
    </ol>
  );
}
