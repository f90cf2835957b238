import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { cleanDiagnostic } from "@/api/clean";
import { get, send } from "@/api/http";
import type { BrowserSession, Deliveries, Delivery, NewToken, NewUser, Token, User, UserChange } from "./types";

export const channelsQuery = queryOptions({
  queryKey: ["settings", "channels"],
  queryFn: ({ signal }) => get("/channels", { signal }),
  refetchInterval: 10_000,
});

export const deliveriesQuery = (time: { from: string; to: string }, channel: string | null) =>
  queryOptions({
    queryKey: ["settings", "deliveries", time.from, time.to, channel],
    queryFn: async ({ signal }) => (await get("/deliveries", { query: { ...time, channel, limit: 100 }, signal })) as Deliveries,
    placeholderData: keepPreviousData,
  });

export const usersQuery = queryOptions({
  queryKey: ["settings", "users"],
  queryFn: async ({ signal }) => (await get("/users", { signal })) as { users: User[] },
});

export const tokensQuery = queryOptions({
  queryKey: ["settings", "tokens"],
  queryFn: async ({ signal }) => (await get("/tokens", { signal })) as { tokens: Token[] },
});

export const sessionsQuery = queryOptions({
  queryKey: ["settings", "sessions"],
  queryFn: async ({ signal }) => (await get("/sessions", { signal })) as { everybody: boolean; sessions: BrowserSession[] },
});

export const accessLogQuery = (time: { from: string; to: string }, who: string, before: number | null) =>
  queryOptions({
    queryKey: ["settings", "access", time.from, time.to, who, before],
    queryFn: ({ signal }) => get("/access-log", { query: { ...time, who: who === "" ? null : who, before, limit: 100 }, signal }),
    placeholderData: keepPreviousData,
  });

export const watchedQuery = queryOptions({
  queryKey: ["settings", "watched"],
  queryFn: ({ signal }) => get("/health", { signal }),
});

export const checkChannels = async (text: string, signal?: AbortSignal) => ({ diagnostics: (await send("POST", "/channels/check", { body: { text }, signal })).diagnostics.map(cleanDiagnostic) });
export const saveChannels = (body: { text: string; digest: string }) => send("PUT", "/channels", { body });
export const testChannel = async (name: string) => (await send("POST", "/channels/{name}/test", { in: { name } })) as Delivery;
export const addUser = async (body: NewUser) => (await send("POST", "/users", { body })) as User;
export const changeUser = async (name: string, body: UserChange) => (await send("PATCH", "/users/{name}", { in: { name }, body })) as User;
export const removeUser = (name: string) => send("DELETE", "/users/{name}", { in: { name } });
export const invite = (name: string) => send("POST", "/users/{name}/invite", { in: { name } });
export const addToken = (body: NewToken) => send("POST", "/tokens", { body });
export const revokeToken = (id: string) => send("DELETE", "/tokens/{id}", { in: { id } });
export const endSession = (id: string) => send("DELETE", "/sessions/{id}", { in: { id } });
export const changePassword = (body: { old: string; new: string }) => send("POST", "/password", { body });
