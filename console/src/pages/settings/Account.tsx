import { useState, type FormEvent } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { errorText, useToast } from "@/ui/Toast";
import { changePassword, endSession, sessionsQuery } from "./queries";

/** Shortest password that the console sends; the server has the last word. */
const SHORTEST = 12;

/** Browsers that are logged in, and one's own password. */
export function Account() {
  return (
    <div className="stack">
      <Sessions />
      <Password />
    </div>
  );
}

function Sessions() {
  const tell = useToast();
  const client = useQueryClient();
  const { leave } = useSession();
  const { data, error, refetch } = useQuery(sessionsQuery);
  const end = useMutation({ mutationFn: endSession, onSuccess: () => void client.invalidateQueries({ queryKey: sessionsQuery.queryKey }), onError: (failure) => tell(errorText(failure), "bad") });
  if (data === undefined) return error === null ? <Skeleton /> : <Failed error={error} what="The list of sessions" onRetry={() => void refetch()} />;
  return (
    <section className="card" aria-label="Sessions">
      <header>
        <h2>Sessions</h2>
        <span className="faint">
          {countText(data.sessions.length)} open, {data.everybody ? "of everybody" : "your own"}
        </span>
      </header>
      <table className="table" aria-label="Open sessions">
        <thead>
          <tr>
            <th scope="col">User</th>
            <th scope="col">Browser</th>
            <th scope="col">Address</th>
            <th scope="col">Logged in by</th>
            <th scope="col">Since (UTC)</th>
            <th scope="col">Last seen (UTC)</th>
            <th scope="col">Acts</th>
          </tr>
        </thead>
        <tbody>
          {data.sessions.map((s) => (
            <tr key={s.id}>
              <th scope="row">{s.user}</th>
              <td className="wrap said">
                {s.agent} {s.current && <strong>this one</strong>}
              </td>
              <td>{s.address}</td>
              <td>{s.means}</td>
              <td>
                <Time at={s.made} form="minute" />
              </td>
              <td>
                <Time at={s.last_seen} form="minute" />
              </td>
              <td>
                <button type="button" className="btn" data-size="small" aria-label={`End the session of ${s.user} at ${s.address}${s.current ? ", this one" : ""}`} disabled={end.isPending} onClick={() => (s.current ? void leave() : end.mutate(s.id))}>
                  End
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Password() {
  const tell = useToast();
  const client = useQueryClient();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const change = useMutation({
    mutationFn: changePassword,
    onSuccess: () => {
      setOld("");
      setNext("");
      setAgain("");
      void client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
      tell("The password is changed. Your other sessions have ended.", "ok");
    },
  });
  const ready = old !== "" && next.length >= SHORTEST && next === again;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !change.isPending) change.mutate({ old, new: next });
  };
  return (
    <section className="card" aria-label="Password">
      <header>
        <h2>Your password</h2>
      </header>
      <form className="body stack narrow" onSubmit={submit}>
        <label className="field">
          <span>Old password</span>
          <input className="input" type="password" autoComplete="current-password" value={old} onChange={(e) => setOld(e.target.value)} />
        </label>
        <label className="field">
          <span>New password</span>
          <input className="input" type="password" autoComplete="new-password" value={next} onChange={(e) => setNext(e.target.value)} />
          <span className="help">{SHORTEST} characters or more</span>
        </label>
        <label className="field">
          <span>New password again</span>
          <input className="input" type="password" autoComplete="new-password" value={again} onChange={(e) => setAgain(e.target.value)} />
          <span className="help">{again !== "" && again !== next ? "differs from the first" : ""}</span>
        </label>
        {change.error !== null && <Failed error={change.error} what="The password" />}
        <div>
          <button type="submit" className="btn" data-kind="primary" disabled={!ready || change.isPending}>
            Change the password
          </button>
        </div>
      </form>
    </section>
  );
}
