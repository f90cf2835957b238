import { useCallback } from "react";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "@/session/SessionProvider";
import { blindDays } from "./model";
import { healthQuery } from "./queries";

/** How often (ms) it is asked again: days change slowly. */
const AGAIN = 60_000;

/** For charts by day of the time of the page: the days in which a source (or any, when null) was not wholly watched. It gives nothing until that is known. */
export function useBlind(params: { from: string; to: string }): (source: string | null, first: number, count: number) => boolean[] | undefined {
  const { may } = useSession();
  const { data } = useQuery({ ...healthQuery(params), refetchInterval: AGAIN, enabled: may("read_health") });
  return useCallback((source, first, count) => (data === undefined ? undefined : blindDays(data.sources, source, first, count)), [data]);
}
