import { useQuery } from "@tanstack/react-query";
import { explainQuery } from "@/api/queries";
import type { ExplainNode } from "@/api/types";
import { Link } from "@/url/Link";
import { Failed, Skeleton } from "@/ui/States";

/** Why the rule matched: its condition as a tree, with the values of this finding. */
export function ExplainTab({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(explainQuery(id));
  if (data === undefined) return error === null ? <Skeleton lines={6} /> : <Failed error={error} what="The explanation" onRetry={() => void refetch()} />;
  return (
    <div className="stack">
      <p className="dim">
        <Link to={`/rules/${encodeURIComponent(data.rule.name)}`}>{data.rule.name}</Link>{" "}
        <span className="mono">
          {data.rule.file}:{data.rule.line}
        </span>
      </p>
      <ul className="explain" aria-label="Condition">
        <Branch node={data.tree} />
      </ul>
      <p className="faint">
        <strong>Bold</strong>: true. Struck: false. <span className="unknown">Dashed</span>: unknown, the field had no value; unknown never fires by itself.
      </p>
      {data.note !== null && data.note !== "" && <p className="faint">{data.note}</p>}
      <details>
        <summary>Condition as written</summary>
        <pre>{data.rule.condition}</pre>
      </details>
    </div>
  );
}

const WORDS = { and: "all of", or: "any of", not: "not" };

function Branch({ node }: { node: ExplainNode }) {
  const children = node.children ?? [];
  const text = node.kind !== "test" && node.text === node.kind ? WORDS[node.kind] : node.text;
  return (
    <li>
      <span className="node" data-value={node.value}>
        <span className="truth">{node.value}</span>
        <span>
          <span className="mono wrap test">{text}</span>
          {(node.kind === "and" || node.kind === "or") && node.text !== node.kind && <span className="faint"> {WORDS[node.kind]}</span>}
          {node.kind === "test" && node.value !== "unknown" && node.actual !== undefined && node.actual !== null && (
            <span className="actual">
              {" "}
              is <span className="mono wrap">{node.actual}</span>
            </span>
          )}
          {node.value === "unknown" && node.kind === "test" && <span className="actual"> no value</span>}
        </span>
      </span>
      {children.length > 0 && (
        <ul>
          {children.map((child, i) => (
            // Nodes have no id; a tree of a finding never changes.
            <Branch key={i} node={child} />
          ))}
        </ul>
      )}
    </li>
  );
}
