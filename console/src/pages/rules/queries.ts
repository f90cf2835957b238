import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, send } from "@/api/http";
import type { Backtest, FileDiagnostic, FileText, OneRule, RuleList } from "./types";

interface Period {
  from: string;
  to: string;
}

/** How often (ms) a back-test is looked at while it runs. */
const LOOK = 500;

export const rulesQuery = (time: Period) =>
  queryOptions({ queryKey: ["rules", "list", time.from, time.to], queryFn: async ({ signal }) => (await get("/rules", { query: { ...time }, signal })) as RuleList, placeholderData: keepPreviousData });

export const ruleQuery = (name: string, time: Period) =>
  queryOptions({ queryKey: ["rules", "one", name, time.from, time.to], queryFn: async ({ signal }) => (await get("/rules/{name}", { in: { name }, query: { ...time }, signal })) as OneRule, placeholderData: keepPreviousData });

export const setsQuery = (time: Period) =>
  queryOptions({ queryKey: ["rules", "sets", time.from, time.to], queryFn: ({ signal }) => get("/rule-sets", { query: { ...time }, signal }), placeholderData: keepPreviousData });

export const filesQuery = queryOptions({ queryKey: ["rules", "files"], queryFn: ({ signal }) => get("/rule-files", { signal }) });

// Somebody may be editing: the text must not change under the hands.
export const fileQuery = (path: string) =>
  queryOptions({ queryKey: ["rules", "file", path], queryFn: async ({ signal }) => (await get("/rule-files/{path}", { in: { path }, signal })) as FileText, staleTime: Infinity, gcTime: 0 });

export const backtestQuery = (id: string | null) =>
  queryOptions({
    queryKey: ["backtests", id],
    queryFn: async ({ signal }) => (await get("/backtests/{id}", { in: { id: id ?? "" }, signal })) as Backtest,
    enabled: id !== null,
    refetchInterval: (query) => (query.state.data === undefined || query.state.data.state === "queued" || query.state.data.state === "running" ? LOOK : false),
  });

/** Activity of a node around an instant, `within` s on both sides. */
export const nearQuery = (node: string, at: string, within: number) => {
  const ms = Date.parse(at);
  const time = { from: new Date(ms - within * 1000).toISOString(), to: new Date(ms + within * 1000 + 1).toISOString() };
  return queryOptions({ queryKey: ["activity", node, time.from, time.to], queryFn: ({ signal }) => get("/activity", { query: { node, ...time, order: "oldest", limit: 200 }, signal }) });
};

export const check = async (path: string, text: string, signal: AbortSignal) => (await send("POST", "/rule-files/{path}/check", { in: { path }, body: { text }, signal })) as { diagnostics: FileDiagnostic[] };
export const tryOut = async (path: string, body: { text: string } & Period) => (await send("POST", "/rule-files/{path}/backtest", { in: { path }, body })) as Backtest;
export const stop = async (id: string) => (await send("DELETE", "/backtests/{id}", { in: { id } })) as Backtest;
export const save = (path: string, body: { text: string; digest: string | null }) => send("PUT", "/rule-files/{path}", { in: { path }, body });
