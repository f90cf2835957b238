import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, segment, send } from "@/api/http";
import type { AccessLog, BrowserSession, Channels, Checked, Deliveries, Delivery, NewToken, NewUser, OneTimeLink, Token, User, UserChange, Watched } from "./types";

export const channelsQuery = queryOptions({
  queryKey: ["settings", "channels"],
  queryFn: ({ signal }) => get<Channels>("/channels", {}, signal),
  refetchInterval: 10_000,
});

export const deliveriesQuery = (time: { from: string; to: string }, channel: string | null) =>
  queryOptions({
    queryKey: ["settings", "deliveries", time.from, time.to, channel],
    queryFn: ({ signal }) => get<Deliveries>("/deliveries", { ...time, channel, limit: 100 }, signal),
    placeholderData: keepPreviousData,
  });

export const usersQuery = queryOptions({
  queryKey: ["settings", "users"],
  queryFn: ({ signal }) => get<{ users: User[] }>("/users", {}, signal),
});

export const tokensQuery = queryOptions({
  queryKey: ["settings", "tokens"],
  queryFn: ({ signal }) => get<{ tokens: Token[] }>("/tokens", {}, signal),
});

export const sessionsQuery = queryOptions({
  queryKey: ["settings", "sessions"],
  queryFn: ({ signal }) => get<{ everybody: boolean; sessions: BrowserSession[] }>("/sessions", {}, signal),
});

export const accessLogQuery = (time: { from: string; to: string }, who: string, before: number | null) =>
  queryOptions({
    queryKey: ["settings", "access", time.from, time.to, who, before],
    queryFn: ({ signal }) => get<AccessLog>("/access-log", { ...time, who: who === "" ? null : who, before, limit: 100 }, signal),
    placeholderData: keepPreviousData,
  });

export const watchedQuery = queryOptions({
  queryKey: ["settings", "watched"],
  queryFn: ({ signal }) => get<Watched>("/health", {}, signal),
});

export const checkChannels = (text: string, signal?: AbortSignal) => send<Checked>("POST", "/channels/check", { text }, signal);
export const saveChannels = (body: { text: string; digest: string }) => send<Channels>("PUT", "/channels", body);
export const testChannel = (name: string) => send<Delivery>("POST", `/channels/${segment(name)}/test`);
export const addUser = (user: NewUser) => send<User>("POST", "/users", user);
export const changeUser = (name: string, change: UserChange) => send<User>("PATCH", `/users/${segment(name)}`, change);
export const removeUser = (name: string) => send<undefined>("DELETE", `/users/${segment(name)}`);
export const invite = (name: string) => send<OneTimeLink>("POST", `/users/${segment(name)}/invite`);
export const addToken = (token: NewToken) => send<{ token: string }>("POST", "/tokens", token);
export const revokeToken = (id: string) => send<undefined>("DELETE", `/tokens/${segment(id)}`);
export const endSession = (id: string) => send<undefined>("DELETE", `/sessions/${segment(id)}`);
export const changePassword = (body: { old: string; new: string }) => send<undefined>("POST", "/password", body);
