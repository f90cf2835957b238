import { createContext, useCallback, useContext, useEffect, useMemo, type ReactNode } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { onLoggedOut, setCsrf } from "@/api/http";
import { logOut, sessionQuery } from "@/api/queries";
import type { Session } from "@/api/types";
import { setServerTime } from "@/time/useTime";
import { Failed, Skeleton } from "@/ui/States";
import { Gate, Login, Setup } from "./Gate";

interface SessionState {
  session: Session;
  /** Whether the server lets this user do something: `edit_rules`, `make_reports`. The server decides anyway. */
  may: (permission: string) => boolean;
  /** Whether findings may be acknowledged, decided, assigned: admins and analysts may, auditors only read. */
  mayAct: boolean;
  isAdmin: boolean;
  leave: () => Promise<void>;
}

const Context = createContext<SessionState | null>(null);

/** The token of a one-time link, which the server prints at its first start: in the fragment (`/#/setup?token=`), which no log of a proxy sees, or in the query (`/setup?token=`). */
function setupToken(): string | null {
  const { hash, pathname, search } = window.location;
  if (hash.startsWith("#/setup")) return new URLSearchParams(hash.split("?")[1] ?? "").get("token");
  return pathname === "/setup" ? new URLSearchParams(search).get("token") : null;
}

/** Who is logged in. Without a session it shows the way in, and keeps the address for afterwards. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(sessionQuery);

  const enter = useCallback(
    (session: Session) => {
      // What another user was shown is not shown to this one.
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
      setCsrf(session.csrf);
      client.setQueryData(sessionQuery.queryKey, session);
    },
    [client],
  );
  const leave = useCallback(async () => {
    await logOut();
    await refetch();
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  }, [client, refetch]);

  useEffect(() => onLoggedOut(() => void client.invalidateQueries({ queryKey: sessionQuery.queryKey })), [client]);
  useEffect(() => {
    if (data === undefined) return;
    const at = Date.parse(data.server_time);
    if (!Number.isNaN(at)) setServerTime(at);
  }, [data]);
  if (data !== undefined) setCsrf(data.csrf);

  const value = useMemo<SessionState | null>(() => {
    if (data?.user === null || data === undefined) return null;
    const { permissions, role } = data.user;
    const may = (permission: string) => permissions.includes(permission);
    return { session: data, may, mayAct: may("triage"), isAdmin: role === "admin", leave };
  }, [data, leave]);

  const token = setupToken();
  if (token !== null && (data === undefined || data.user === null)) return <Setup token={token} onEnter={enter} />;
  if (error !== null && data === undefined) {
    return (
      <Gate>
        <Failed error={error} what="The session" onRetry={() => void refetch()} />
      </Gate>
    );
  }
  if (data === undefined) {
    return (
      <Gate>
        <Skeleton />
      </Gate>
    );
  }
  if (value === null) return <Login session={data} onEnter={enter} />;
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

/** The session; only below the provider, so there always is one. */
export function useSession(): SessionState {
  const value = useContext(Context);
  if (value === null) throw new Error("useSession outside of SessionProvider");
  return value;
}
