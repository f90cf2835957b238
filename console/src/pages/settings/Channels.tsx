import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { errorText, useToast } from "@/ui/Toast";
import { ChannelsFile } from "./ChannelsFile";
import { Deliveries } from "./Deliveries";
import { channelsQuery, testChannel } from "./queries";
import type { Channel, Channels as All, Route } from "./types";

/** Who is told of findings: how channels do, a test of each, routes, the file, receipts. */
export function Channels() {
  const { may } = useSession();
  const { data, error, refetch } = useQuery(channelsQuery);
  const [editing, setEditing] = useState(false);
  if (data === undefined) return error === null ? <Skeleton height={240} /> : <Failed error={error} what="Notifications" onRetry={() => void refetch()} />;
  const manages = may("manage_channels");
  return (
    <div className="stack">
      {data.differs_on_disk && (
        <div className="notice" data-tone="warn">
          <code>{data.file}</code> was changed on the server and is not in force as it stands there. Start the server again to load it; it cannot be saved from here before.
        </div>
      )}
      <section className="card" aria-label="Channels">
        <header>
          <h2>Channels</h2>
          <Told data={data} />
          {manages && (
            <button type="button" className="btn" data-size="small" onClick={() => setEditing(true)}>
              Edit channels and routes
            </button>
          )}
        </header>
        {data.not_kept !== null && (
          <div className="notice" data-tone="bad" role="alert">
            What waits to be told cannot be kept on the disk: {data.not_kept}. A crash now would lose it, or tell it twice.
          </div>
        )}
        {data.channels.length === 0 ? (
          <Empty
            title="Nobody is told of findings"
            actions={
              manages && (
                <button type="button" className="btn" data-kind="primary" onClick={() => setEditing(true)}>
                  Begin with an example
                </button>
              )
            }
          >
            There is no channel yet. One is Slack, Teams, PagerDuty, Opsgenie, mail, a webhook, Alertmanager, syslog, a file or falcosidekick; a route says which findings go there. Each message leaves a receipt in the ledger. Secrets are named as <code>env:NAME</code> or <code>file:/path</code> and never stand in the file.
          </Empty>
        ) : (
          <ChannelTable channels={data.channels} canTest={manages} />
        )}
      </section>
      {data.routes.length > 0 && <Routes routes={data.routes} />}
      <Deliveries channels={data.channels.map((c) => c.name)} />
      {editing && <ChannelsFile loaded={data} onClose={() => setEditing(false)} />}
    </div>
  );
}

function Told({ data: { findings } }: { data: All }) {
  const parts = [`${countText(findings.routed)} findings told since the start`, `${countText(findings.unrouted)} fit no route`, `${countText(findings.suppressed)} covered by acceptances`, `${countText(findings.late)} older than ${String(Math.round(findings.late_s / 60))} min when they came, told in sum`];
  if (findings.given_up > 0) parts.push(`${countText(findings.given_up)} incidents no longer followed, too many are open`);
  return <span className="faint grow">{parts.join(" · ")}</span>;
}

function ChannelTable({ channels, canTest }: { channels: Channel[]; canTest: boolean }) {
  const tell = useToast();
  const client = useQueryClient();
  const test = useMutation({
    mutationFn: testChannel,
    onSuccess: (receipt, name) => {
      void client.invalidateQueries({ queryKey: ["settings"] });
      if (receipt.state === "delivered") tell(`${name}: delivered. ${receipt.text ?? ""}`, "ok");
      else tell(`${name}: not delivered. ${receipt.text ?? ""}`, "bad");
    },
    onError: (failure) => tell(errorText(failure), "bad"),
  });
  return (
    <table className="table" aria-label="Channels">
      <thead>
        <tr>
          <th scope="col">Channel</th>
          <th scope="col">By</th>
          <th scope="col">Routes</th>
          <th scope="col" className="num">Waiting</th>
          <th scope="col" className="num">Sent</th>
          <th scope="col" className="num">Failed</th>
          <th scope="col" className="num">Held back</th>
          <th scope="col">Last sent</th>
          <th scope="col">State</th>
          {canTest && <th scope="col">Test</th>}
        </tr>
      </thead>
      <tbody>
        {channels.map((c) => (
          <tr key={c.name}>
            <th scope="row">{c.name}</th>
            <td>{c.means}</td>
            <td>{c.routes.length === 0 ? <span className="dim">none: it is told nothing</span> : c.routes.join(", ")}</td>
            <td className="num">{countText(c.queue)}</td>
            <td className="num">{countText(c.sent)}</td>
            <td className="num">{countText(c.failed)}</td>
            <td className="num">{countText(c.held_back)}</td>
            <td>{c.last_sent === null ? <span className="dim">never since the start</span> : <Time at={c.last_sent} />}</td>
            <td>
              <ChannelState channel={c} />
            </td>
            {canTest && (
              <td>
                <button type="button" className="btn" data-size="small" aria-label={`Test ${c.name}`} disabled={test.isPending} onClick={() => test.mutate(c.name)}>
                  Test
                </button>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** In words: a channel that nothing was sent by is not known to work. */
function ChannelState({ channel: { broken, last_error, last_sent } }: { channel: Channel }) {
  if (broken !== null) return <span className="state-bad">cannot work: {broken}</span>;
  if (last_error !== null && (last_sent === null || Date.parse(last_error.time) > Date.parse(last_sent))) {
    return (
      <span className="state-bad">
        failed at <Time at={last_error.time} />: {last_error.text}
      </span>
    );
  }
  return last_sent === null ? <span className="dim">not tried yet</span> : <span>works</span>;
}

function Routes({ routes }: { routes: Route[] }) {
  return (
    <section className="card" aria-label="Routes">
      <header>
        <h2>Routes</h2>
        <span className="faint">in order; the first that fits takes a finding, unless it goes on</span>
      </header>
      <table className="table" aria-label="Routes in order">
        <thead>
          <tr>
            <th scope="col">Route</th>
            <th scope="col">Findings</th>
            <th scope="col">Tells</th>
            <th scope="col">When nobody acknowledges</th>
            <th scope="col">Goes on</th>
          </tr>
        </thead>
        <tbody>
          {routes.map((r) => (
            <tr key={r.name}>
              <th scope="row">{r.name}</th>
              <td>{r.matches}</td>
              <td>{r.channels.join(", ")}</td>
              <td>{r.escalates.length === 0 ? <span className="dim">nobody else</span> : r.escalates.join("; ")}</td>
              <td>{r.goes_on ? "yes" : "no"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
