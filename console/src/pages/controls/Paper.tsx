import { useEffect, useLayoutEffect, useState, type FormEvent } from "react";
import { useQueries } from "@tanstack/react-query";
import type { Answer } from "@/api/types";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { parseInstant, parseSpan, writeSpan, type Range } from "@/time/span";
import { serverNow, useTime } from "@/time/useTime";
import { Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { Link } from "@/url/Link";
import { changeQuery, usePlace } from "@/url/router";
import { DraftNotice } from "./Frame";
import { StateMark } from "./marks";
import { formInstant } from "./period";
import { isBlind } from "./parts";
import { PaperVerify } from "./PaperVerify";
import { controlQuery } from "./queries";
import { Sheet } from "./Sheet";
import type { Control, Controls } from "./types";
import { useControls } from "./useControls";
import { plural, shareText } from "./words";
import { VersionTable } from "./Versions";
import "./paper.css";

/** Controls that are asked for at the same time: each answer reads all facts of the period. */
const AT_ONCE = 2;

/** The papers for an auditor: all controls, or one. Nothing of the product around them. */
export function Paper({ id }: { id: string | null }) {
  const { session } = useSession();
  const { data, error, refetch, query, range, isPlaceholderData } = useControls(true);
  const period = session.user?.period ?? null;
  const { search } = usePlace();
  useLayoutEffect(() => {
    document.documentElement.dataset["paper"] = "";
    return () => {
      delete document.documentElement.dataset["paper"];
    };
  }, []);
  // An auditor who comes without a time gets the period of the audit, and the address says so.
  const own = period === null ? null : `${period.from}/${period.to}`;
  useEffect(() => {
    const named = new URLSearchParams(search);
    if (own === null || named.has("t") || named.has("from")) return;
    const [from, to] = own.split("/");
    changeQuery((q) => writeSpan(q, parseSpan(`from=${from ?? ""}&to=${to ?? ""}`)), true);
  }, [own, search]);

  const all = data === undefined ? [] : [...new Map(data.criteria.flatMap((c) => c.controls).map((c) => [c.id, c])).values()];
  const controls = id === null ? all : all.filter((c) => c.id.toLowerCase() === id.toLowerCase());
  const [upTo, setUpTo] = useState(AT_ONCE);
  const details = useQueries({ queries: controls.map((c, i) => ({ ...controlQuery(c.id, query), enabled: !isPlaceholderData && i < upTo })) });
  const settled = details.filter((d) => d.data !== undefined || d.error !== null).length;
  useEffect(() => setUpTo(settled + AT_ONCE), [settled, query]);
  const failed = details.filter((d) => d.error !== null).length;

  return (
    <article className="paper">
      <div className="papertools no-print">
        <PeriodForm range={range} />
        <span className="grow" role="status">
          {controls.length > 0 && settled < controls.length && `Reading ${countText(settled)} of ${countText(controls.length)} controls…`}
          {failed > 0 && <strong className="draft">{countText(failed)} could not be read</strong>}
        </span>
        {id !== null && <Link to="/controls" query={{ view: "auditor" }}>All controls</Link>}
        <Link to="/controls/reports">Reports</Link>
        <Link to={id === null ? "/controls" : `/controls/${encodeURIComponent(id)}`} query={{ view: "console" }}>
          Console
        </Link>
        <button type="button" className="btn" data-kind="primary" disabled={data === undefined || settled < controls.length} onClick={() => window.print()}>
          Print
        </button>
      </div>
      {error !== null && <Failed error={error} what="The controls" onRetry={() => void refetch()} />}
      {data === undefined ? error === null && <Skeleton lines={8} /> : (
        <>
          <Cover data={data} by={session.user?.name ?? ""} version={session.version} />
          {controls.length === 0 ? (
            <p>
              <strong>{id === null ? "No control was valid in this time. Nothing can be said of any criterion." : `No control ${id} was valid in this time.`}</strong>
            </p>
          ) : (
            id === null && <Summary controls={controls} data={data} />
          )}
          {controls.map((c, i) => (
            <Sheet key={c.id} control={c} detail={details[i]?.data} error={details[i]?.error ?? null} />
          ))}
          <PaperVerify answer={data.answer} />
        </>
      )}
    </article>
  );
}

function Cover({ data, by, version }: { data: Controls; by: string; version: string }) {
  const { answer } = data;
  const entities = [...new Set(data.lists.map((l) => l.entity ?? "no entity named"))];
  return (
    <header className="cover">
      <h1>Evidence for SOC 2 criteria</h1>
      <DraftNotice lists={data.lists} linked={false} />
      <dl className="kv">
        <dt>Entity</dt>
        <dd>{entities.join(", ")}</dd>
        <Said answer={answer} />
        <dt>Made</dt>
        <dd>
          <Time at={serverNow()} form="minute" /> UTC for {by}, by avouch {version}, from the records of its server. This is a view; the report and its bundle are what can be verified.
        </dd>
      </dl>
      {data.lists.length > 0 && (
        <div className="scrollx">
          <VersionTable lists={data.lists} />
        </div>
      )}
    </header>
  );
}

/** The answer line in full: paper has no place to click. */
function Said({ answer }: { answer: Answer }) {
  const suppressed = answer.excluded.suppressed ?? 0;
  return (
    <>
      <dt>Period</dt>
      <dd>
        {answer.from === null ? "the first record" : <Time at={answer.from} />} to {answer.to === null ? "the last record" : <Time at={answer.to} />} UTC, end not included
      </dd>
      <dt>Scope</dt>
      <dd>{answer.scope}</dd>
      <dt>Read up to</dt>
      <dd>
        ledger record {countText(answer.as_of_seq)}; newest record {answer.fresh_to === null ? "none" : <Time at={answer.fresh_to} />}
      </dd>
      <dt>Left out</dt>
      <dd>{suppressed === 0 ? "nothing" : `${countText(suppressed)} findings that acceptances hide`}</dd>
      <dt>Missing</dt>
      <dd>
        {answer.partial.length === 0 ? "nothing known" : (
          <ul>
            {answer.partial.map((why) => (
              <li key={why}>{why}</li>
            ))}
          </ul>
        )}
      </dd>
    </>
  );
}

function Summary({ controls, data }: { controls: Control[]; data: Controls }) {
  return (
    <section className="summary" aria-label="Summary">
      <h2>
        {countText(controls.length)} {plural(controls.length, "control")} for {countText(data.criteria.length)} {plural(data.criteria.length, "criterion", "criteria")}
      </h2>
      <table className="table" aria-label="Controls with their states">
        <thead>
          <tr>
            <th scope="col">Control</th>
            <th scope="col">Criteria</th>
            <th scope="col">State</th>
            <th scope="col" className="num">Watched</th>
            <th scope="col" className="num">Findings</th>
            <th scope="col" className="num">Open</th>
            <th scope="col" className="num">Deviations</th>
            <th scope="col" className="num">Gaps</th>
          </tr>
        </thead>
        <tbody>
          {controls.map((c) => {
            const blind = c.findings === 0 && isBlind({ control: c });
            return (
              <tr key={c.id}>
                <th scope="row">
                  <a href={`#sheet-${c.id}`}>
                    <span className="mono">{c.id}</span> {c.title}
                  </a>
                </th>
                <td>{data.criteria.filter((k) => k.controls.some((x) => x.id === c.id)).map((k) => k.id).join(", ")}</td>
                <td>
                  <StateMark state={c.state} />
                </td>
                <td className="num">{shareText(c.share)}</td>
                <td className="num">{blind ? "–" : countText(c.findings)}</td>
                <td className="num">{blind ? "–" : countText(c.open)}</td>
                <td className="num">{countText(c.deviations)}</td>
                <td className="num">{countText(c.gaps)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** The period of the papers; the control of the other pages is not shown on them. */
function PeriodForm({ range }: { range: Range }) {
  const { setSpan, live } = useTime();
  const key = live ? "live" : `${String(range.from)}-${String(range.to)}`;
  return <PeriodFields key={key} from={range.from} to={range.to} onRange={(r) => setSpan({ kind: "range", ...r })} />;
}

function PeriodFields({ from, to, onRange }: { from: number; to: number; onRange: (range: { from: number; to: number }) => void }) {
  const [texts, setTexts] = useState({ from: formInstant(from), to: formInstant(to) });
  const a = parseInstant(texts.from.trim());
  const b = parseInstant(texts.to.trim());
  const right = a !== null && b !== null && a < b;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (right) onRange({ from: a, to: b });
  };
  return (
    <form className="flex" onSubmit={submit} aria-label="Period">
      <input className="input mono" aria-label="From (UTC, included)" value={texts.from} spellCheck={false} onChange={(e) => setTexts({ ...texts, from: e.target.value })} />
      <span aria-hidden="true">–</span>
      <input className="input mono" aria-label="To (UTC, not included)" value={texts.to} spellCheck={false} onChange={(e) => setTexts({ ...texts, to: e.target.value })} />
      <button type="submit" className="btn" disabled={!right} title={right ? undefined : "Days or instants in UTC, the end after the start"}>
        Show
      </button>
    </form>
  );
}
