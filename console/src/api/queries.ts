import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { cleanCounts, cleanDetail, cleanGroups, cleanOverview, cleanPage, cleanSession } from "./clean";
import { cleanPreview, cleanProposal } from "./cleanPreview";
import { get, segment, send } from "./http";
import type { Act, Activity, Ancestry, Counts, Explain, FindingDetail, FindingsPage, Groups, Health, Overview, Session, Similar } from "./types";

// One function a question. The key is the path and its parameters, so that an
// act can make stale all answers below a path: `invalidate(["findings"])`.

/** Joins filter and time into the parameters of a question. */
export function ask(filter: URLSearchParams, time: { from: string; to: string } | null, extra: Record<string, string | number | readonly string[]> = {}): string {
  const query = new URLSearchParams(filter);
  if (time !== null) {
    query.set("from", time.from);
    query.set("to", time.to);
  }
  for (const [name, value] of Object.entries(extra)) {
    query.delete(name);
    for (const one of typeof value === "object" ? value : [String(value)]) query.append(name, one);
  }
  return query.toString();
}

const params = (text: string) => new URLSearchParams(text);

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }) => cleanSession(await get<Session>("/session", {}, signal)),
  staleTime: 5 * 60_000,
});

export const overviewQuery = (query: string) =>
  queryOptions({
    queryKey: ["overview", query],
    queryFn: async ({ signal }) => cleanOverview(await get<Overview>("/overview", params(query), signal)),
    placeholderData: keepPreviousData,
  });

export const countsQuery = (query: string) =>
  queryOptions({
    queryKey: ["findings", "counts", query],
    queryFn: async ({ signal }) => cleanCounts(await get<Counts>("/findings/counts", params(query), signal)),
    placeholderData: keepPreviousData,
  });

export const groupsQuery = (query: string) =>
  queryOptions({
    queryKey: ["findings", "groups", query],
    queryFn: async ({ signal }) => cleanGroups(await get<Groups>("/findings/groups", params(query), signal)),
    placeholderData: keepPreviousData,
  });

/** A page of findings; not a query of its own: the feed keeps the pages. */
export const findingsPage = async (query: string, after: string | null, limit: number, signal?: AbortSignal) => {
  const q = params(query);
  q.set("limit", String(limit));
  if (after !== null) q.set("after", after);
  return cleanPage(await get<FindingsPage>("/findings", q, signal));
};

/** A finding, whole. */
export const finding = async (id: string, signal?: AbortSignal) => cleanDetail(await get<FindingDetail>(`/findings/${segment(id)}`, {}, signal));

export const findingQuery = (id: string) =>
  queryOptions({
    queryKey: ["findings", "one", id],
    queryFn: ({ signal }) => finding(id, signal),
  });

export const explainQuery = (id: string) =>
  queryOptions({
    queryKey: ["findings", "one", id, "explain"],
    queryFn: ({ signal }) => get<Explain>(`/findings/${segment(id)}/explain`, {}, signal),
    staleTime: Infinity,
  });

export const activityQuery = (id: string, within: number) =>
  queryOptions({
    queryKey: ["findings", "one", id, "activity", within],
    queryFn: ({ signal }) => get<Activity>(`/findings/${segment(id)}/activity`, { within }, signal),
  });

export const ancestryQuery = (id: string) =>
  queryOptions({
    queryKey: ["findings", "one", id, "ancestry"],
    queryFn: ({ signal }) => get<Ancestry>(`/findings/${segment(id)}/ancestry`, {}, signal),
    staleTime: Infinity,
  });

export const similarQuery = (id: string, days: number) =>
  queryOptions({
    queryKey: ["findings", "one", id, "similar", days],
    queryFn: ({ signal }) => get<Similar>(`/findings/${segment(id)}/similar`, { days }, signal),
  });

export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => get<Health>("/health", {}, signal),
  refetchInterval: 15_000,
});

/** Findings of one act that the server takes at most. */
const MOST_IDS = 1000;

/** Records an act; many findings go in several calls, one after the other. */
export async function act(body: Act): Promise<{ recorded: number[] }> {
  const recorded: number[] = [];
  for (let i = 0; i < body.ids.length; i += MOST_IDS) {
    const part = await send<{ recorded: number[] }>("POST", "/findings/act", { ...body, ids: body.ids.slice(i, i + MOST_IDS) });
    recorded.push(...part.recorded);
  }
  return { recorded };
}

export const propose = (id: string) => send<unknown>("POST", "/acceptances/propose", { finding: id }).then(cleanProposal);
export const preview = (body: { yaml: string; from: string; to: string }, signal?: AbortSignal) => send<unknown>("POST", "/acceptances/preview", body, signal).then(cleanPreview);
export const accept = (yaml: string) => send<{ id: string; standing?: string }>("POST", "/acceptances", { yaml });
export const testEvent = () => send<{ nonce: string; finding?: string }>("POST", "/test-event", {});
export const logIn = (user: string, password: string) => send<Session>("POST", "/session", { user, password }).then(cleanSession);
export const logOut = () => send<undefined>("DELETE", "/session");
export const setUp = (link_token: string, user: string, password: string) => send<Session>("POST", "/setup", { link_token, user, password }).then(cleanSession);
