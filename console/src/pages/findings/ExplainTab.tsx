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
        <Link to="/rules" query={{ rule: data.rule.name }}>{data.rule.name}</Link>{" "}
        <span className="mono">
          {data.rule.file}:{data.rule.line}
        </span>
      </p>
      {data.contradicts === true && (
        <div className="notice" data-tone="warn">
          The recorded fields say that the rule as it is now does not match: it was another version of it that made this finding.
        </div>
      )}
      <ul className="explain" aria-label="Condition">
        <Branch node={data.tree} />
      </ul>
      <p className="faint">
        <strong>Bold</strong>: true. Struck: false. <span className="unknown">Dashed</span>: unknown; unknown never fires by itself.
      </p>
      {(data.left_out ?? 0) > 0 && <p className="dim">{data.left_out} parts are left out: the condition is too large to show.</p>}
      {data.exact !== undefined && <p className="faint">{data.exact ? "Judged anew on the events that are kept with the finding." : "Worked out from the fields that were recorded with the finding; what was not recorded is unknown."}</p>}
      {data.note !== undefined && data.note !== null && data.note !== "" && <p className="faint">{data.note}</p>}
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
          {node.kind === "test" && node.absent === true && <span className="actual"> no value</span>}
          {node.kind === "test" && node.absent !== true && node.value === "unknown" && <span className="actual"> not recorded</span>}
          {node.macro !== undefined && node.macro !== null && node.macro !== node.text && <span className="faint"> macro {node.macro}</span>}
          {node.inferred === true && (
            <span className="faint" title="The field was not recorded. It must have been so, else the rule would not have matched.">
              {" "}
              follows from the match
            </span>
          )}
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
