import { useQuery } from "@tanstack/react-query";
import { findingQuery } from "@/api/queries";
import type { FindingDetail, Row } from "@/api/types";
import { Link } from "@/url/Link";
import { setParam } from "@/url/router";
import { Icon } from "@/ui/icons";
import { SeverityBadge } from "@/ui/Severity";
import { SidePane } from "@/ui/SidePane";
import { Failed, Skeleton } from "@/ui/States";
import { Tabs } from "@/ui/Tabs";
import { ACTS, type ActKind } from "./ActDialog";
import { stateOf } from "./columns";
import { ExplainTab } from "./ExplainTab";
import { HistoryTab } from "./HistoryTab";
import { SimilarTab } from "./SimilarTab";
import { SummaryTab } from "./SummaryTab";
import { AroundTab } from "./AroundTab";

interface PaneProps {
  id: string;
  search: string;
  mayAct: boolean;
  onAct: (kind: ActKind, row: Row) => void;
  onAccept: (row: Row) => void;
  onClose: () => void;
}

/** A finding beside the feed. */
export function FindingPane({ id, search, mayAct, onAct, onAccept, onClose }: PaneProps) {
  const { data, error, refetch } = useQuery(findingQuery(id));
  const tab = new URLSearchParams(search).get("tab") ?? "summary";
  return (
    <SidePane
      title={
        data === undefined ? (
          id
        ) : (
          <>
            <SeverityBadge severity={data.row.severity} /> <span title={data.row.rule}>{data.row.rule}</span>
          </>
        )
      }
      onClose={onClose}
      actions={
        <Link to={`/findings/${encodeURIComponent(id)}`} className="btn" data-kind="quiet" data-icon data-size="small" aria-label="On a page of its own" title="On a page of its own">
          <Icon name="link" size={14} />
        </Link>
      }
    >
      {data === undefined ? error === null ? <Skeleton lines={8} /> : <Failed error={error} what="The finding" onRetry={() => void refetch()} /> : <FindingBody detail={data} tab={tab} mayAct={mayAct} onAct={onAct} onAccept={onAccept} />}
    </SidePane>
  );
}

/** What is known of a finding, and what can be done with it. */
export function FindingBody({ detail, tab, mayAct, onAct, onAccept }: { detail: FindingDetail; tab: string; mayAct: boolean; onAct: (kind: ActKind, row: Row) => void; onAccept: (row: Row) => void }) {
  const { row } = detail;
  return (
    <>
      <div className="acts">
        <span className="state" data-state={stateOf(row).split(" ")[0]}>
          {stateOf(row)}
        </span>
        {mayAct &&
          ACTS.map(({ kind, label, key }) => (
            <button key={kind} type="button" className="btn" data-size="small" title={`${label} (${key})`} onClick={() => onAct(kind, row)}>
              {label}
            </button>
          ))}
        {mayAct && row.suppressed === null && (
          <button type="button" className="btn" data-size="small" title="Propose the smallest acceptance and see what it would have removed (A)" onClick={() => onAccept(row)}>
            Accept this …
          </button>
        )}
      </div>
      <Tabs
        label="Parts of the finding"
        value={tab}
        onChange={(next) => setParam("tab", next === "summary" ? null : next, true)}
        tabs={[
          { id: "summary", label: "Summary", content: <SummaryTab detail={detail} /> },
          { id: "explain", label: "Why", content: <ExplainTab id={row.id} /> },
          { id: "around", label: "Around", content: <AroundTab row={row} /> },
          { id: "similar", label: "Similar", content: <SimilarTab row={row} /> },
          { id: "history", label: `History ${String(detail.history.length)}`, content: <HistoryTab detail={detail} /> },
        ]}
      />
    </>
  );
}
