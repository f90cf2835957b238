import type { Row } from "@/api/types";
import { Icon } from "@/ui/icons";
import { SeverityBadge } from "@/ui/Severity";
import { Time } from "@/ui/Time";
import { utcText } from "@/time/format";
import type { Column } from "@/ui/VirtualTable";
import type { Line } from "./fold";

export type Density = "one" | "two";

/** Height of a row, px. */
export const ROW_HEIGHT: Record<Density, number> = { one: 28, two: 50 };

/** Where it happened, in short: namespace/pod, else the node. */
export function placeOf(row: Row): string {
  if (row.namespace !== null) return row.pod === null ? row.namespace : `${row.namespace}/${row.pod}`;
  if (row.container !== null) return row.container;
  return row.node ?? row.cluster ?? "";
}

/** What was done: the command, else the object, else the output. */
export function deedOf(row: Row): string {
  return row.command ?? row.object ?? row.output;
}

/** Whether somebody has looked at it, in one word. */
export function stateOf(row: Row): string {
  if (row.suppressed !== null) return "suppressed";
  if (row.decision !== null) return row.decision.decision === "true" ? "true finding" : row.decision.decision;
  if (row.acknowledged !== null) return "acknowledged";
  return "open";
}

/** Doubts about the finding itself; empty when there are none. */
export function doubtsOf(row: Row): string[] {
  const out: string[] = [];
  if ((row.lost_events ?? 0) > 0) out.push(`${String(row.lost_events)} events were lost around it`);
  if (row.container_unknown) out.push("the container is not known");
  return out;
}

function State({ row }: { row: Row }) {
  const doubts = doubtsOf(row);
  return (
    <span className="state" data-state={stateOf(row).split(" ")[0]}>
      {doubts.length > 0 && (
        <span title={doubts.join("; ")} className="doubt">
          <Icon name="warn" size={12} />
          <span className="sr">{doubts.join("; ")}</span>
        </span>
      )}
      {stateOf(row)}
      {row.assignee !== null && row.decision === null && <span className="faint"> {row.assignee}</span>}
    </span>
  );
}

/** How often a line stands for: `×12`, with its first and last time. */
function Times({ line }: { line: Line }) {
  const first = line.rows.at(-1);
  if (line.rows.length < 2 || first === undefined) return null;
  const text = `${String(line.rows.length)} repeats from ${utcText(Date.parse(first.time))} to ${utcText(Date.parse(line.row.time))} UTC`;
  return (
    <span className="times" title={text}>
      <span aria-hidden="true">×{line.rows.length}</span>
      <span className="sr">{text}</span>
    </span>
  );
}

/** One column for a telephone: severity, rule and state over time and place. */
export function phoneColumns(): Column<Line>[] {
  return [
    {
      id: "what",
      label: "Findings",
      width: "minmax(0, 1fr)",
      cell: (line) => (
        <span className="twolines">
          <span className="cut">
            <SeverityBadge severity={line.row.severity} short /> <Times line={line} /> <strong>{line.row.rule}</strong>
          </span>
          <span className="cut dim">
            <Time at={line.row.time} form="noyear" /> {placeOf(line.row)} <State row={line.row} />
          </span>
        </span>
      ),
    },
  ];
}

/** Columns of the feed in a density; `narrow` when a pane takes half of the width, `middle` when the window is not wide. */
export function columnsOf(density: Density, narrow: boolean, middle: boolean): Column<Line>[] {
  return rowColumns(density, narrow, middle).map(({ id, label, width, align, cell }) => ({
    id,
    label,
    width,
    ...(align === undefined ? {} : { align }),
    cell: (line, current) =>
      id === "rule" || id === "what" ? (
        <span className="withtimes">
          <Times line={line} />
          {cell(line.row, current)}
        </span>
      ) : (
        cell(line.row, current)
      ),
  }));
}

function rowColumns(density: Density, narrow: boolean, middle: boolean): Column<Row>[] {
  const tight = narrow || middle;
  const time: Column<Row> = { id: "time", label: "Time (UTC)", width: tight ? "106px" : "142px", cell: (row) => <span className="mono"><Time at={row.time} form={tight ? "noyear" : "full"} /></span> };
  const severity: Column<Row> = { id: "severity", label: "Severity", width: tight ? "50px" : "62px", cell: (row) => <SeverityBadge severity={row.severity} short /> };
  const state: Column<Row> = { id: "state", label: "State", width: tight ? "84px" : "104px", cell: (row) => <State row={row} /> };
  if (density === "two") {
    return [
      time,
      severity,
      {
        id: "what",
        label: "Rule, and what it saw",
        width: tight ? "minmax(150px, 1fr)" : "minmax(260px, 1fr)",
        cell: (row) => (
          <span className="twolines">
            <span className="cut">
              <strong>{row.rule}</strong> <span className="faint">{row.criteria.join(" ")}</span>
            </span>
            <span className="cut mono dim">{row.output}</span>
          </span>
        ),
      },
      {
        id: "where",
        label: "Where and who",
        width: tight ? (narrow ? "110px" : "170px") : "230px",
        cell: (row) => (
          <span className="twolines">
            <span className="cut">{placeOf(row)}</span>
            <span className="cut dim">
              {row.user ?? ""} {row.node ?? ""}
            </span>
          </span>
        ),
      },
      state,
    ];
  }
  const what: Column<Row>[] = [
    { id: "rule", label: "Rule", width: narrow ? "minmax(110px, 1.3fr)" : middle ? "minmax(120px, 1.6fr)" : "minmax(180px, 1.6fr)", cell: (row) => <span className="cut" title={row.rule}>{row.rule}</span> },
    { id: "deed", label: "What", width: tight ? "minmax(80px, 1fr)" : "minmax(110px, 1.4fr)", cell: (row) => <span className="mono" title={deedOf(row)}>{deedOf(row)}</span> },
  ];
  if (narrow) return [time, severity, ...what, state];
  return [
    time,
    severity,
    ...what,
    { id: "user", label: "Who", width: "minmax(60px, 0.5fr)", cell: (row) => <span title={row.user ?? ""}>{row.user ?? ""}</span> },
    { id: "place", label: "Where", width: middle ? "minmax(80px, 0.9fr)" : "minmax(110px, 0.9fr)", cell: (row) => <span title={placeOf(row)}>{placeOf(row)}</span> },
    // The place says more than the node where there is no room for both.
    ...(middle ? [] : [{ id: "node", label: "Node", width: "minmax(118px, 0.6fr)", cell: (row: Row) => <span className="dim">{row.node ?? row.cluster ?? ""}</span> }]),
    state,
  ];
}
