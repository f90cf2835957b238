import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { PageHead } from "@/ui/PageHead";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { Link, sharedQuery } from "@/url/Link";
import { go } from "@/url/router";
import { Parts } from "./Parts";
import { FILES, fileParams } from "./model";
import { filesQuery } from "./queries";

/** Rule files in the order of loading, and a way to begin a new one. */
export function FileList() {
  const { data, error, refetch } = useQuery(filesQuery);
  return (
    <>
      <PageHead title="Rule files" actions={<Parts at="/rules/files" />}>
        {data !== undefined && <p className="answer">{countText(data.files.length)} files of this server, in the order of loading: what stands later overrides</p>}
      </PageHead>
      {data === undefined ? (
        error === null ? (
          <Skeleton lines={8} />
        ) : (
          <Failed error={error} what="The rule files" onRetry={() => void refetch()} />
        )
      ) : data.files.length === 0 ? (
        <Empty title="This server was given no rule files">
          <p>
            Start it with <code>--rules</code>.
          </p>
        </Empty>
      ) : (
        <section className="card" aria-label="Files">
          <table className="table" aria-label="Rule files">
            <thead>
              <tr>
                <th scope="col">File</th>
                <th scope="col" className="num">Errors</th>
                <th scope="col" className="num">Warnings</th>
                <th scope="col">Can be changed here</th>
              </tr>
            </thead>
            <tbody>
              {data.files.map((f) => (
                <tr key={f.path}>
                  <th scope="row" className="mono wrap">
                    <Link to={FILES} query={fileParams(f.path)}>{f.path}</Link>
                  </th>
                  <td className={f.errors > 0 ? "num bad" : "num"}>{countText(f.errors)}</td>
                  <td className="num">{countText(f.warnings)}</td>
                  <td>{f.why_not === null ? "yes" : <span className="dim">no: {f.why_not}</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {data !== undefined && data.folders.length > 0 && <NewFile folders={data.folders} />}
    </>
  );
}

function NewFile({ folders }: { folders: string[] }) {
  const { may } = useSession();
  const [folder, setFolder] = useState(folders[0] ?? "");
  const [name, setName] = useState("local_rules.yaml");
  if (!may("edit_rules")) return null;
  return (
    <form
      className="rulebar"
      aria-label="New file"
      onSubmit={(e) => {
        e.preventDefault();
        go(FILES, sharedQuery(window.location.search, { ...fileParams(`${folder}/${name}`), new: "1" }));
      }}
    >
      <select className="select" aria-label="Folder" value={folder} onChange={(e) => setFolder(e.target.value)}>
        {folders.map((f) => (
          <option key={f}>{f}</option>
        ))}
      </select>
      <input className="input mono" aria-label="Name of the file" value={name} onChange={(e) => setName(e.target.value)} required pattern="[A-Za-z0-9][A-Za-z0-9._\-]*\.ya?ml" />
      <button type="submit" className="btn">
        Begin a new file
      </button>
    </form>
  );
}
