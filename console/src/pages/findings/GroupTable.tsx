import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { groupsQuery } from "@/api/queries";
import type { Group } from "@/api/types";
import { countText } from "@/time/format";
import { columnLabel } from "@/url/filter";
import { changeQuery, useParam } from "@/url/router";
import { SeverityBadge } from "@/ui/Severity";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { VirtualTable, type Column } from "@/ui/VirtualTable";

const WAYS = ["rule,process,container", "rule", "rule,image", "rule,user", "node,rule", "namespace,rule", "user,process"];

/** Repeats counted together. Every single finding stays in the feed and in the store. */
export function GroupTable({ query, onPick }: { query: string; onPick: () => void }) {
  const [by, setBy] = useParam("by");
  const [cursor, setCursor] = useState(-1);
  const way = by !== null && WAYS.includes(by) ? by : (WAYS[0] ?? "rule");
  const { data, error, refetch } = useQuery(groupsQuery(`${query}&by=${encodeURIComponent(way)}&limit=500`));
  const keys = way.split(",");
  const columns: Column<Group>[] = [
    { id: "count", label: "Findings", width: "72px", align: "end", cell: (g) => <strong>{countText(g.count)}</strong> },
    { id: "open", label: "Open", width: "60px", align: "end", cell: (g) => countText(g.open) },
    { id: "severity", label: "Severity", width: "62px", cell: (g) => <SeverityBadge severity={g.severity} short /> },
    ...keys.map((k) => ({ id: k, label: columnLabel(k), width: k === "rule" ? "minmax(180px, 2fr)" : "minmax(90px, 1fr)", cell: (g: Group) => (g.key[k] === null || g.key[k] === undefined ? <span className="faint">not known</span> : <span title={g.key[k]}>{g.key[k]}</span>) })),
    { id: "first", label: "First (UTC)", width: "142px", cell: (g) => <span className="mono"><Time at={g.first} /></span> },
    { id: "last", label: "Last (UTC)", width: "142px", cell: (g) => <span className="mono"><Time at={g.last} /></span> },
  ];
  const pick = (group: Group) => {
    changeQuery((q) => {
      for (const [column, value] of Object.entries(group.key)) {
        if (value === null) continue;
        q.delete(column);
        q.set(column, value);
      }
      q.delete("group");
      q.delete("by");
    });
    onPick();
  };
  return (
    <>
      <div className="flex" style={{ flexWrap: "wrap" }}>
        <label className="flex">
          <span className="dim" style={{ whiteSpace: "nowrap" }}>
            Counted together by
          </span>
          <select className="select" value={way} onChange={(e) => setBy(e.target.value, true)}>
            {WAYS.map((w) => (
              <option key={w} value={w}>
                {w.split(",").map(columnLabel).join(", ")}
              </option>
            ))}
          </select>
        </label>
        {data !== undefined && (
          <span className="dim">
            {countText(data.distinct)} groups{data.distinct > data.groups.length ? `, the ${countText(data.groups.length)} largest of them listed` : ""}
          </span>
        )}
      </div>
      {error !== null && data === undefined ? (
        <Failed error={error} what="The groups" onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton lines={8} />
      ) : data.groups.length === 0 ? (
        <Empty title="No finding for this filter and time" />
      ) : (
        <VirtualTable label="Groups" columns={columns} rows={data.groups} idOf={(g) => Object.values(g.key).join("|")} height={28} cursor={cursor} onCursor={setCursor} onOpen={pick} footer="Enter or a double click shows the findings of a group." />
      )}
    </>
  );
}
