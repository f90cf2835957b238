import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { ask, countsQuery } from "@/api/queries";
import type { Counts, Row } from "@/api/types";
import { useFreshNumbers } from "@/live/useFreshNumbers";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { stepFor } from "@/time/span";
import { useTime } from "@/time/useTime";
import { AnswerLine } from "@/ui/Answer";
import { chartGaps, type ChartBar } from "@/ui/chart/model";
import { TimeChart } from "@/ui/chart/TimeChart";
import { Facets } from "@/ui/Facets";
import { FilterBar } from "@/ui/FilterBar";
import { FirstRun, useSticky } from "@/ui/FirstRun";
import { registerKeys } from "@/ui/KeyHelp";
import { PageHead } from "@/ui/PageHead";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { useToast } from "@/ui/Toast";
import { useKeys } from "@/ui/useKeys";
import { MIDDLE, useNarrow } from "@/ui/useNarrow";
import { VirtualTable, type TableHandle } from "@/ui/VirtualTable";
import type { PageProps } from "@/pages";
import { clearFilter, filterParams, isEmpty, useFilter } from "@/url/filter";
import { setParam, useParam, usePlace } from "@/url/router";
import { AcceptDialog } from "./AcceptDialog";
import { ActBar } from "./ActBar";
import { ActDialog, type ActKind } from "./ActDialog";
import { columnsOf, phoneColumns, ROW_HEIGHT, stateOf, type Density } from "./columns";
import { FindingPane } from "./FindingPane";
import { foldRepeats, unfolded } from "./fold";
import { GroupTable } from "./GroupTable";
import { SingleFinding } from "./SingleFinding";
import { Toolbar } from "./Toolbar";
import { useFeed } from "./useFeed";
import "@/ui/pane.css";
import "./findings.css";

const FACETS = ["severity", "rule", "cluster", "namespace", "image", "user", "process", "node", "source", "criterion", "decision", "acknowledged"];

registerKeys("/findings", [
  ["j", "next"],
  ["k", "one before"],
  ["Enter", "open"],
  ["e", "explain: why it matched"],
  ["a", "acknowledge"],
  ["d", "decide: true, benign or a test"],
  ["s", "assign"],
  ["n", "note"],
  ["A", "accept: propose the smallest acceptance"],
  ["x", "mark, for acts on many"],
  ["r", "show what has arrived"],
  ["v", "one or two lines"],
  ["f", "fold repeats, or show each"],
  ["G", "groups of repeats"],
]);

/** The feed of findings; `/findings/ID` is one finding on a page of its own. */
export default function FindingsPage({ rest }: PageProps) {
  const id = rest[0];
  return id === undefined ? <FeedPage /> : <SingleFinding id={id} />;
}

function FeedPage() {
  const { range, params, live, span, setSpan } = useTime();
  const { mayAct } = useSession();
  const { search } = usePlace();
  const filter = useFilter();
  const tell = useToast();
  const [density, setDensity] = useParam("density");
  const [grouped, setGrouped] = useParam("group");
  const [facetsOff] = useParam("facets");
  const [foldOff, setFoldOff] = useParam("fold");
  const [selected] = useParam("sel");
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState(-1);
  const [acting, setActing] = useState<{ kind: ActKind; rows: Row[] } | null>(null);
  const [accepting, setAccepting] = useState<Row | null>(null);
  const table = useRef<TableHandle>(null);

  const conditions = filterParams(filter).toString();
  const query = ask(filterParams(filter), params);
  const step = stepFor(range, 80);
  const counts = useQuery(countsQuery(ask(filterParams(filter), params, { facet: FACETS, values: 20, step })));
  const spanKey = span.kind === "preset" ? span.preset : `${params.from}/${params.to}`;
  // While somebody reads further down or has a finding open, arrivals wait: rows do not jump under the eye.
  const feed = useFeed(query, `${conditions}|${spanKey}`, live, cursor > 0 || selected !== null || marked.size > 0);
  const { rows } = feed;
  const lines = useMemo(() => (foldOff === null ? foldRepeats(rows) : unfolded(rows)), [rows, foldOff]);

  useFreshNumbers(["findings", "counts"]);
  useEffect(() => setMarked(new Set()), [conditions, spanKey]);
  // The cursor follows the row, not its number.
  const cursorId = useRef<string | null>(null);
  useEffect(() => {
    const wanted = selected ?? cursorId.current;
    setCursor(wanted === null ? -1 : lines.findIndex((l) => l.rows.some((r) => r.id === wanted)));
  }, [lines, selected]);

  const line = lines[cursor];
  const current = line?.row;
  const moveTo = useCallback(
    (index: number) => {
      const at = Math.max(0, Math.min(lines.length - 1, index));
      const row = lines[at]?.row;
      if (row === undefined) return;
      cursorId.current = row.id;
      setCursor(at);
      table.current?.scrollTo(at);
      if (selected !== null) setParam("sel", row.id, true);
    },
    [lines, selected],
  );
  const open = (row: Row, tab?: string) => {
    cursorId.current = row.id;
    setParam("sel", row.id);
    if (tab !== undefined) setParam("tab", tab, true);
  };
  // A folded line is all of its findings: what is done about it is done about each.
  const targets = marked.size > 0 ? lines.filter((l) => marked.has(l.row.id)).flatMap((l) => l.rows) : (line?.rows ?? []);
  const act = (kind: ActKind) => {
    if (!mayAct) tell("Your role reads only.", "warn");
    else if (targets.length > 0) setActing({ kind, rows: targets });
  };
  const mark = (row: Row) =>
    setMarked((before) => {
      const next = new Set(before);
      if (!next.delete(row.id)) next.add(row.id);
      return next;
    });

  // The list takes the focus: arrows and Enter go on from there.
  const stepBy = (by: number) => {
    table.current?.focus();
    moveTo(cursor + by);
  };
  useKeys({
    j: () => stepBy(1),
    k: () => stepBy(-1),
    e: () => current !== undefined && open(current, "explain"),
    a: () => act("acknowledge"),
    d: () => act("decide"),
    s: () => act("assign"),
    n: () => act("note"),
    A: () => mayAct && current !== undefined && setAccepting(current),
    x: () => current !== undefined && mark(current),
    r: feed.release,
    v: () => setDensity(density === "two" ? null : "two", true),
    f: () => setFoldOff(foldOff === null ? "off" : null, true),
    G: () => setGrouped(grouped === null ? "1" : null),
    Escape: () => (marked.size > 0 ? setMarked(new Set()) : setParam("sel", null)),
  });

  const bars = useMemo<ChartBar[]>(() => (counts.data?.histogram ?? []).map((b) => ({ from: Date.parse(b.from), severity: b.severity, suppressed: b.suppressed })), [counts.data]);
  const gaps = useMemo(() => (counts.data === undefined || counts.data.gaps === null ? null : chartGaps(counts.data.gaps, range)), [counts.data, range]);
  const suggest = useCallback((column: string) => counts.data?.facets.find((f) => f.column === column)?.values.map((v) => v.value) ?? [], [counts.data]);
  const phone = useNarrow();
  const middle = useNarrow(MIDDLE);
  const form: Density = density === "two" || phone ? "two" : "one";
  const columns = useMemo(() => (phone ? phoneColumns() : columnsOf(form, selected !== null, middle)), [phone, form, selected, middle]);
  const total = counts.data?.count;
  const [first, dismissFirst] = useSticky(isEmpty(filter) && counts.data !== undefined && rows.length === 0 && !feed.loading && feed.error === null);

  return (
    <>
      <PageHead title="Findings" actions={<Toolbar query={query} density={form} grouped={grouped !== null} facets={facetsOff === null} fold={foldOff === null} />}>
        {counts.data !== undefined && <AnswerLine answer={counts.data.answer} count={counts.data.count} />}
      </PageHead>
      <FilterBar suggest={suggest} />
      <div className="feedchart">
        {counts.data === undefined ? counts.error !== null ? <Failed error={counts.error} what="The counts" onRetry={() => void counts.refetch()} /> : <Skeleton height={84} /> : <TimeChart label="Findings over time" bars={bars} range={range} step={step} gaps={gaps} height={104} onBrush={(r) => setSpan({ kind: "range", ...r })} />}
      </div>
      <div className="split" data-facets={facetsOff === null ? "" : undefined} data-pane={selected !== null ? "" : undefined}>
        {facetsOff === null && (counts.data === undefined ? <Skeleton lines={8} /> : <Facets facets={counts.data.facets} total={counts.data.count} />)}
        <div className="main">
          {counts.data !== undefined && first && <FirstRun answer={counts.data.answer} empty={rows.length === 0} onDismiss={dismissFirst} />}
          {marked.size > 0 && <ActBar count={marked.size} mayAct={mayAct} onAct={act} onClear={() => setMarked(new Set())} />}
          {feed.waiting > 0 && grouped === null && (
            <button type="button" className="btn arrived" onClick={feed.release}>
              {countText(feed.waiting)} arrived: show (r)
            </button>
          )}
          {grouped !== null ? (
            <GroupTable query={query} onPick={() => setGrouped(null)} />
          ) : feed.error !== null && rows.length === 0 ? (
            <Failed error={feed.error} what="The findings" onRetry={feed.reload} />
          ) : rows.length === 0 && feed.loading ? (
            <Skeleton lines={8} />
          ) : rows.length === 0 ? (
            isEmpty(filter) ? null : <Nothing counts={counts.data} />
          ) : (
            <VirtualTable
              ref={table}
              label="Findings"
              columns={columns}
              rows={lines}
              idOf={(l) => l.row.id}
              height={ROW_HEIGHT[form]}
              cursor={cursor}
              onCursor={moveTo}
              onPick={(l) => open(l.row)}
              onOpen={(l) => open(l.row)}
              onEnd={feed.more}
              marked={marked}
              rowTone={(l) => (stateOf(l.row) === "open" ? undefined : "muted")}
              footer={<Foot lines={lines.length} shown={rows.length} total={total} complete={feed.complete} error={feed.error?.message ?? null} onMore={feed.more} />}
            />
          )}
        </div>
        {selected !== null && <FindingPane key={selected} id={selected} search={search} mayAct={mayAct} onAct={(kind, row) => setActing({ kind, rows: [row] })} onAccept={setAccepting} onClose={() => setParam("sel", null)} />}
      </div>
      {acting !== null && <ActDialog kind={acting.kind} rows={acting.rows} onClose={() => setActing(null)} onDone={(change) => { feed.patch(acting.rows.map((r) => r.id), change); setMarked(new Set()); setActing(null); }} />}
      {accepting !== null && <AcceptDialog row={accepting} onClose={() => setAccepting(null)} />}
    </>
  );
}

function Nothing({ counts }: { counts: Counts | undefined }) {
  return (
    <Empty
      title="No finding for this filter and time"
      actions={
        <button type="button" className="btn" onClick={clearFilter}>
          Clear the filter
        </button>
      }
    >
      {counts === undefined ? "" : counts.answer.partial.length > 0 ? `Not everything was watched: ${counts.answer.partial.join("; ")}.` : counts.gaps === null ? "The server does not say what was watched in this time, so this says little." : counts.gaps.length > 0 ? "Not everything was watched: the chart has the gaps." : "No gap is known for this time: the sources that report were watching."}
    </Empty>
  );
}

function Foot({ lines, shown, total, complete, error, onMore }: { lines: number; shown: number; total: number | undefined; complete: boolean; error: string | null; onMore: () => void }) {
  if (error !== null) {
    return (
      <>
        {error}.{" "}
        <button type="button" className="btn" data-size="small" onClick={onMore}>
          Ask again
        </button>
      </>
    );
  }
  const folded = lines < shown ? ` Repeats are folded: ${countText(lines)} lines (f).` : "";
  return <>{complete ? `All ${countText(shown)} loaded.${folded}` : `${countText(shown)}${total === undefined ? "" : ` of ${countText(total)}`} loaded; scroll for more.${folded}`}</>;
}
