import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, send } from "@/api/http";
import type { AcceptanceList } from "./types";

export const acceptancesQuery = (time: { from: string; to: string }) =>
  queryOptions({ queryKey: ["acceptances", "list", time.from, time.to], queryFn: async ({ signal }) => (await get("/acceptances", { query: time, signal })) as AcceptanceList, placeholderData: keepPreviousData });

export const approve = ({ id, digest }: { id: string; digest: string }) => send("POST", "/acceptances/{id}/approve", { in: { id }, body: { digest } });
export const revoke = ({ id, reason }: { id: string; reason: string }) => send("DELETE", "/acceptances/{id}", { in: { id }, body: { reason } });
