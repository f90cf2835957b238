import type { ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { AnswerLine } from "@/ui/Answer";
import { Icon } from "@/ui/icons";
import { PageHead } from "@/ui/PageHead";
import { Failed, Skeleton } from "@/ui/States";
import { useKeys } from "@/ui/useKeys";
import { Link, sharedQuery } from "@/url/Link";
import { go, usePlace } from "@/url/router";
import { DayLine } from "./DayLine";
import { DeviationTable } from "./Deviations";
import { dayTotals, StateMark } from "./marks";
import { controlQuery } from "./queries";
import { AcceptanceTable, findingsOf, Gaps, isBlind, NotCovered, Stands } from "./parts";
import type { ControlDetail } from "./types";
import { useControls } from "./useControls";
import { plural, shareText, STATE_WORDS } from "./words";

/** One control over the time of the address. */
export function ControlPage({ id }: { id: string }) {
  const { search } = usePlace();
  const { data: all, query } = useControls();
  const { data, error, refetch, isFetching } = useQuery(controlQuery(id, query));
  const ids = [...new Set((all?.criteria ?? []).flatMap((c) => c.controls.map((x) => x.id)))];
  const at = ids.indexOf(data?.control.id ?? id);
  const open = (next: string | undefined) => {
    if (next !== undefined) go(`/controls/${encodeURIComponent(next)}`, sharedQuery(search));
  };
  useKeys({ "[": () => open(at > 0 ? ids[at - 1] : undefined), "]": () => open(at === -1 ? undefined : ids[at + 1]), u: () => go("/controls", sharedQuery(search)) });
  const steps = (
    <>
      <button type="button" className="btn" data-icon disabled={at <= 0} onClick={() => open(ids[at - 1])} aria-label="Control before" title="Control before ([)">
        <Icon name="back" />
      </button>
      <button type="button" className="btn" data-icon disabled={at === -1 || at === ids.length - 1} onClick={() => open(ids[at + 1])} aria-label="Next control" title="Next control (])">
        <Icon name="right" />
      </button>
      <Link to={`/controls/${encodeURIComponent(id)}`} query={{ view: "auditor" }} className="btn">
        <Icon name="table" /> Auditor view
      </Link>
    </>
  );
  return (
    <>
      <nav className="crumb" aria-label="Way here">
        <Link to="/controls" query={data === undefined ? {} : { at: data.criteria[0] ?? "" }}>
          Controls
        </Link>{" "}
        / <span className="mono">{id}</span>
      </nav>
      <PageHead title={data?.control.title ?? id} actions={steps}>
        {data !== undefined && <AnswerLine answer={data.answer} {...(isBlind(data) && data.control.findings === 0 ? { lead: "findings not known" } : { count: data.control.findings, noun: plural(data.control.findings, "finding") })} />}
      </PageHead>
      {error !== null && <Failed error={error} what="The control" onRetry={() => void refetch()} />}
      {data === undefined ? error === null && <Skeleton height={420} /> : <Body data={data} busy={isFetching} />}
    </>
  );
}

function Body({ data, busy }: { data: ControlDetail; busy: boolean }) {
  const { control } = data;
  return (
    <div className="stack" aria-busy={busy}>
      <section className="card statement" aria-label="Statement">
        <div>
          <StateMark state={control.state} />
          <p className="means">{STATE_WORDS[control.state][1]}</p>
          <p className="said">{control.statement}</p>
        </div>
        <dl className="kv">
          <dt>Owner</dt>
          <dd>{control.owner ?? "nobody named"}</dd>
          <dt>Frequency</dt>
          <dd>{data.frequency}</dd>
          <dt>Kind, nature</dt>
          <dd>
            {data.kind}, {data.nature}
          </dd>
          <Ids title="Criteria" ids={data.criteria} link={(id) => ({ to: "/controls", query: { at: id } })} />
          <Ids title="Points of focus" ids={data.points_of_focus} />
          <Ids title="NIST SP 800-53" ids={data.nist_800_53} />
          <Ids title="PCI DSS" ids={data.pci_dss} />
        </dl>
      </section>
      <Numbers data={data} />
      <section className="card" aria-label="Days">
        <header>
          <h2>Days</h2>
          <span className="faint">{dayTotals(data.days.map((d) => d.state))}; each bar is the sources of nodes that were to be watched</span>
        </header>
        <div className="body">
          {data.days.length === 0 ? <p className="dim">No day of this time is over, or the control was not valid in it.</p> : <DayLine days={data.days} gaps={data.gaps} findings={findingsOf(data)} />}
        </div>
      </section>
      <div className="halves">
        <Card title="What it stands on">
          <Stands data={data} />
        </Card>
        <Card title="Not covered" note={data.not_covered.length === 0 ? undefined : "needed, and to be shown from elsewhere"}>
          <NotCovered data={data} />
        </Card>
      </div>
      <Card title="Deviations" note={isBlind(data) && data.deviations.length === 0 ? undefined : countText(data.deviations.length)}>
        {data.deviations.length === 0 ? <p className="dim">{isBlind(data) ? "None can be known: nothing tells of this control." : "None is known in this time."}</p> : <DeviationTable deviations={data.deviations} withControls={false} />}
      </Card>
      <Card title="Gaps" note={`${countText(data.gaps.length + data.more_gaps)}; stretches in which it was to be watched and was not, or not wholly`}>
        <Gaps gaps={data.gaps} more={data.more_gaps} state={data.control.state} />
      </Card>
      <Card title="Acceptances" note="of its rules; they hide findings">
        <AcceptanceTable acceptances={data.acceptances} />
      </Card>
    </div>
  );
}

function Numbers({ data }: { data: ControlDetail }) {
  const { control } = data;
  const blind = isBlind(data);
  const findings = findingsOf(data);
  const linked = Object.keys(findings).length > 0;
  const count = (n: number) => (blind && n === 0 ? "–" : countText(n));
  return (
    <dl className="numbers card">
      <div>
        <dt title="Part of the time to be watched">Watched with nothing lost</dt>
        <dd>{control.share === null ? "nothing to be watched" : shareText(control.share)}</dd>
      </div>
      <div>
        <dt>Findings</dt>
        <dd>{linked ? <Link to="/findings" query={findings}>{count(control.findings)}</Link> : count(control.findings)}</dd>
      </div>
      <div>
        <dt>Open: decided by nobody</dt>
        <dd>{linked ? <Link to="/findings" query={{ ...findings, decision: "none" }}>{count(control.open)}</Link> : count(control.open)}</dd>
      </div>
      <div>
        <dt>Deviations</dt>
        <dd>
          <Link to="/controls/deviations" query={{ control: control.id }}>{count(control.deviations)}</Link>
        </dd>
      </div>
      <div>
        <dt>Gaps</dt>
        <dd>{countText(control.gaps)}</dd>
      </div>
    </dl>
  );
}

function Ids({ title, ids, link }: { title: string; ids: string[]; link?: (id: string) => { to: string; query: Record<string, string> } }) {
  return (
    <>
      <dt>{title}</dt>
      <dd className="tags">
        {ids.length === 0 && <span className="faint">none</span>}
        {ids.map((id) =>
          link === undefined ? (
            <span key={id} className="tag">
              {id}
            </span>
          ) : (
            <Link key={id} {...link(id)} className="tag">
              {id}
            </Link>
          ),
        )}
      </dd>
    </>
  );
}

function Card({ title, note, children }: { title: string; note?: string | undefined; children: ReactNode }) {
  return (
    <section className="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {note !== undefined && <span className="faint">{note}</span>}
      </header>
      <div className="body scrollx">{children}</div>
    </section>
  );
}
