import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { errorText, useToast } from "@/ui/Toast";
import { Once, Sure } from "./Once";
import { changeUser, invite, removeUser, usersQuery } from "./queries";
import type { OneTimeLink, User } from "./types";
import { UserDialog } from "./UserDialog";

/** People who may log in. */
export function Users() {
  const tell = useToast();
  const client = useQueryClient();
  const { session } = useSession();
  const { data, error, refetch } = useQuery(usersQuery);
  const [dialog, setDialog] = useState<{ kind: "edit"; user: User | null } | { kind: "remove"; user: User } | { kind: "link"; name: string; link: OneTimeLink } | null>(null);
  const changed = () => void client.invalidateQueries({ queryKey: ["settings"] });
  const failed = (failure: unknown) => tell(errorText(failure), "bad");
  const link = useMutation({ mutationFn: invite, onSuccess: (made, name) => setDialog({ kind: "link", name, link: made }), onError: failed });
  const able = useMutation({ mutationFn: (user: User) => changeUser(user.name, { enabled: user.state === "disabled" }), onSuccess: changed, onError: failed });
  const remove = useMutation({
    mutationFn: (user: User) => removeUser(user.name),
    onSuccess: (_, user) => {
      changed();
      setDialog(null);
      tell(`${user.name} is removed.`, "ok");
    },
    onError: failed,
  });
  if (data === undefined) return error === null ? <Skeleton height={200} /> : <Failed error={error} what="The list of users" onRetry={() => void refetch()} />;
  return (
    <section className="card" aria-label="Users">
      <header>
        <h2>Users</h2>
        <span className="faint grow">{countText(data.users.length)} who are not removed</span>
        <button type="button" className="btn" data-size="small" onClick={() => setDialog({ kind: "edit", user: null })}>
          Add a user
        </button>
      </header>
      <table className="table" aria-label="Users">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col">May ask about (UTC)</th>
            <th scope="col">State</th>
            <th scope="col">Logs in by</th>
            <th scope="col">Last login (UTC)</th>
            <th scope="col">Acts</th>
          </tr>
        </thead>
        <tbody>
          {data.users.map((u) => (
            <tr key={u.name}>
              <th scope="row">{u.name}</th>
              <td>{u.role}</td>
              <td>
                {u.period === null ? (
                  "everything"
                ) : (
                  <>
                    <Time at={u.period.from} form="minute" /> to <Time at={u.period.to} form="minute" />
                  </>
                )}
              </td>
              <td>{u.state}</td>
              <td>{means(u)}</td>
              <td>{u.last_login === null ? <span className="dim">never</span> : <Time at={u.last_login} />}</td>
              <td>
                <div className="flex">
                  <button type="button" className="btn" data-size="small" aria-label={`Change ${u.name}`} onClick={() => setDialog({ kind: "edit", user: u })}>
                    Change
                  </button>
                  <button type="button" className="btn" data-size="small" aria-label={`Password link for ${u.name}`} disabled={link.isPending} onClick={() => link.mutate(u.name)}>
                    Password link
                  </button>
                  {u.name !== session.user?.name && (
                    <>
                      <button type="button" className="btn" data-size="small" aria-label={`${u.state === "enabled" ? "Disable" : "Enable"} ${u.name}`} disabled={able.isPending} onClick={() => able.mutate(u)}>
                        {u.state === "enabled" ? "Disable" : "Enable"}
                      </button>
                      <button type="button" className="btn" data-size="small" aria-label={`Remove ${u.name}`} onClick={() => setDialog({ kind: "remove", user: u })}>
                        Remove
                      </button>
                    </>
                  )}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {dialog?.kind === "edit" && (
        <UserDialog
          user={dialog.user}
          onClose={() => setDialog(null)}
          onDone={(user, made) => {
            changed();
            setDialog(null);
            // A new user has no password: nobody else is to know it.
            if (made) link.mutate(user.name);
          }}
        />
      )}
      {dialog?.kind === "remove" && (
        <Sure title={`Remove ${dialog.user.name}?`} act="Remove" busy={remove.isPending} onClose={() => setDialog(null)} onSure={() => remove.mutate(dialog.user)}>
          Sessions and the tokens that {dialog.user.name} made end at once, but for tokens of agents. What was done stays in the ledger, and the name is not given again.
        </Sure>
      )}
      {dialog?.kind === "link" && (
        <Once title={`A password for ${dialog.name}`} label="One-time link" secret={dialog.link.link} onClose={() => setDialog(null)}>
          Give it to {dialog.name} by a way that others cannot read. It works once, until <Time at={dialog.link.expires} form="minute" /> UTC, and is not shown again.
        </Once>
      )}
    </section>
  );
}

function means(user: User): string {
  const by = [user.has_password ? "password" : null, ...user.identities.map((i) => i.issuer)].filter((m) => m !== null);
  return by.length === 0 ? "nothing yet" : by.join(", ");
}
