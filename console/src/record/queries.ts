import { queryOptions } from "@tanstack/react-query";
import { get } from "@/api/http";

/** A head is signed at least once a minute: a record that none covers is asked for again, ms. */
const AGAIN = 10_000;

export const recordQuery = (number: number) =>
  queryOptions({
    queryKey: ["ledger", "record", number],
    queryFn: ({ signal }) => get("/ledger/records/{number}", { in: { number }, signal }),
    // A record never changes; only the head that covers it may come later.
    staleTime: Infinity,
    refetchInterval: (query) => (query.state.data !== undefined && query.state.data.head === null ? AGAIN : false),
  });
