import { useEffect, useRef, useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { accept, preview, propose } from "@/api/queries";
import type { Preview, Row } from "@/api/types";
import { iso } from "@/time/span";
import { serverNow } from "@/time/useTime";
import { CodeEditor, type EditorHandle } from "@/ui/CodeEditor";
import { DiagnosticsList } from "@/ui/DiagnosticsList";
import { Dialog } from "@/ui/Dialog";
import { Failed, Skeleton } from "@/ui/States";
import { useToast } from "@/ui/Toast";
import { PreviewBox } from "./PreviewBox";

/** How long (ms) typing rests before the effect is asked for. */
const REST = 400;
const DAYS = 90;

/** "Accept this": the smallest acceptance for a finding, what it would have removed in the last 90 days, and only then the save. */
export function AcceptDialog({ row, onClose }: { row: Row; onClose: () => void }) {
  const proposal = useQuery({ queryKey: ["propose", row.id], queryFn: () => propose(row.id), staleTime: Infinity, gcTime: 0 });
  const [yaml, setYaml] = useState<string | null>(null);
  const [settled, setSettled] = useState<string | null>(null);
  const [window_] = useState(() => ({ from: iso(serverNow() - DAYS * 86_400_000), to: iso(serverNow()) }));
  const tell = useToast();
  const client = useQueryClient();
  const editor = useRef<EditorHandle>(null);
  const save = useMutation({ mutationFn: accept });
  const text = yaml ?? proposal.data?.yaml ?? null;

  useEffect(() => {
    if (text === null) return;
    const timer = setTimeout(() => setSettled(text), REST);
    return () => clearTimeout(timer);
  }, [text]);
  const effect = useQuery({
    queryKey: ["acceptances", "preview", settled],
    queryFn: ({ signal }) => preview({ yaml: settled ?? "", ...window_ }, signal),
    enabled: settled !== null,
    gcTime: 0,
  });
  // Only a preview of exactly this text opens the way to save it.
  const fresh: Preview | null = settled === text && effect.data !== undefined ? effect.data : null;
  const errors = fresh?.diagnostics.filter((d) => d.severity === "error") ?? [];
  const maySave = fresh !== null && errors.length === 0 && !save.isPending;

  return (
    <Dialog
      title={`Accept: ${row.rule}`}
      size="wide"
      onClose={onClose}
      footer={
        <>
          <span className="grow faint">{fresh === null ? "The effect is shown before it can be saved." : errors.length > 0 ? "It has errors." : "In force when another person approves it. Who saved it goes to the ledger."}</span>
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className="btn"
            data-kind="primary"
            disabled={!maySave}
            onClick={() =>
              text !== null &&
              save.mutate(text, {
                onSuccess: ({ id, standing }) => {
                  for (const key of ["findings", "overview", "acceptances"]) void client.invalidateQueries({ queryKey: [key] });
                  tell(standing === "pending" || standing === undefined ? `${id} is kept. It is in force when another person approves it under Acceptances.` : `${id} is kept: ${standing}.`, "ok");
                  onClose();
                },
              })
            }
          >
            Save for approval
          </button>
        </>
      }
    >
      {proposal.data === undefined || text === null ? (
        proposal.error === null ? (
          <Skeleton lines={8} />
        ) : (
          <Failed error={proposal.error} what="A proposal" onRetry={() => void proposal.refetch()} />
        )
      ) : (
        <div className="accept">
          <div className="stack">
            <CodeEditor ref={editor} label="Acceptance" value={text} onChange={setYaml} diagnostics={fresh?.diagnostics ?? []} lines={14} />
            {fresh !== null && fresh.diagnostics.length > 0 && <DiagnosticsList diagnostics={fresh.diagnostics} onPick={(d) => editor.current?.goTo(d.line, d.column)} />}
            <section>
              <h3>Narrower or wider</h3>
              <ul className="alternatives">
                {proposal.data.alternatives.map((a) => (
                  <li key={`${a.action}${a.field}`}>
                    <span>
                      {a.action === "drop" ? "without" : "with"} <code>{a.field}</code>
                    </span>
                    <span className="dim">
                      would remove {a.would_remove}
                      {a.lost_true > 0 && <strong className="lost"> and lose {a.lost_true} true</strong>}
                    </span>
                    {a.yaml !== null && (
                      <button type="button" className="btn" data-size="small" onClick={() => setYaml(a.yaml ?? text)}>
                        Take it
                      </button>
                    )}
                  </li>
                ))}
              </ul>
            </section>
            {save.error !== null && <Failed error={save.error} what="The acceptance" />}
          </div>
          <section aria-label={`Effect in the last ${String(DAYS)} days`} aria-busy={fresh === null}>
            <h3>In the last {DAYS} days it would have removed</h3>
            {fresh === null ? effect.error === null ? <Skeleton lines={6} /> : <Failed error={effect.error} what="The effect" onRetry={() => void effect.refetch()} /> : <PreviewBox preview={fresh} />}
          </section>
        </div>
      )}
    </Dialog>
  );
}
