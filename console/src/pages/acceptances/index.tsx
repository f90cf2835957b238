import { useMemo, useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useBlind } from "@/pages/health/useWatched";
import { countText, dayText } from "@/time/format";
import { serverNow, useTime } from "@/time/useTime";
import { AnswerLine } from "@/ui/Answer";
import { registerKeys } from "@/ui/KeyHelp";
import { PageHead } from "@/ui/PageHead";
import { Sparkline } from "@/ui/Sparkline";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { MIDDLE, useNarrow } from "@/ui/useNarrow";
import { LIST_KEYS, useListKeys } from "@/ui/useListKeys";
import { VirtualTable, type Column, type TableHandle } from "@/ui/VirtualTable";
import { Link } from "@/url/Link";
import { useParam } from "@/url/router";
import { AcceptancePane } from "./AcceptancePane";
import { aim, markOf, sorted, WORDS } from "./model";
import { acceptancesQuery } from "./queries";
import type { Acceptance, AcceptanceList } from "./types";
import "./acceptances.css";

registerKeys("/acceptances", LIST_KEYS);

/** Acceptances: approved holes, who made them, what they hid, and which of them nobody needs any more. */
export default function AcceptancesPage() {
  const { params } = useTime();
  const { data, error, refetch } = useQuery(acceptancesQuery(params));
  if (data === undefined) {
    return (
      <>
        <PageHead title="Acceptances" />
        {error === null ? <Skeleton lines={8} /> : <Failed error={error} what="The acceptances" onRetry={() => void refetch()} />}
      </>
    );
  }
  return <Loaded data={data} params={params} />;
}

function Loaded({ data, params }: { data: AcceptanceList; params: { from: string; to: string } }) {
  const [selected, setSelected] = useParam("sel");
  const [moved, setCursor] = useState(-1);
  const table = useRef<TableHandle>(null);
  const now = serverNow();
  const rows = useMemo(() => sorted(data.acceptances, serverNow()), [data.acceptances]);
  // A link that names one begins there.
  const cursor = moved === -1 ? rows.findIndex((a) => a.id === selected) : moved;
  const moveTo = (index: number) => {
    setCursor(index);
    if (selected !== null) setSelected(rows[index]?.id ?? null, true);
  };
  useListKeys({ table, cursor, count: rows.length, onCursor: moveTo, onClose: () => setSelected(null) });
  const first = Date.parse(data.first_day);
  const blindOf = useBlind(params);
  const days = rows[0]?.by_day.length ?? 0;
  // An acceptance may be of rules of any source.
  const blind = useMemo(() => blindOf(null, first, days), [blindOf, first, days]);
  const phone = useNarrow();
  const middle = useNarrow(MIDDLE);
  const beside = selected !== null;
  // Beside a pane of a window that is not wide, and on a telephone, the days are in the pane only.
  const columns = useMemo(() => columnsOf(beside || phone, phone || (beside && middle), middle, first, blind, serverNow()), [beside, phone, middle, first, blind]);
  const waiting = rows.filter((a) => markOf(a, now) === "waits");
  const unused = rows.filter((a) => markOf(a, now) === "unused").length;
  const hits = rows.reduce((sum, a) => sum + a.hits, 0);
  const chosen = rows.find((a) => a.id === selected) ?? null;
  return (
    <>
      <PageHead title="Acceptances">
        <AnswerLine answer={data.answer} count={rows.length} noun="acceptances" lead={`hid ${countText(hits)} findings${unused > 0 ? `; ${countText(unused)} unused for 60 days` : ""}`} />
      </PageHead>
      {waiting.length > 0 && (
        <p className="notice" data-tone="warn">
          <span>
            {waiting.length === 1 ? "One waits" : `${countText(waiting.length)} wait`} for another person to approve {waiting.length === 1 ? "it" : "them"}; until then nothing is hidden by {waiting.length === 1 ? "it" : "them"}.
          </span>
        </p>
      )}
      <div className="split" data-pane={chosen !== null ? "" : undefined}>
        <div className="main">
          {rows.length === 0 ? (
            <Empty title="Nothing is accepted">
              <p>
                Every finding is shown to people. To let one kind be, open it under <Link to="/findings">Findings</Link> and choose Accept: the smallest acceptance is proposed, with what it would have hidden. It counts once another person approved it.
              </p>
            </Empty>
          ) : (
            <VirtualTable ref={table} label="Acceptances" columns={columns} rows={rows} idOf={(a) => a.id} height={32} cursor={cursor} onCursor={moveTo} onPick={(a, i) => { setCursor(i); setSelected(a.id); }} onOpen={(a) => setSelected(a.id)} rowTone={(a) => (a.standing === "in force" || a.standing === "pending" ? undefined : "muted")} />
          )}
        </div>
        {chosen !== null && <AcceptancePane key={chosen.id} acceptance={chosen} first={first} blind={blind} onClose={() => setSelected(null)} />}
      </div>
    </>
  );
}

function columnsOf(narrow: boolean, small: boolean, middle: boolean, first: number, blind: boolean[] | undefined, now: number): Column<Acceptance>[] {
  const all: (Column<Acceptance> | null)[] = [
    { id: "id", label: "Id", width: small ? "112px" : "130px", cell: (a) => <span className="mono cut">{a.id}</span> },
    { id: "aim", label: "Lets be", width: small ? "minmax(90px, 2fr)" : middle ? "minmax(130px, 2fr)" : "minmax(160px, 2fr)", cell: (a) => <strong className="cut">{aim(a)}</strong> },
    { id: "standing", label: "Standing", width: small ? "minmax(70px, 1fr)" : narrow || middle ? "minmax(120px, 1fr)" : "minmax(180px, 1.2fr)", cell: (a) => <StandingText acceptance={a} now={now} /> },
    narrow ? null : { id: "owner", label: "Asked, approved", width: "minmax(110px, 1fr)", cell: (a) => <span className="cut">{a.requester}, {a.approver ?? <span className="faint">nobody yet</span>}</span> },
    narrow ? null : { id: "expires", label: "Expires (UTC)", width: "128px", cell: (a) => (a.expires === null ? <span className="over">never</span> : <Time at={a.expires} form="minute" />) },
    small ? null : { id: "days", label: `By day from ${dayText(first)}`, width: "136px", cell: (a, current) => <Sparkline values={a.by_day} first={first} width={120} blind={blind} label={`${a.id} by day`} tabIndex={current ? 0 : null} /> },
    { id: "hits", label: "Hid", width: small ? "44px" : "70px", align: "end", cell: (a) => countText(a.hits) },
    narrow || middle ? null : { id: "last", label: "Last day", width: "96px", align: "end", cell: (a) => (a.last_hit === null ? <span className="faint">none</span> : a.last_hit.slice(0, 10)) },
  ];
  return all.filter((c) => c !== null);
}

function StandingText({ acceptance, now }: { acceptance: Acceptance; now: number }) {
  const mark = markOf(acceptance, now);
  const text = mark === "fine" ? acceptance.standing : mark === "waits" || mark === "expired" ? WORDS[mark] : `${acceptance.standing}, ${WORDS[mark]}`;
  return (
    <span className="cut standing" data-mark={mark} title={text}>
      {text}
    </span>
  );
}
