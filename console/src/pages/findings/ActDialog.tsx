import { useState, type FormEvent } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { act } from "@/api/queries";
import type { Act, Decision, Row } from "@/api/types";
import { useSession } from "@/session/SessionProvider";
import { Dialog } from "@/ui/Dialog";
import { Failed } from "@/ui/States";
import { useToast } from "@/ui/Toast";

export type ActKind = "acknowledge" | "decide" | "assign" | "note";

export const ACTS: { kind: ActKind; label: string; key: string }[] = [
  { kind: "acknowledge", label: "Acknowledge", key: "a" },
  { kind: "decide", label: "Decide", key: "d" },
  { kind: "assign", label: "Assign", key: "s" },
  { kind: "note", label: "Note", key: "n" },
];

const TITLES: Record<ActKind, string> = { acknowledge: "Acknowledge", decide: "Decide", assign: "Assign", note: "Add a note" };

const DECISIONS: { value: Decision; label: string; help: string }[] = [
  { value: "true", label: "True finding", help: "it happened, and it should not have" },
  { value: "benign", label: "Benign", help: "it happened, and it was all right" },
  { value: "test", label: "Test", help: "it was made on purpose to test" },
];

interface ActDialogProps {
  kind: ActKind;
  rows: Row[];
  onClose: () => void;
  /** The act is recorded; `change` makes the rows of the feed say so. */
  onDone: (change: (row: Row) => Row) => void;
}

/** One act of triage on one or many findings. Each is a record of the ledger, and none can be taken back: a later one stands beside it. */
export function ActDialog({ kind, rows, onClose, onDone }: ActDialogProps) {
  const { session } = useSession();
  const tell = useToast();
  const client = useQueryClient();
  const me = session.user?.name ?? "";
  const [text, setText] = useState("");
  const [to, setTo] = useState(rows[0]?.assignee ?? me);
  const [decision, setDecision] = useState<Decision | null>(null);
  const [incident, setIncident] = useState("");
  const record = useMutation({ mutationFn: act });

  const ready = kind === "acknowledge" || (kind === "decide" ? decision !== null && text.trim() !== "" : kind === "assign" ? true : text.trim() !== "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready || record.isPending) return;
    const body: Act = { ids: rows.map((r) => r.id) };
    const time = new Date().toISOString();
    let change = (row: Row): Row => row;
    if (kind === "acknowledge") {
      body.acknowledge = { note: text.trim() };
      change = (row) => ({ ...row, acknowledged: { time, by: me } });
    } else if (kind === "assign") {
      const assignee = to.trim() === "" ? null : to.trim();
      body.assign = { to: to.trim() };
      change = (row) => ({ ...row, assignee });
    } else if (kind === "note") body.note = { text: text.trim() };
    else if (decision !== null) {
      const made = { decision, reason: text.trim(), incident: incident.trim() };
      body.decide = made;
      change = (row) => ({ ...row, decision: { time, by: me, ...made, incident: made.incident === "" ? null : made.incident } });
    }
    record.mutate(body, {
      onSuccess: ({ recorded }) => {
        void client.invalidateQueries({ queryKey: ["findings"] });
        void client.invalidateQueries({ queryKey: ["overview"] });
        tell(recorded.length === 1 ? `Recorded as ${String(recorded[0])} of the ledger.` : `${String(recorded.length)} records in the ledger.`, "ok");
        onDone(change);
      },
    });
  };
  const one = rows.length === 1 ? rows[0] : undefined;
  return (
    <Dialog
      title={`${TITLES[kind]}: ${one === undefined ? `${String(rows.length)} findings` : one.rule}`}
      onClose={onClose}
      footer={
        <>
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" form="act" className="btn" data-kind="primary" disabled={!ready || record.isPending}>
            {TITLES[kind]}
          </button>
        </>
      }
    >
      <form id="act" className="stack" onSubmit={submit}>
        {kind === "decide" && (
          <fieldset className="decisions">
            <legend className="sr">Decision</legend>
            {DECISIONS.map((d) => (
              <label key={d.value}>
                <input type="radio" name="decision" checked={decision === d.value} onChange={() => setDecision(d.value)} />
                <strong>{d.label}</strong> <span className="dim">{d.help}</span>
              </label>
            ))}
          </fieldset>
        )}
        {kind === "assign" ? (
          <label className="field">
            <span>To</span>
            <input className="input" value={to} autoCapitalize="off" spellCheck={false} onChange={(e) => setTo(e.target.value)} />
            <span className="help">Empty: nobody. You are {me}.</span>
          </label>
        ) : (
          <label className="field">
            <span>{kind === "decide" ? "Reason (an auditor reads it)" : kind === "acknowledge" ? "Note (may be left out)" : "Note"}</span>
            <textarea className="input" rows={3} value={text} maxLength={4000} onChange={(e) => setText(e.target.value)} onKeyDown={(e) => (e.ctrlKey || e.metaKey) && e.key === "Enter" && e.currentTarget.form?.requestSubmit()} />
          </label>
        )}
        {kind === "decide" && (
          <label className="field">
            <span>Incident (may be left out)</span>
            <input className="input" value={incident} maxLength={200} onChange={(e) => setIncident(e.target.value)} />
          </label>
        )}
        {record.error !== null && <Failed error={record.error} what="The act" />}
        <p className="faint">{rows.length > 1 ? `One record for each of the ${String(rows.length)} findings.` : "One record in the ledger."} It cannot be changed; a later one stands beside it.</p>
      </form>
    </Dialog>
  );
}
