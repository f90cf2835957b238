import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get } from "@/api/http";
import type { HealthAnswer } from "./types";

/** How often (ms) it is asked again while the page is open. */
const AGAIN = 5_000;

export const healthQuery = (time: { from: string; to: string }) =>
  queryOptions({
    queryKey: ["health", time.from, time.to],
    queryFn: ({ signal }) => get<HealthAnswer>("/health", time, signal),
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN,
  });
