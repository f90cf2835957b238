import { AnswerLine } from "@/ui/Answer";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { Frame } from "./Frame";
import type { ListVersion } from "./types";
import { useControls } from "./useControls";
import { plural } from "./words";

/** Versions of the control list that were used in the period. */
export function Versions() {
  const { data, error, refetch } = useControls();
  const n = data?.lists.length ?? 0;
  return (
    <Frame data={data} lead={data !== undefined && <AnswerLine answer={data.answer} count={n} noun={`${plural(n, "version")} used in this time`} />}>
      {error !== null && <Failed error={error} what="The versions" onRetry={() => void refetch()} />}
      {data === undefined ? error === null && <Skeleton height={200} /> : n === 0 ? (
        <Empty title="No version was valid in this time">Nothing was judged. A version begins to judge on the day from which it is valid.</Empty>
      ) : (
        <div className="card scrollx">
          <VersionTable lists={data.lists} />
        </div>
      )}
    </Frame>
  );
}

/** Versions: approved by whom, from when, and their digests. */
export function VersionTable({ lists }: { lists: ListVersion[] }) {
  return (
    <table className="table" aria-label="Versions of control lists">
      <thead>
        <tr>
          <th scope="col">List</th>
          <th scope="col" className="num">Version</th>
          <th scope="col">Title, entity</th>
          <th scope="col">Approved by</th>
          <th scope="col">Approved on</th>
          <th scope="col">Valid from</th>
          <th scope="col">SHA-256 of its text</th>
        </tr>
      </thead>
      <tbody>
        {lists.map((list) => (
          <tr key={`${list.id}/${String(list.version)}`}>
            <th scope="row" className="mono">{list.id}</th>
            <td className="num">{list.version}</td>
            <td>
              {list.title}
              <div className="dim">{list.entity ?? "no entity named"}</div>
            </td>
            <td>{list.approved_by.length === 0 ? <strong className="draft">draft: approved by nobody</strong> : list.approved_by.join(", ")}</td>
            <td className="when">{list.approved_on ?? "–"}</td>
            <td className="when">{list.valid_from ?? "–"}</td>
            <td className="mono digest">{list.digest}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
