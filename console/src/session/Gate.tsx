import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { ApiError } from "@/api/error";
import { logIn, setUp } from "@/api/queries";
import type { Session } from "@/api/types";
import { errorText } from "@/ui/Toast";
import { go, useParam } from "@/url/router";
import { failureText } from "./failure";

/** Shortest password that the console sends; the server has the last word. */
const SHORTEST = 12;

/** The frame of the pages before the login. */
export function Gate({ children }: { children: ReactNode }) {
  return (
    <div className="gate">
      <main>
        <div className="flex">
          <img src="/icon.svg" width="22" height="22" alt="" />
          <h1>avouch</h1>
        </div>
        {children}
      </main>
    </div>
  );
}

/** Login with a local user, or by the identity provider of the organisation. */
export function Login({ session, onEnter }: { session: Session; onEnter: (session: Session) => void }) {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const userField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  useEffect(() => userField.current?.focus(), []);
  // Said once: neither a bookmark nor the page after the login keeps it.
  const [reason, setReason] = useParam("login_failed");
  const [failed, setFailed] = useState(reason);
  useEffect(() => {
    if (reason !== null) setReason(null, true);
  }, [reason, setReason]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    setFailed(null);
    try {
      onEnter(await logIn(user, password));
    } catch (failure) {
      setError(failure);
      setPassword("");
      passwordField.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  if (session.setup_needed) {
    return (
      <Gate>
        <div className="card stack">
          <h2>First start</h2>
          <p>There is no user yet. The server printed a one-time link when it started; open that link to make the first one.</p>
          <p className="dim">
            The link is used up by its first use and runs out. <code>avouch server --new-setup-link</code> prints another.
          </p>
        </div>
      </Gate>
    );
  }
  return (
    <Gate>
      <div className="card stack">
        {failed !== null && session.oidc !== null && (
          <div className="notice" data-tone="bad" role="alert">
            {failureText(failed, session.oidc.name)}
          </div>
        )}
        <form onSubmit={(e) => void submit(e)} aria-label="Log in">
          <label className="field">
            <span>User</span>
            <input ref={userField} className="input" name="username" autoComplete="username" autoCapitalize="off" spellCheck={false} required value={user} onChange={(e) => setUser(e.target.value)} />
          </label>
          <label className="field">
            <span>Password</span>
            <input ref={passwordField} className="input" name="password" type="password" autoComplete="current-password" required value={password} onChange={(e) => setPassword(e.target.value)} />
          </label>
          <Wrong error={error} />
          <button type="submit" className="btn" data-kind="primary" disabled={busy}>
            Log in
          </button>
        </form>
        {session.oidc !== null && (
          <a className="btn" href="/api/v1/oidc/start">
            Log in with {session.oidc.name}
          </a>
        )}
      </div>
      <p className="faint">Each login, and what an auditor opens, is recorded.</p>
    </Gate>
  );
}

/** The first user, by the one-time link. */
export function Setup({ token, onEnter }: { token: string; onEnter: (session: Session) => void }) {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const short = password !== "" && password.length < SHORTEST;
  const differs = again !== "" && again !== password;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const session = await setUp(token, user, password);
      go("/", "", true);
      onEnter(session);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Gate>
      <div className="card stack">
        <h2>Make the first user</h2>
        <p className="dim">This user is an admin. It can make others: analysts who triage, auditors who read a period.</p>
        <form onSubmit={(e) => void submit(e)} aria-label="First user">
          <label className="field">
            <span>User</span>
            <input className="input" autoComplete="username" autoCapitalize="off" spellCheck={false} required value={user} onChange={(e) => setUser(e.target.value)} />
          </label>
          <label className="field">
            <span>Password</span>
            <input className="input" type="password" autoComplete="new-password" required value={password} aria-describedby="password-help" aria-invalid={short} onChange={(e) => setPassword(e.target.value)} />
          </label>
          <p className="faint" id="password-help">
            {SHORTEST} characters or more{short ? `; ${String(password.length)} so far` : ""}
          </p>
          <label className="field">
            <span>Password again</span>
            <input className="input" type="password" autoComplete="new-password" required value={again} aria-invalid={differs} aria-describedby="again-help" onChange={(e) => setAgain(e.target.value)} />
          </label>
          <p className="faint" id="again-help">
            {differs ? "differs from the first" : ""}
          </p>
          <Wrong error={error} />
          <button type="submit" className="btn" data-kind="primary" disabled={busy || short || differs || again === ""}>
            Make user and log in
          </button>
        </form>
      </div>
    </Gate>
  );
}

function Wrong({ error }: { error: unknown }) {
  if (error === null) return null;
  const text = error instanceof ApiError && error.kind === "logged_out" ? "User or password is wrong." : errorText(error);
  return (
    <div className="notice" data-tone="bad" role="alert">
      {text}
    </div>
  );
}
