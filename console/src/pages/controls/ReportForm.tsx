import { useState, type FormEvent } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/error";
import { useSession } from "@/session/SessionProvider";
import { parseInstant } from "@/time/span";
import { serverNow, useTime } from "@/time/useTime";
import { Failed } from "@/ui/States";
import { sharedQuery } from "@/url/Link";
import { go, usePlace } from "@/url/router";
import { formInstant, reportPeriods } from "./period";
import { makeReport, reportsQuery } from "./queries";

const DAY = 86_400_000;
/** Rows of a sample that the server takes at most. */
const MOST_SAMPLE = 1000;

/** Asks for a report. Its period begins as the time of all pages. */
export function ReportForm() {
  const { range, live, span } = useTime();
  const { session } = useSession();
  const { search } = usePlace();
  const own = session.user?.period ?? null;
  const named = new URLSearchParams(search);
  // An auditor who named no time is asked about the period of the audit.
  if (own !== null && !named.has("t") && !named.has("from")) return <Form key="own" from={Date.parse(own.from)} to={Date.parse(own.to)} />;
  const key = span.kind === "range" ? `${String(span.from)}-${String(span.to)}` : span.preset;
  // Another time of the pages begins the form anew; the ticking of a live one does not.
  return <Form key={key} from={live ? Math.floor(range.from / DAY) * DAY : range.from} to={live ? Math.floor(range.to / DAY) * DAY : range.to} />;
}

function Form({ from, to }: { from: number; to: number }) {
  const { session } = useSession();
  const { search } = usePlace();
  const client = useQueryClient();
  const own = session.user?.period ?? null;
  const scope = new URLSearchParams(search).getAll("cluster");
  const [period, setPeriod] = useState({ from: formInstant(from), to: formInstant(to) });
  const [clusters, setClusters] = useState(scope);
  const [sample, setSample] = useState("25");
  const [seed, setSeed] = useState("1");
  const make = useMutation({
    mutationFn: makeReport,
    onSuccess: (report) => {
      void client.invalidateQueries({ queryKey: reportsQuery.queryKey });
      go(`/controls/reports/${report.id}`, sharedQuery(search));
    },
  });
  const a = parseInstant(period.from.trim());
  const b = parseInstant(period.to.trim());
  const rows = Number(sample);
  const wrong =
    a === null || b === null ? "An instant is written 2026-11-26 or 2026-11-26T10:00:00Z."
    : a >= b ? "The end must lie after the start; it does not belong to the period."
    : !/^\d+$/.test(sample.trim()) || rows > MOST_SAMPLE ? `A sample has 0 to ${String(MOST_SAMPLE)} rows.`
    : seed.trim() === "" ? "The seed makes the sample the same for whoever draws it again: it cannot be empty."
    : null;
  const presets = [...(own === null ? [] : [{ label: "Your period", from: formInstant(Date.parse(own.from)), to: formInstant(Date.parse(own.to)) }]), ...reportPeriods(serverNow())];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wrong === null) make.mutate({ framework: "soc2", from: period.from.trim().replace(" ", "T"), to: period.to.trim().replace(" ", "T"), clusters, sample: rows, seed: seed.trim() });
  };
  return (
    <section className="card" aria-label="Make a report">
      <header>
        <h2>Make a report</h2>
      </header>
      <form className="body stack" onSubmit={submit}>
        <div className="flex presets" role="group" aria-label="Period">
          {presets.map((p) => (
            <button key={p.label} type="button" className="btn" data-size="small" aria-pressed={p.from === period.from && p.to === period.to} onClick={() => setPeriod({ from: p.from, to: p.to })}>
              {p.label}
            </button>
          ))}
        </div>
        <div className="pair">
          {(["from", "to"] as const).map((name) => (
            <label key={name} className="field">
              <span>{name === "from" ? "From (UTC, included)" : "To (UTC, not included)"}</span>
              <input className="input mono" value={period[name]} spellCheck={false} autoComplete="off" onChange={(e) => setPeriod({ ...period, [name]: e.target.value })} />
            </label>
          ))}
        </div>
        {b !== null && b > serverNow() && wrong === null && (
          <p className="dim" role="status">
            The period is not over: the report will hold what is known when it is made.
          </p>
        )}
        {session.cluster_names.length > 0 && (
          <fieldset className="clusters">
            <legend>Clusters ({clusters.length === 0 ? "all" : String(clusters.length)})</legend>
            {session.cluster_names.map((name) => (
              <label key={name}>
                <input type="checkbox" checked={clusters.includes(name)} onChange={(e) => setClusters(e.target.checked ? [...clusters, name] : clusters.filter((c) => c !== name))} /> {name}
              </label>
            ))}
          </fieldset>
        )}
        <div className="pair">
          <label className="field">
            <span>Rows of each sample</span>
            <input className="input" inputMode="numeric" value={sample} onChange={(e) => setSample(e.target.value)} />
            <span className="help">0: no samples</span>
          </label>
          <label className="field">
            <span>Seed of the samples</span>
            <input className="input" value={seed} maxLength={200} spellCheck={false} autoComplete="off" onChange={(e) => setSeed(e.target.value)} />
            <span className="help">best chosen by the auditor</span>
          </label>
        </div>
        {wrong !== null && (
          <p className="faint" role="alert">
            {wrong}
          </p>
        )}
        {make.error instanceof ApiError && <Failed error={make.error} what="The report" />}
        <div>
          <button type="submit" className="btn" data-kind="primary" disabled={wrong !== null || make.isPending}>
            Make the report
          </button>
        </div>
      </form>
    </section>
  );
}
