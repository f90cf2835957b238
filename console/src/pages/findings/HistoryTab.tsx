import type { FindingDetail } from "@/api/types";
import { Time } from "@/ui/Time";

/** Kinds of facts of the ledger, in words. */
const WORDS: Record<string, string> = { acknowledgement: "acknowledged", disposition: "decided", assignment: "assigned", note: "note", delivery: "notified" };

/** Parts of a record that the entry says already. */
const SAID = new Set(["by", "time", "finding"]);

/** Everything that was recorded of this finding, oldest first, with the number of its record. */
export function HistoryTab({ detail }: { detail: FindingDetail }) {
  return (
    <ol className="history">
      {detail.history.map((entry) => (
        <li key={`${String(entry.seq)}${entry.kind}`}>
          <div>
            <strong>{WORDS[entry.kind] ?? entry.kind}</strong> <span className="dim">by {entry.by}</span>
          </div>
          <div className="faint">
            <Time at={entry.time} form="both" /> · record {entry.seq}
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
