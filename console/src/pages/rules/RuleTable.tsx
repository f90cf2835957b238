import { useMemo, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { useTime } from "@/time/useTime";
import { AnswerLine } from "@/ui/Answer";
import { PageHead } from "@/ui/PageHead";
import { SeverityBadge } from "@/ui/Severity";
import { Sparkline } from "@/ui/Sparkline";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { VirtualTable, type Column } from "@/ui/VirtualTable";
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
  return <Loaded data={data} />;
}

function Loaded({ data }: { data: RuleList }) {
  const [viewText, setView] = useParam("view");
  const [words, setWords] = useParam("find");
  const [selected, setSelected] = useParam("rule");
  const [cursor, setCursor] = useState(-1);
  const view = viewOf(viewText);
  const counts = useMemo(() => tally(data.rules), [data.rules]);
  const rows = useMemo(() => chosen(data.rules, view, words ?? ""), [data.rules, view, words]);
  const columns = useMemo(() => columnsOf(selected !== null, data.first_day), [selected, data.first_day]);
  const here = data.rules.filter((r) => r.file !== null).length;
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
        <input className="input" type="search" aria-label="Find rules" placeholder="Name, file, tag, criterion" value={words ?? ""} onChange={(e) => setWords(e.target.value === "" ? null : e.target.value, true)} />
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
            <VirtualTable label="Rules" columns={columns} rows={rows} idOf={(r) => r.name} height={32} cursor={cursor} onCursor={setCursor} onPick={(r) => setSelected(r.name)} onOpen={(r) => setSelected(r.name)} rowTone={(r) => (r.enabled ? undefined : "muted")} />
          )}
        </div>
        {selected !== null && <RulePane key={selected} name={selected} row={data.rules.find((r) => r.name === selected) ?? null} onClose={() => setSelected(null)} />}
      </div>
    </>
  );
}

function columnsOf(narrow: boolean, firstDay: string): Column<Rule>[] {
  const all: (Column<Rule> | null)[] = [
    { id: "severity", label: "Severity", width: "92px", cell: (r) => (r.severity === null ? <span className="faint">not known</span> : <SeverityBadge severity={r.severity} />) },
    { id: "name", label: "Rule", width: "minmax(180px, 2fr)", cell: (r) => <strong className="cut">{r.name}</strong> },
    { id: "status", label: "State", width: "minmax(110px, 1fr)", cell: (r) => <RuleState rule={r} /> },
    narrow ? null : { id: "criteria", label: "Criteria", width: "minmax(80px, 1fr)", cell: (r) => <span className="cut">{r.criteria.join(", ")}</span> },
    narrow ? null : { id: "file", label: "File", width: "minmax(140px, 1fr)", cell: (r) => <span className="mono cut" title={r.file ?? undefined}>{r.file === null ? <span className="faint">not on this server</span> : `${shortName(r.file)}:${String(r.line)}`}</span> },
    { id: "days", label: `By day from ${firstDay.slice(0, 10)}`, width: "136px", cell: (r) => <Sparkline values={r.per_day} limit={r.over ? r.budget : undefined} label={`${r.name} by day: ${r.per_day.map(String).join(", ")}; budget ${String(r.budget)} a day`} /> },
    { id: "total", label: "Findings", width: "92px", align: "end", cell: (r) => <span className={r.over ? "over" : undefined}>{countText(r.total)}{r.over && <span className="sr"> over its budget</span>}</span> },
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
