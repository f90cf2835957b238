import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { cleanCounts, cleanDetail, cleanGroups, cleanNode, cleanOverview, cleanPage, cleanPreview, cleanProposal, cleanSession } from "./clean";
import { get, send } from "./http";
import type { Act, Activity } from "./types";

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
  queryFn: async ({ signal }) => cleanSession(await get("/session", { signal })),
  staleTime: 5 * 60_000,
});

export const overviewQuery = (query: string) =>
  queryOptions({
    queryKey: ["overview", query],
    queryFn: async ({ signal }) => cleanOverview(await get("/overview", { query: params(query), signal })),
    placeholderData: keepPreviousData,
  });

export const countsQuery = (query: string) =>
  queryOptions({
    queryKey: ["findings", "counts", query],
    queryFn: async ({ signal }) => cleanCounts(await get("/findings/counts", { query: params(query), signal })),
    placeholderData: keepPreviousData,
  });

export const groupsQuery = (query: string) =>
  queryOptions({
    queryKey: ["findings", "groups", query],
    queryFn: async ({ signal }) => cleanGroups(await get("/findings/groups", { query: params(query), signal })),
    placeholderData: keepPreviousData,
  });

/** A page of findings; not a query of its own: the feed keeps the pages. */
export const findingsPage = async (query: string, after: string | null, limit: number, signal?: AbortSignal) => {
  const q = params(query);
  q.set("limit", String(limit));
  if (after !== null) q.set("after", after);
  return cleanPage(await get("/findings", { query: q, signal }));
};

/** A finding, whole. */
export const finding = async (id: string, signal?: AbortSignal) => cleanDetail(await get("/findings/{id}", { in: { id }, signal }));

export const findingQuery = (id: string) =>
  queryOptions({
    queryKey: ["findings", "one", id],
    queryFn: ({ signal }) => finding(id, signal),
  });

export const explainQuery = (id: string) =>
  queryOptions({
    queryKey: ["findings", "one", id, "explain"],
    queryFn: async ({ signal }) => {
      const answer = await get("/findings/{id}/explain", { in: { id }, signal });
      return { ...answer, tree: cleanNode(answer.tree) };
    },
    staleTime: Infinity,
  });

export const activityQuery = (id: string, within: number) =>
  queryOptions({
    queryKey: ["findings", "one", id, "activity", within],
    queryFn: async ({ signal }) => (await get("/findings/{id}/activity", { in: { id }, query: { within }, signal })) as Activity,
  });

export const ancestryQuery = (id: string) =>
  queryOptions({
    queryKey: ["findings", "one", id, "ancestry"],
    queryFn: ({ signal }) => get("/findings/{id}/ancestry", { in: { id }, signal }),
    staleTime: Infinity,
  });

export const similarQuery = (id: string, days: number) =>
  queryOptions({
    queryKey: ["findings", "one", id, "similar", days],
    queryFn: ({ signal }) => get("/findings/{id}/similar", { in: { id }, query: { days }, signal }),
  });

/** Findings of one act that the server takes at most. */
const MOST_IDS = 1000;

/** Records an act; many findings go in several calls, one after the other. */
export async function act(body: Act): Promise<{ recorded: number[] }> {
  const recorded: number[] = [];
  for (let i = 0; i < body.ids.length; i += MOST_IDS) {
    const part = await send("POST", "/findings/act", { body: { ...body, ids: body.ids.slice(i, i + MOST_IDS) } });
    recorded.push(...part.recorded);
  }
  return { recorded };
}

export const propose = (id: string) => send("POST", "/acceptances/propose", { body: { finding: id } }).then(cleanProposal);
export const preview = (body: { yaml: string; from: string; to: string }, signal?: AbortSignal) => send("POST", "/acceptances/preview", { body, signal }).then(cleanPreview);
export const accept = (yaml: string) => send("POST", "/acceptances", { body: { yaml } });
export const testEvent = () => send("POST", "/test-event", { body: {} });
export const logIn = (user: string, password: string) => send("POST", "/session", { body: { user, password } }).then(cleanSession);
export const logOut = () => send("DELETE", "/session", {});
export const setUp = (link_token: string, user: string, password: string) => send("POST", "/setup", { body: { link_token, user, password } }).then(cleanSession);
