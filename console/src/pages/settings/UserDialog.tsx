import { useState, type FormEvent } from "react";
import { useMutation } from "@tanstack/react-query";
import { Dialog } from "@/ui/Dialog";
import { Failed } from "@/ui/States";
import { addUser, changeUser } from "./queries";
import type { User, UserRole } from "./types";

const ROLES: { role: UserRole; help: string }[] = [
  { role: "admin", help: "runs the server: users, tokens, channels, and all that the others may" },
  { role: "analyst", help: "works with it: findings, rules, acceptances, reports" },
  { role: "auditor", help: "looks at one period and changes nothing; each question is written down" },
];

/** The day of an instant, as a date field has it. */
const day = (at: string | undefined) => at?.slice(0, 10) ?? "";

/** A new user, or role and period of one who is there. */
export function UserDialog({ user, onClose, onDone }: { user: User | null; onClose: () => void; onDone: (user: User, made: boolean) => void }) {
  const [name, setName] = useState(user?.name ?? "");
  const [role, setRole] = useState<UserRole>(user?.role ?? "analyst");
  const [from, setFrom] = useState(day(user?.period?.from));
  const [to, setTo] = useState(day(user?.period?.to));
  const save = useMutation({
    mutationFn: () => {
      const period = role === "auditor" ? { from, to } : null;
      return user === null ? addUser({ name: name.trim(), role, period }) : changeUser(user.name, { role, period });
    },
    onSuccess: (saved) => onDone(saved, user === null),
  });
  const ready = name.trim() !== "" && (role !== "auditor" || (from !== "" && to !== "" && from < to));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !save.isPending) save.mutate();
  };
  return (
    <Dialog
      title={user === null ? "Add a user" : `Change ${user.name}`}
      onClose={onClose}
      footer={
        <>
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" form="user" className="btn" data-kind="primary" disabled={!ready || save.isPending}>
            {user === null ? "Add" : "Save"}
          </button>
        </>
      }
    >
      <form id="user" className="stack" onSubmit={submit}>
        {user === null && (
          <label className="field">
            <span>Name</span>
            <input className="input" value={name} maxLength={64} autoCapitalize="off" autoComplete="off" spellCheck={false} onChange={(e) => setName(e.target.value)} />
            <span className="help">Letters, digits and ._@+-; evidence tells people by it, so it is never given again.</span>
          </label>
        )}
        <fieldset className="choices">
          <legend>Role</legend>
          {ROLES.map((r) => (
            <label key={r.role}>
              <input type="radio" name="role" checked={role === r.role} onChange={() => setRole(r.role)} /> <strong>{r.role}</strong> <span className="dim">{r.help}</span>
            </label>
          ))}
        </fieldset>
        {role === "auditor" && (
          <div className="flex">
            <label className="field">
              <span>From (UTC, included)</span>
              <input className="input" type="date" value={from} onChange={(e) => setFrom(e.target.value)} />
            </label>
            <label className="field">
              <span>To (UTC, not included)</span>
              <input className="input" type="date" value={to} onChange={(e) => setTo(e.target.value)} />
            </label>
          </div>
        )}
        {save.error !== null && <Failed error={save.error} what="The user" />}
        {user === null && <p className="faint">You get a one-time link with which the user sets a password.</p>}
      </form>
    </Dialog>
  );
}
