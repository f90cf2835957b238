import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, segment, send } from "@/api/http";
import type { Activity } from "@/api/types";
import type { Backtest, FileDiagnostic, FileList, FileText, OneRule, RuleList, RuleSets } from "./types";

interface Period {
  from: string;
  to: string;
}

/** How often (ms) a back-test is looked at while it runs. */
const LOOK = 500;

export const rulesQuery = (time: Period) =>
  queryOptions({ queryKey: ["rules", "list", time.from, time.to], queryFn: ({ signal }) => get<RuleList>("/rules", { ...time }, signal), placeholderData: keepPreviousData });

export const ruleQuery = (name: string, time: Period) =>
  queryOptions({ queryKey: ["rules", "one", name, time.from, time.to], queryFn: ({ signal }) => get<OneRule>(`/rules/${segment(name)}`, { ...time }, signal), placeholderData: keepPreviousData });

export const setsQuery = (time: Period) =>
  queryOptions({ queryKey: ["rules", "sets", time.from, time.to], queryFn: ({ signal }) => get<RuleSets>("/rule-sets", { ...time }, signal), placeholderData: keepPreviousData });

export const filesQuery = queryOptions({ queryKey: ["rules", "files"], queryFn: ({ signal }) => get<FileList>("/rule-files", {}, signal) });

// Somebody may be editing: the text must not change under the hands.
export const fileQuery = (path: string) =>
  queryOptions({ queryKey: ["rules", "file", path], queryFn: ({ signal }) => get<FileText>(`/rule-files/${segment(path)}`, {}, signal), staleTime: Infinity, gcTime: 0 });

export const backtestQuery = (id: string | null) =>
  queryOptions({
    queryKey: ["backtests", id],
    queryFn: ({ signal }) => get<Backtest>(`/backtests/${segment(id ?? "")}`, {}, signal),
    enabled: id !== null,
    refetchInterval: (query) => (query.state.data === undefined || query.state.data.state === "queued" || query.state.data.state === "running" ? LOOK : false),
  });

/** Activity of a node around an instant, `within` s on both sides. */
export const nearQuery = (node: string, at: string, within: number) => {
  const ms = Date.parse(at);
  const time = { from: new Date(ms - within * 1000).toISOString(), to: new Date(ms + within * 1000 + 1).toISOString() };
  return queryOptions({ queryKey: ["activity", node, time.from, time.to], queryFn: ({ signal }) => get<Activity>("/activity", { node, ...time, order: "oldest", limit: 200 }, signal) });
};

export const check = (path: string, text: string, signal: AbortSignal) => send<{ diagnostics: FileDiagnostic[] }>("POST", `/rule-files/${segment(path)}/check`, { text }, signal);
export const tryOut = (path: string, body: { text: string } & Period) => send<Backtest>("POST", `/rule-files/${segment(path)}/backtest`, body);
export const stop = (id: string) => send<Backtest>("DELETE", `/backtests/${segment(id)}`);
export const save = (path: string, body: { text: string; digest: string | null }) => send<{ digest: string }>("PUT", `/rule-files/${segment(path)}`, body);
