import type { Gap } from "@/api/types";
import { lengthText } from "@/time/span";
import { Time } from "./Time";

/** Who was not watched: a source of a node, a source of which nothing is known, or all there is. */
export function whoseText({ node, source }: Pick<Gap, "node" | "source">): string {
  if (node === null || node === "") return source === null || source === "" ? "everything" : source;
  return `${source === null || source === "" ? "every source" : source} of ${node}`;
}

/** Stretches that were not watched, each with who was not and why. */
export function GapTable({ gaps, label }: { gaps: Gap[]; label: string }) {
  return (
    <table className="table gaps" aria-label={label}>
      <thead>
        <tr>
          <th scope="col">From (UTC)</th>
          <th scope="col">To (UTC)</th>
          <th scope="col" className="num">Length</th>
          <th scope="col">Source of node</th>
          <th scope="col">Cluster</th>
          <th scope="col">Cause</th>
        </tr>
      </thead>
      <tbody>
        {gaps.map((g, i) => (
          <tr key={i}>
            <td><Time at={g.from} /></td>
            <td><Time at={g.to} /></td>
            <td className="num">{lengthText(Date.parse(g.to) - Date.parse(g.from))}</td>
            <td>
              {whoseText(g)}
            </td>
            <td>{g.cluster ?? <span className="faint">not known</span>}</td>
            <td className="wrap">{g.cause}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
