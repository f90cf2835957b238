import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get } from "@/api/http";

/** How often (ms) it is asked again while the page is open. */
const AGAIN = 5_000;

export const healthQuery = (time: { from: string; to: string }) =>
  queryOptions({
    queryKey: ["health", time.from, time.to],
    queryFn: ({ signal }) => get("/health", { query: time, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN,
  });
