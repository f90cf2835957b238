import { useQuery } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { Link } from "@/url/Link";
import { watchedQuery } from "./queries";
import type { HealthAnswer } from "../health/types";

/** Clusters that the server knows of, from what their sources sent. */
export function Clusters() {
  const { data, error, refetch } = useQuery(watchedQuery);
  if (data === undefined) return error === null ? <Skeleton /> : <Failed error={error} what="The list of clusters" onRetry={() => void refetch()} />;
  const clusters = byCluster(data);
  if (clusters.length === 0) return <Empty title="No cluster yet">An agent or an audit log that sends facts here brings its cluster with it. An agent needs a token with the scope ingest.</Empty>;
  return (
    <section className="card" aria-label="Clusters">
      <header>
        <h2>Clusters</h2>
        <span className="faint">{countText(clusters.length)} that sent something</span>
      </header>
      <table className="table" aria-label="Clusters and their nodes">
        <thead>
          <tr>
            <th scope="col">Cluster</th>
            <th scope="col" className="num">Nodes</th>
            <th scope="col" className="num">Sources</th>
            <th scope="col" className="num">Sources in order</th>
            <th scope="col">More</th>
          </tr>
        </thead>
        <tbody>
          {clusters.map((c) => (
            <tr key={c.name}>
              <th scope="row">{c.name === "" ? <span className="dim">without a name</span> : c.name}</th>
              <td className="num">{countText(c.nodes.size)}</td>
              <td className="num">{countText(c.sources)}</td>
              <td className={c.ok === c.sources ? "num" : "num state-bad"}>{countText(c.ok)}</td>
              <td>
                {c.name !== "" && <Link to="/findings" query={{ cluster: c.name }}>Findings</Link>} <Link to="/health">Health</Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface Cluster {
  name: string;
  nodes: Set<string>;
  sources: number;
  ok: number;
}

function byCluster({ sources }: HealthAnswer): Cluster[] {
  const all = new Map<string, Cluster>();
  for (const s of sources) {
    const name = s.cluster ?? "";
    const cluster = all.get(name) ?? { name, nodes: new Set<string>(), sources: 0, ok: 0 };
    all.set(name, cluster);
    if (s.node !== null && s.node !== "") cluster.nodes.add(s.node);
    cluster.sources += 1;
    if (s.state === "ok") cluster.ok += 1;
  }
  return [...all.values()].sort((a, b) => a.name.localeCompare(b.name));
}
