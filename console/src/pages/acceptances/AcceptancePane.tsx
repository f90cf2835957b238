import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { preview } from "@/api/queries";
import { PreviewBox } from "@/pages/findings/PreviewBox";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { iso } from "@/time/span";
import { serverNow } from "@/time/useTime";
import { Dialog } from "@/ui/Dialog";
import { SidePane } from "@/ui/SidePane";
import { Sparkline } from "@/ui/Sparkline";
import { Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { useToast } from "@/ui/Toast";
import { Link } from "@/url/Link";
import { markOf, WORDS } from "./model";
import { approve, revoke } from "./queries";
import type { Acceptance } from "./types";

const DAYS = 90;

/** One acceptance: what it lets be, who made it, what it hid by day from `first` on; approved or taken back here. */
export function AcceptancePane({ acceptance: a, first, blind, onClose }: { acceptance: Acceptance; first: number; blind: boolean[] | undefined; onClose: () => void }) {
  const { may } = useSession();
  const [revoking, setRevoking] = useState(false);
  const mark = markOf(a, serverNow());
  const mayRevoke = may("edit_acceptances") && (a.standing === "pending" || a.file !== null);
  return (
    <SidePane title={a.id} onClose={onClose}>
      <div className="stack">
        {mark !== "fine" && (
          <p className="notice" data-tone={mark === "broken" || mark === "expired" ? "bad" : "warn"}>
            <span>
              {WORDS[mark]}
              {a.broken !== null && `: ${a.broken}`}
            </span>
          </p>
        )}
        {a.standing === "pending" && <Approval acceptance={a} />}
        {a.standing !== "pending" && (
          <section aria-label="What it hid">
            <Sparkline values={a.by_day} first={first} height={44} blind={blind} label="Hidden by day" />
            <p>
              <strong>{countText(a.hits)}</strong> findings hidden in this time; the last on {a.last_hit === null ? "no day that is known" : a.last_hit.slice(0, 10)}
              {a.unused_days !== null && `, ${countText(a.unused_days)} days ago`}.{" "}
              <Link to="/findings" query={{ acceptance: a.id, suppressed: "yes" }}>
                Show them
              </Link>
            </p>
          </section>
        )}
        <Facts a={a} />
        {mayRevoke && (
          <p>
            <button type="button" className="btn" data-kind="danger" onClick={() => setRevoking(true)}>
              {a.standing === "pending" ? "Withdraw" : "Take back"}
            </button>
          </p>
        )}
      </div>
      {revoking && <RevokeDialog acceptance={a} onClose={() => setRevoking(false)} onDone={onClose} />}
    </SidePane>
  );
}

function Approval({ acceptance: a }: { acceptance: Acceptance }) {
  const { may } = useSession();
  const client = useQueryClient();
  const tell = useToast();
  const [window_] = useState(() => ({ from: iso(serverNow() - DAYS * 86_400_000), to: iso(serverNow()) }));
  const effect = useQuery({ queryKey: ["acceptances", "preview", a.digest], queryFn: ({ signal }) => preview({ yaml: a.yaml ?? "", ...window_ }, signal), enabled: a.yaml !== null && may("backtest"), gcTime: 0 });
  const approving = useMutation({
    mutationFn: approve,
    onSuccess: ({ id, standing }) => {
      for (const key of ["findings", "overview", "acceptances"]) void client.invalidateQueries({ queryKey: [key] });
      tell(`${id} is approved: ${standing}.`, "ok");
    },
  });
  const mayApprove = may("edit_acceptances") && !a.own;
  // Nobody approves what they could not see the effect of.
  const seen = effect.data !== undefined;
  return (
    <section aria-label="Approval" className="stack">
      <pre className="output">{a.yaml}</pre>
      {may("backtest") && (
        <>
          <h3>In the last {DAYS} days it would have removed</h3>
          {effect.data === undefined ? effect.error === null ? <Skeleton lines={4} /> : <Failed error={effect.error} what="The effect" onRetry={() => void effect.refetch()} /> : <PreviewBox preview={effect.data} />}
        </>
      )}
      {a.own && <p className="dim">You asked for it: another person has to approve it.</p>}
      {mayApprove && a.digest !== null && (
        <p>
          <button type="button" className="btn" data-kind="primary" disabled={!seen || approving.isPending} onClick={() => approving.mutate({ id: a.id, digest: a.digest ?? "" })}>
            Approve it
          </button>
        </p>
      )}
      {approving.error !== null && <Failed error={approving.error} what="The approval" />}
    </section>
  );
}

function RevokeDialog({ acceptance: a, onClose, onDone }: { acceptance: Acceptance; onClose: () => void; onDone: () => void }) {
  const client = useQueryClient();
  const tell = useToast();
  const [reason, setReason] = useState("");
  const revoking = useMutation({
    mutationFn: revoke,
    onSuccess: ({ id }) => {
      for (const key of ["findings", "overview", "acceptances"]) void client.invalidateQueries({ queryKey: [key] });
      tell(`${id} is taken back. What it hid stays recorded.`, "ok");
      onDone();
    },
  });
  return (
    <Dialog
      title={`Take back ${a.id}`}
      onClose={onClose}
      footer={
        <>
          <span className="grow faint">Who did it and why goes to the ledger.</span>
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="button" className="btn" data-kind="primary" disabled={reason.trim() === "" || revoking.isPending} onClick={() => revoking.mutate({ id: a.id, reason })}>
            Take it back
          </button>
        </>
      }
    >
      <label className="field">
        <span>Why</span>
        <textarea className="input" rows={3} value={reason} onChange={(e) => setReason(e.target.value)} />
      </label>
      {revoking.error !== null && <Failed error={revoking.error} what="The acceptance" />}
    </Dialog>
  );
}

function Facts({ a }: { a: Acceptance }) {
  const texts: [string, string | null][] = [
    ["Rule", a.rule],
    ["Check", a.check],
    ["Criterion", a.criterion],
    ["Control", a.control],
    ["Condition", a.condition],
    ["Reason", a.reason === "" ? null : a.reason],
    ["Risk", a.risk],
    ["Instead", a.compensating],
    ["Asked by", a.requester === "" ? null : a.requester],
    ["Approved by", a.approver],
    ["Ticket", a.ticket],
  ];
  const times: [string, string | null][] = [
    ["From", a.from],
    ["Expires", a.expires],
    ["Review due", a.review_due],
  ];
  return (
    <dl className="kv">
      {texts.map(([name, text]) =>
        text === null ? null : (
          <div key={name} className="pair">
            <dt>{name}</dt>
            <dd className={name === "Condition" ? "mono" : undefined}>{text}</dd>
          </div>
        ),
      )}
      {times.map(([name, at]) =>
        at === null ? null : (
          <div key={name} className="pair">
            <dt>{name}</dt>
            <dd>
              <Time at={at} />
            </dd>
          </div>
        ),
      )}
      {a.expires === null && a.from !== null && (
        <div className="pair">
          <dt>Expires</dt>
          <dd className="bad">never</dd>
        </div>
      )}
      <div className="pair">
        <dt>Stands in</dt>
        <dd className="mono wrap">{a.file === null ? (a.standing === "pending" ? "no file yet" : "a file of an agent, as the ledger tells") : `${a.file}:${String(a.line)}`}</dd>
      </div>
    </dl>
  );
}
