import { useMemo, useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useBlind } from "@/pages/health/useWatched";
import { countText, dayText } from "@/time/format";
import { useTime } from "@/time/useTime";
import { AnswerLine } from "@/ui/Answer";
import { PageHead } from "@/ui/PageHead";
import { SeverityBadge } from "@/ui/Severity";
import { Sparkline } from "@/ui/Sparkline";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { useKeys } from "@/ui/useKeys";
import { MIDDLE, useNarrow } from "@/ui/useNarrow";
import { useListKeys } from "@/ui/useListKeys";
import { VirtualTable, type Column, type TableHandle } from "@/ui/VirtualTable";
import { Link } from "@/url/Link";
import { useParam } from "@/url/router";
import { Parts } from "./Parts";
import { RulePane } from "./RulePane";
import { chosen, shortName, tally, VIEWS, viewOf } from "./model";
import { rulesQuery } from "./queries";
import type { Rule, RuleList } from "./types";

/** The effective set: where each rule stands, and how often it fired against its budget. */
export function RuleTable() {
  const { params } = useTime();
  const { data, error, refetch } = useQuery(rulesQuery(params));
  if (data === undefined) {
    return (
      <>
        <PageHead title="Rules" actions={<Parts at="/rules" />} />
        {error === null ? <Skeleton lines={10} /> : <Failed error={error} what="The rules" onRetry={() => void refetch()} />}
      </>
    );
  }
  return <Loaded data={data} params={params} />;
}

function Loaded({ data, params }: { data: RuleList; params: { from: string; to: string } }) {
  const [viewText, setView] = useParam("view");
  const [words, setWords] = useParam("find");
  const [selected, setSelected] = useParam("rule");
  const [moved, setCursor] = useState(-1);
  const table = useRef<TableHandle>(null);
  const view = viewOf(viewText);
  const counts = useMemo(() => tally(data.rules), [data.rules]);
  const rows = useMemo(() => chosen(data.rules, view, words ?? ""), [data.rules, view, words]);
  // A link that names one begins there.
  const cursor = moved === -1 ? rows.findIndex((r) => r.name === selected) : moved;
  const input = useRef<HTMLInputElement>(null);
  const moveTo = (index: number) => {
    setCursor(index);
    if (selected !== null) setSelected(rows[index]?.name ?? null, true);
  };
  useListKeys({ table, cursor, count: rows.length, onCursor: moveTo, onClose: () => setSelected(null) });
  useKeys({ "/": () => input.current?.focus() });
  const first = Date.parse(data.first_day);
  const days = data.rules[0]?.per_day.length ?? 0;
  const blindOf = useBlind(params);
  // Rules of a source share the days: a table of a thousand rules asks for a handful.
  const blind = useMemo(() => {
    const known = new Map<string, boolean[] | undefined>();
    return (source: string) => {
      if (!known.has(source)) known.set(source, blindOf(source === "" ? null : source, first, days));
      return known.get(source);
    };
  }, [blindOf, first, days]);
  const phone = useNarrow();
  const middle = useNarrow(MIDDLE);
  const beside = selected !== null;
  // Beside a pane of a window that is not wide, and on a telephone, the days are in the pane only.
  const columns = useMemo(() => columnsOf(beside || phone, phone || (beside && middle), middle, first, blind), [beside, phone, middle, first, blind]);
  const here = data.rules.filter((r) => r.file !== null).length;
  const chosenRow = data.rules.find((r) => r.name === selected) ?? null;
  return (
    <>
      <PageHead title="Rules" actions={<Parts at="/rules" />}>
        <AnswerLine answer={data.answer} count={here} noun="rules of this server" lead={`set ${data.digest.slice(0, 12)}`} />
      </PageHead>
      {data.errors > 0 && (
        <p className="notice" data-tone="bad">
          <span>
            {countText(data.errors)} {data.errors === 1 ? "error" : "errors"} in rule files: rules with errors do not run. <Link to="/rules/files">See the files</Link>
          </span>
        </p>
      )}
      <div className="rulebar">
        <input ref={input} className="input" type="search" aria-label="Find rules" placeholder="Name, file, tag, criterion  ( / )" value={words ?? ""} onChange={(e) => setWords(e.target.value === "" ? null : e.target.value, true)} />
        <div className="choice" role="group" aria-label="Which rules">
          {VIEWS.map(([id, label]) => (
            <button key={id} type="button" className="btn" aria-pressed={view === id} onClick={() => setView(id === "all" ? null : id)}>
              {label} <span className="faint">{countText(counts[id])}</span>
            </button>
          ))}
        </div>
      </div>
      <div className="split" data-pane={selected !== null ? "" : undefined}>
        <div className="main">
          {data.rules.length === 0 ? (
            <Nothing />
          ) : rows.length === 0 ? (
            <Empty title="No rule fits">
              <p>{countText(data.rules.length)} rules are there; none of them is in this view with these words.</p>
            </Empty>
          ) : (
            <VirtualTable ref={table} label="Rules" columns={columns} rows={rows} idOf={(r) => r.name} height={32} cursor={cursor} onCursor={moveTo} onPick={(r, i) => { setCursor(i); setSelected(r.name); }} onOpen={(r) => setSelected(r.name)} rowTone={(r) => (r.enabled ? undefined : "muted")} />
          )}
        </div>
        {selected !== null && <RulePane key={selected} name={selected} row={chosenRow} first={first} blind={chosenRow === null ? undefined : blind(chosenRow.source)} onClose={() => setSelected(null)} />}
      </div>
    </>
  );
}

function columnsOf(narrow: boolean, small: boolean, middle: boolean, first: number, blind: (source: string) => boolean[] | undefined): Column<Rule>[] {
  const all: (Column<Rule> | null)[] = [
    { id: "severity", label: "Severity", width: small ? "62px" : "92px", cell: (r) => (r.severity === null ? <span className="faint">not known</span> : <SeverityBadge severity={r.severity} short={small} />) },
    { id: "name", label: "Rule", width: small ? "minmax(120px, 2fr)" : middle ? "minmax(150px, 2fr)" : "minmax(180px, 2fr)", cell: (r) => <strong className="cut">{r.name}</strong> },
    { id: "status", label: "State", width: small ? "minmax(70px, 1fr)" : middle ? "minmax(96px, 1fr)" : "minmax(110px, 1fr)", cell: (r) => <RuleState rule={r} /> },
    narrow ? null : { id: "criteria", label: "Criteria", width: middle ? "minmax(60px, 0.6fr)" : "minmax(80px, 1fr)", cell: (r) => <span className="cut">{r.criteria.join(", ")}</span> },
    narrow ? null : { id: "file", label: "File", width: middle ? "minmax(124px, 1fr)" : "minmax(140px, 1fr)", cell: (r) => <span className="mono cut" title={r.file ?? undefined}>{r.file === null ? <span className="faint">not on this server</span> : `${shortName(r.file)}:${String(r.line)}`}</span> },
    small ? null : { id: "days", label: `By day from ${dayText(first)}`, width: "136px", cell: (r, current) => <Sparkline values={r.per_day} first={first} width={120} limit={r.over ? r.budget : undefined} blind={blind(r.source)} label={`${r.name} by day`} tabIndex={current ? 0 : null} /> },
    { id: "total", label: "Findings", width: small ? "62px" : "92px", align: "end", cell: (r) => <span className={r.over ? "over" : undefined}>{countText(r.total)}{r.over && <span className="sr"> over its budget</span>}</span> },
    narrow ? null : { id: "accepted", label: "Accepted", width: "84px", align: "end", cell: (r) => countText(r.suppressed) },
  ];
  return all.filter((c) => c !== null);
}

function RuleState({ rule }: { rule: Rule }) {
  const notes = [rule.status];
  if (rule.over) notes.push("over budget");
  if (rule.shadowed_by.length > 0) notes.push("shadowed");
  if (rule.overridden_by.length > 0) notes.push("overridden");
  return (
    <span className="cut" data-off={rule.enabled ? undefined : ""} title={notes.join(", ")}>
      {notes.join(", ")}
    </span>
  );
}

function Nothing() {
  return (
    <Empty title="This server was given no rules">
      <p>
        Start it with <code>--rules</code> and the folder that your agents use: then rules are shown here with where they stand, tried on history, and judge audit records. What agents loaded is under <Link to="/rules/nodes">Nodes</Link>.
      </p>
    </Empty>
  );
}
