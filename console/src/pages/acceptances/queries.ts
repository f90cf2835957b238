import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, segment, send } from "@/api/http";
import type { AcceptanceList } from "./types";

export const acceptancesQuery = (time: { from: string; to: string }) =>
  queryOptions({ queryKey: ["acceptances", "list", time.from, time.to], queryFn: ({ signal }) => get<AcceptanceList>("/acceptances", time, signal), placeholderData: keepPreviousData });

export const approve = ({ id, digest }: { id: string; digest: string }) => send<{ id: string; standing: string }>("POST", `/acceptances/${segment(id)}/approve`, { digest });
export const revoke = ({ id, reason }: { id: string; reason: string }) => send<{ id: string }>("DELETE", `/acceptances/${segment(id)}`, { reason });
