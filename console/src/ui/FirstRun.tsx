import { useEffect, useRef, useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { testEvent } from "@/api/queries";
import type { Answer, Row } from "@/api/types";
import { useLive, useLiveEvent } from "@/live/LiveProvider";
import { useAnySource } from "@/pages/health/useWatched";
import { useSession } from "@/session/SessionProvider";
import { useTime } from "@/time/useTime";
import { Link } from "@/url/Link";
import { Failed } from "./States";
import { useToast } from "./Toast";
import { Time } from "./Time";

/** How long (s) a test event may take before we say that something is wrong. */
const PATIENCE = 15;

/** True from the first time that `now` is, until it is dismissed: what the user does there must not vanish by its own success. */
export function useSticky(now: boolean): [shown: boolean, dismiss: () => void] {
  const [state, setState] = useState<"before" | "shown" | "dismissed">("before");
  if (state === "before" && now) setState("shown");
  return [state === "shown" || (state === "before" && now), () => setState("dismissed")];
}

/** What it means that there is no finding. */
const SILENCE = {
  nothing: "No source has reported: nothing is watched, and silence says nothing about your clusters until one does.",
  some: "Sources have reported, and no rule matched. Controls show for which hours that is worth something.",
  unknown: "No rule matched, as far as is known. Whether anything was watched is not known here.",
};

/** Nothing has been found yet: say what that means, and let the user see one finding arrive. It stays until it is dismissed. */
export function FirstRun({ answer, empty, onDismiss }: { answer: Answer; empty: boolean; onDismiss: () => void }) {
  const { params } = useTime();
  const any = useAnySource(params);
  return (
    <section className="card" aria-label="First steps">
      <header>
        <h2 className="grow">{empty ? "No finding in this time" : "The first findings are here"}</h2>
        {!empty && (
          <button type="button" className="btn" data-kind="quiet" data-size="small" onClick={onDismiss}>
            Dismiss
          </button>
        )}
      </header>
      <div className="body stack">
        <p className="dim">
          {!empty ? "What you see below came the whole way: source, rules, ledger, stream." : SILENCE[any === undefined ? (answer.fresh_to === null ? "nothing" : "unknown") : any ? "some" : "nothing"]}
        </p>
        <TestEvent />
        <ol className="steps dim">
          <li>
            1. See under <Link to="/health">Health</Link> whether every node and source reports.
          </li>
          <li>
            2. Fire a test event: it takes the whole way from a source over the rules and the ledger to this page.
          </li>
          <li>
            3. Open it under <Link to="/findings">Findings</Link>, read why the rule matched, and decide it as a test.
          </li>
        </ol>
      </div>
    </section>
  );
}

/** Fires a test event and watches for it on the stream. */
export function TestEvent() {
  const { may } = useSession();
  const { state } = useLive();
  const tell = useToast();
  const fire = useMutation({ mutationFn: testEvent });
  const [sent, setSent] = useState<number | null>(null);
  const [arrived, setArrived] = useState<{ row: Row; after: number } | null>(null);
  const [waited, setWaited] = useState(0);
  // The event can arrive before the answer of the request: keep what came meanwhile.
  const seen = useRef<Row[]>([]);
  const nonce = fire.data?.nonce;
  const id = fire.data?.finding;

  const look = (rows: Row[], key: string) => {
    const row = rows.find((r) => r.id === id || r.output.includes(key) || r.command?.includes(key) === true || r.tags.includes(key));
    if (row === undefined || sent === null) return;
    const after = performance.now() - sent;
    setArrived({ row, after });
    // The list may take the place of this box at once: the good news stays in sight.
    tell(`The test event arrived after ${(after / 1000).toFixed(1)} s.`, "ok");
  };
  useLiveEvent("finding", (row) => {
    if (sent === null || arrived !== null) return;
    seen.current = [...seen.current.slice(-500), row];
    if (nonce !== undefined) look([row], nonce);
  });
  useEffect(() => {
    if (nonce !== undefined && arrived === null) look(seen.current, nonce);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- looks once through what came before the answer
  }, [nonce]);
  useEffect(() => {
    if (sent === null || arrived !== null) return;
    const timer = setInterval(() => setWaited(Math.round((performance.now() - sent) / 1000)), 500);
    return () => clearInterval(timer);
  }, [sent, arrived]);

  if (!may("send_test_event")) return <p className="faint">Your role cannot fire test events.</p>;
  const waiting = sent !== null && arrived === null && !fire.isError;
  return (
    <div className="stack" aria-live="polite">
      <div className="flex">
        <button
          type="button"
          className="btn"
          data-kind="primary"
          disabled={waiting && waited < PATIENCE}
          onClick={() => {
            seen.current = [];
            setArrived(null);
            setWaited(0);
            setSent(performance.now());
            fire.mutate();
          }}
        >
          Fire a test event
        </button>
        {waiting && <span className="dim">{nonce === undefined ? "sending" : "sent, waiting for it on the stream"} … {waited} s</span>}
        {state !== "open" && <span className="dim">The stream is not open; the event will not be seen here.</span>}
      </div>
      {fire.error !== null && <Failed error={fire.error} what="The test event" />}
      {arrived !== null && (
        <div className="notice" data-tone="ok">
          <div>
            <strong>It arrived after {(arrived.after / 1000).toFixed(1)} s.</strong> <Time at={arrived.row.time} /> UTC, record {arrived.row.record.seq}: <Link to={`/findings/${encodeURIComponent(arrived.row.id)}`}>{arrived.row.rule}</Link>. It is marked as a test.
          </div>
        </div>
      )}
      {waiting && waited >= PATIENCE && (
        <div className="notice" data-tone="warn">
          <div>
            It has not arrived after {waited} s. <Link to="/health">Health</Link> says which source is late or silent.
          </div>
        </div>
      )}
    </div>
  );
}
