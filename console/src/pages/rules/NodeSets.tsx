import { useQuery } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { useTime } from "@/time/useTime";
import { AnswerLine } from "@/ui/Answer";
import { PageHead } from "@/ui/PageHead";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { Parts } from "./Parts";
import { setsQuery } from "./queries";
import type { NodeRules } from "./types";

/** Which rules each node loaded last, as the ledger tells. */
export function NodeSets() {
  const { params } = useTime();
  const { data, error, refetch } = useQuery(setsQuery(params));
  return (
    <>
      <PageHead title="Rules of nodes" actions={<Parts at="/rules/nodes" />}>
        {data !== undefined && <AnswerLine answer={data.answer} count={data.nodes.length} noun={data.nodes.length === 1 ? "node" : "nodes"} />}
      </PageHead>
      {data === undefined ? (
        error === null ? (
          <Skeleton lines={8} />
        ) : (
          <Failed error={error} what="The rules of nodes" onRetry={() => void refetch()} />
        )
      ) : data.nodes.length === 0 ? (
        <Empty title="No node told of its rules">
          <p>Nothing in the ledger says which rules ran up to the end of this time.</p>
        </Empty>
      ) : (
        <section className="card" aria-label="Sets by node">
          <table className="table" aria-label="Rule sets of nodes">
            <thead>
              <tr>
                <th scope="col">Node</th>
                <th scope="col">Set</th>
                <th scope="col" className="num">Rules</th>
                <th scope="col" className="num">Not running</th>
                <th scope="col">Since (UTC)</th>
                <th scope="col">Against this server</th>
              </tr>
            </thead>
            <tbody>
              {data.nodes.map((n) => (
                <Row key={n.node} node={n} />
              ))}
            </tbody>
          </table>
          {data.left_out > 0 && <p className="body dim">{countText(data.left_out)} more nodes are not listed.</p>}
        </section>
      )}
    </>
  );
}

function Row({ node }: { node: NodeRules }) {
  return (
    <tr>
      <th scope="row">{node.node}</th>
      <td className="mono" title={node.digest}>
        {node.digest.slice(0, 12)}
      </td>
      <td className="num">{countText(node.rules)}</td>
      <td className="num">{countText(node.not_running)}</td>
      <td>
        <Time at={node.time} />
      </td>
      <td>
        {node.same ? "the same set" : "another set"}
        {node.refused !== null && <div className="bad">refused newer rules: {node.refused}</div>}
      </td>
    </tr>
  );
}
