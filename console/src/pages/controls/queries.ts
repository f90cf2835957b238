import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { address, get, segment, send } from "@/api/http";
import { cleanControlDetail, cleanControls, cleanReport, cleanVerification } from "./clean";
import type { AskReport, Report, Verification } from "./types";

/** A judged period is kept so long, ms: the server reads all facts of the period for it. */
const STALE = 60_000;
/** A report that is being made is looked at so often, ms. */
const POLL = 1000;

/** Controls are judged by period and cluster only; other filters of the address are not sent. */
export function askControls(time: { from: string; to: string }, clusters: readonly string[]): string {
  const query = new URLSearchParams(time);
  for (const cluster of clusters) query.append("cluster", cluster);
  return query.toString();
}

export const controlsQuery = (query: string) =>
  queryOptions({
    queryKey: ["controls", query],
    queryFn: async ({ signal }) => cleanControls(await get("/controls", { query: new URLSearchParams(query), signal })),
    placeholderData: keepPreviousData,
    staleTime: STALE,
  });

export const controlQuery = (id: string, query: string) =>
  queryOptions({
    queryKey: ["controls", query, id],
    queryFn: async ({ signal }) => cleanControlDetail(await get("/controls/{id}", { in: { id }, query: new URLSearchParams(query), signal })),
    staleTime: STALE,
  });

const waiting = (report: Report | undefined) => report?.state === "queued" || report?.state === "running";

export const reportsQuery = queryOptions({
  queryKey: ["reports"],
  queryFn: async ({ signal }) => (await get("/reports", { signal })).reports.map(cleanReport),
  refetchInterval: (query) => (query.state.data?.some(waiting) === true ? 2 * POLL : false),
});

export const reportQuery = (id: string) =>
  queryOptions({
    queryKey: ["reports", id],
    queryFn: async ({ signal }) => cleanReport(await get("/reports/{id}", { in: { id }, signal })),
    refetchInterval: (query) => (waiting(query.state.data) ? POLL : false),
  });

/** Where the last verdict of this session on a report is kept. */
export const verdictKey = (id: string) => ["verdicts", id];

/** A verdict and when it was given, by the clock of the server. */
export interface Verdict extends Verification {
  at: number;
}

export const makeReport = (body: AskReport) => send("POST", "/reports", { body }).then(cleanReport);
export const verifyReport = (id: string) => send("POST", "/reports/{id}/verify", { in: { id } }).then(cleanVerification);

/** Where a file of a report is fetched; its path is one segment. */
export const fileAddress = (id: string, name: string) => address(`/reports/${segment(id)}/files/${segment(name)}`);
