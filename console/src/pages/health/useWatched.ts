import { useCallback, useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "@/session/SessionProvider";
import { usePlace } from "@/url/router";
import { blindDays } from "./model";
import { healthQuery } from "./queries";
import type { Source } from "./types";

/** How often (ms) it is asked again: days change slowly. */
const AGAIN = 60_000;

/** For charts by day of the time of the page: the days in which a source (or any, when null) was not wholly watched. It gives nothing until that is known. */
export function useBlind(params: { from: string; to: string }): (source: string | null, first: number, count: number) => boolean[] | undefined {
  const data = useSources(params);
  return useCallback((source, first, count) => (data === undefined ? undefined : blindDays(data, source, first, count)), [data]);
}

/** The sources of the clusters of the page, over a time; undefined until they are known. */
function useSources(params: { from: string; to: string }): Source[] | undefined {
  const { may } = useSession();
  const { search } = usePlace();
  const { data } = useQuery({ ...healthQuery(params), refetchInterval: AGAIN, enabled: may("read_health") });
  return useMemo(() => {
    // While a longer time is asked for, the answer of the shorter one says nothing of what was before it.
    if (data === undefined || (data.answer.from !== null && Date.parse(data.answer.from) > Date.parse(params.from))) return undefined;
    const clusters = new URLSearchParams(search).getAll("cluster");
    return data.sources.filter((s) => clusters.length === 0 || clusters.includes(s.cluster));
  }, [data, search, params.from]);
}

/** Whether anything at all reports; undefined until that is known. */
export function useAnySource(params: { from: string; to: string }): boolean | undefined {
  const sources = useSources(params);
  return sources === undefined ? undefined : sources.length > 0;
}
