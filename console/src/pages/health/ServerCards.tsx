import type { ReactNode } from "react";
import { bytesText, countText } from "@/time/format";
import { lengthText } from "@/time/span";
import { Time } from "@/ui/Time";
import type { HealthAnswer } from "./types";

function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <div className="body">
        <dl className="kv">{children}</dl>
      </div>
    </section>
  );
}

function Line({ name, children, bad }: { name: string; children: ReactNode; bad?: boolean }) {
  return (
    <>
      <dt>{name}</dt>
      <dd data-bad={bad === true || undefined}>{children}</dd>
    </>
  );
}

/** A head (ms) that is older than this while records wait for one is late. */
const LATE = 5 * 60_000;

/** How the server itself fares: ledger and anchors, size, what agents send, notifications. */
export function ServerCards({ data }: { data: HealthAnswer }) {
  const { ledger, store, ingest, notify, server } = data;
  const unsigned = ledger.seq - (ledger.head_seq ?? 0);
  const waits = ledger.head_time === null ? 0 : Date.parse(server.time) - Date.parse(ledger.head_time);
  const late = unsigned > 0 && waits > LATE;
  return (
    <div className="cards">
      <Card title="Ledger">
        <Line name="Records">{countText(ledger.seq)}</Line>
        <Line name="Signed head">{ledger.head_time === null ? "none yet" : <>up to record {countText(ledger.head_seq ?? 0)}, <Time at={ledger.head_time} /> UTC</>}</Line>
        <Line name="Since the head" bad={late}>
          {unsigned === 0 ? "no record" : `${countText(unsigned)} records, which the next head vouches for`}
          {late && `; it is late: the last one is ${lengthText(waits)} old, and one is signed within a minute`}
        </Line>
        <Line name="Key" >
          <code title={ledger.key}>{ledger.key.slice(0, 16)}</code>
        </Line>
        <Line name="Secrets replaced">{countText(ledger.redacted)}</Line>
        {ledger.unreadable > 0 && (
          <Line name="Not readable" bad>
            {countText(ledger.unreadable)} records do not read as their kind says
          </Line>
        )}
        <Line name="Kept outside">
          {ledger.anchors.length === 0 ? (
            "nowhere: whoever holds this machine could make the ledger anew (avouch ledger anchor)"
          ) : (
            <ul>
              {ledger.anchors.map((a) => (
                <li key={`${a.anchor} ${a.place}`}>
                  {a.anchor}, up to record {countText(a.last_seq)}, <Time at={a.time} /> UTC
                  <div className="faint">{a.place}</div>
                </li>
              ))}
            </ul>
          )}
        </Line>
      </Card>
      <Card title="Disk">
        <Line name="Ledger">{bytesText(store.ledger_bytes)}</Line>
        <Line name="Index">{bytesText(store.store_bytes)}</Line>
        <Line name="Files">{countText(store.files)}</Line>
        <Line name="Server">version {server.version}</Line>
        <Line name="Runs since">
          <Time at={server.begun} /> UTC
        </Line>
      </Card>
      <Card title="Facts of agents">
        <Line name="Recorded">{countText(ingest.recorded)}</Line>
        <Line name="Batches">
          {countText(ingest.batches)}, {bytesText(ingest.bytes)}
        </Line>
        <Line name="Sent again">{countText(ingest.repeated)}, recorded once</Line>
        <Line name="Refused" bad={ingest.refused > 0}>
          {countText(ingest.refused)}
        </Line>
        <Line name="Never came" bad={ingest.holes > 0}>
          {countText(ingest.holes)} dropped by agents before sending
        </Line>
        <Line name="Put off" bad={ingest.turned_away + ingest.failed > 0}>
          {countText(ingest.turned_away + ingest.failed)} batches while the server was behind
        </Line>
        <Line name="Unreadable" bad={ingest.unreadable > 0}>
          {countText(ingest.unreadable)} bodies
        </Line>
      </Card>
      <Card title="Notifications">
        <Line name="Delivered">{countText(notify.delivered)}</Line>
        <Line name="Failed" bad={notify.failed > 0}>
          {countText(notify.failed)}
        </Line>
        <Line name="Held back">{countText(notify.held_back)}</Line>
        {Object.entries(notify.channels).map(([channel, outcomes]) => (
          <Line key={channel} name={channel}>
            {Object.entries(outcomes)
              .map(([what, n]) => `${countText(n)} ${what.replace("_", " ")}`)
              .join(", ")}
          </Line>
        ))}
        {notify.last_failure !== null && (
          <Line name="Last failure" bad>
            {notify.last_failure.channel}, <Time at={notify.last_failure.time} /> UTC: {notify.last_failure.answer}
          </Line>
        )}
      </Card>
    </div>
  );
}
