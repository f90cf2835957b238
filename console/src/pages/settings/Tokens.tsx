import { useState, type FormEvent } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { Dialog } from "@/ui/Dialog";
import { Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { errorText, useToast } from "@/ui/Toast";
import { Once, Sure } from "./Once";
import { addToken, revokeToken, tokensQuery } from "./queries";
import { SCOPES, type Scope, type Token } from "./types";

const HELP: Record<Scope, string> = {
  read: "looks at everything that is no setting; enough for a screen on a wall",
  ingest: "brings facts of agents and audit records, and takes the rules that agents judge by; sees nothing else",
  triage: "looks at findings and acts on them",
  rules: "changes rules and acceptances, as a pipeline does",
  admin: "what an admin may",
};

/** Tokens of programs. */
export function Tokens() {
  const tell = useToast();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(tokensQuery);
  const [dialog, setDialog] = useState<{ kind: "add" } | { kind: "secret"; secret: string } | { kind: "revoke"; token: Token } | null>(null);
  const changed = () => void client.invalidateQueries({ queryKey: tokensQuery.queryKey });
  const revoke = useMutation({
    mutationFn: (token: Token) => revokeToken(token.id),
    onSuccess: () => {
      changed();
      setDialog(null);
    },
    onError: (failure) => tell(errorText(failure), "bad"),
  });
  if (data === undefined) return error === null ? <Skeleton height={200} /> : <Failed error={error} what="The list of tokens" onRetry={() => void refetch()} />;
  const working = data.tokens.filter((t) => t.state === "works").length;
  return (
    <section className="card" aria-label="Tokens">
      <header>
        <h2>Tokens</h2>
        <span className="faint grow">
          {countText(working)} work, {countText(data.tokens.length - working)} were revoked or have ended
        </span>
        <button type="button" className="btn" data-size="small" onClick={() => setDialog({ kind: "add" })}>
          Make a token
        </button>
      </header>
      {data.tokens.length === 0 ? (
        <p className="body dim">No token yet. An agent needs one with the scope ingest.</p>
      ) : (
        <table className="table" aria-label="Tokens">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Scopes</th>
              <th scope="col">Node</th>
              <th scope="col">State</th>
              <th scope="col">Made (UTC)</th>
              <th scope="col">Ends (UTC)</th>
              <th scope="col">Last used (UTC)</th>
              <th scope="col">Acts</th>
            </tr>
          </thead>
          <tbody>
            {data.tokens.map((t) => (
              <tr key={t.id}>
                <th scope="row">{t.name}</th>
                <td>{t.scopes.join(", ")}</td>
                <td>{t.node ?? <span className="dim">any</span>}</td>
                <td>{t.state}</td>
                <td>
                  <Time at={t.made} form="minute" /> by {t.made_by}
                </td>
                <td>{t.expires === null ? <span className="dim">never</span> : <Time at={t.expires} form="minute" />}</td>
                <td>{t.last_used === null ? <span className="dim">never</span> : <Time at={t.last_used} form="minute" />}</td>
                <td>
                  {t.state === "works" && (
                    <button type="button" className="btn" data-size="small" aria-label={`Revoke ${t.name}`} onClick={() => setDialog({ kind: "revoke", token: t })}>
                      Revoke
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {dialog?.kind === "add" && (
        <TokenDialog
          onClose={() => setDialog(null)}
          onDone={(secret) => {
            changed();
            setDialog({ kind: "secret", secret });
          }}
        />
      )}
      {dialog?.kind === "secret" && (
        <Once title="The token" label="Token" secret={dialog.secret} onClose={() => setDialog(null)}>
          It is shown now and never again: the server keeps only a digest of it.
        </Once>
      )}
      {dialog?.kind === "revoke" && (
        <Sure title={`Revoke ${dialog.token.name}?`} act="Revoke" busy={revoke.isPending} onClose={() => setDialog(null)} onSure={() => revoke.mutate(dialog.token)}>
          Whatever uses it is refused at once. An agent whose token is revoked keeps its facts on its own disk until it has another.
        </Sure>
      )}
    </section>
  );
}

function TokenDialog({ onClose, onDone }: { onClose: () => void; onDone: (secret: string) => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["ingest"]);
  const [node, setNode] = useState("");
  const [expires, setExpires] = useState("");
  const make = useMutation({
    mutationFn: () => addToken({ name: name.trim(), scopes, node: node.trim() === "" ? null : node.trim(), expires: expires === "" ? null : expires }),
    onSuccess: ({ token }) => onDone(token),
  });
  const ready = name.trim() !== "" && scopes.length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !make.isPending) make.mutate();
  };
  return (
    <Dialog
      title="Make a token"
      onClose={onClose}
      footer={
        <>
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" form="token" className="btn" data-kind="primary" disabled={!ready || make.isPending}>
            Make
          </button>
        </>
      }
    >
      <form id="token" className="stack" onSubmit={submit}>
        <label className="field">
          <span>Name</span>
          <input className="input" value={name} maxLength={64} autoComplete="off" autoCapitalize="off" spellCheck={false} onChange={(e) => setName(e.target.value)} />
        </label>
        <fieldset className="choices">
          <legend>Scopes</legend>
          {SCOPES.map((scope) => (
            <label key={scope}>
              <input type="checkbox" checked={scopes.includes(scope)} onChange={(e) => setScopes(e.target.checked ? [...scopes, scope] : scopes.filter((s) => s !== scope))} /> <strong>{scope}</strong> <span className="dim">{HELP[scope]}</span>
            </label>
          ))}
        </fieldset>
        {scopes.includes("ingest") && (
          <label className="field">
            <span>Node (empty: any)</span>
            <input className="input" value={node} maxLength={253} autoComplete="off" autoCapitalize="off" spellCheck={false} onChange={(e) => setNode(e.target.value)} />
            <span className="help">A token of one node can bring no facts of another.</span>
          </label>
        )}
        <label className="field">
          <span>Ends (UTC; empty: never)</span>
          <input className="input" type="date" value={expires} onChange={(e) => setExpires(e.target.value)} />
        </label>
        {make.error !== null && <Failed error={make.error} what="The token" />}
      </form>
    </Dialog>
  );
}
