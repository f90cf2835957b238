import { useMemo, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useArrivals } from "@/live/useArrivals";
import { useSession } from "@/session/SessionProvider";
import { iso, type Range } from "@/time/span";
import { serverNow, useTime } from "@/time/useTime";
import { usePlace } from "@/url/router";
import { judgedRange } from "./period";
import { askControls, controlsQuery } from "./queries";

/** Time and clusters that are judged, as the address has them, and the question that they make. A time that moves reaches at least up to `since`, ms. */
export function useQuestion(since = 0): { query: string; range: Range; live: boolean; clusters: string[] } {
  const { range, live } = useTime();
  const { search } = usePlace();
  return useMemo(() => {
    const judged = judgedRange(range, live, serverNow(), since);
    const clusters = new URLSearchParams(search).getAll("cluster");
    return { query: askControls({ from: iso(judged.from), to: iso(judged.to) }, clusters), range: judged, live, clusters };
  }, [range, live, search, since]);
}

/** Controls are judged anew this long (ms) after something arrived, and not more than a part of the server's time goes into it. */
const WAIT = 8000;
const PART = 5;

/** All controls of the time of the address, judged anew when findings or decisions arrive; a paper stands still under its reader. */
export function useControls(still = false) {
  const client = useQueryClient();
  // A time that moves is judged up to the last arrival, and else in its steps.
  const [since, setSince] = useState(0);
  const question = useQuestion(since);
  const answer = useQuery(controlsQuery(question.query));
  useArrivals(Math.max(WAIT, PART * (answer.data?.answer.took_ms ?? 0)), () => {
    if (still) return;
    if (question.live) setSince(serverNow());
    else void client.invalidateQueries({ queryKey: ["controls"] });
  });
  return { ...answer, ...question };
}

/** Whether pages are shown as papers for an auditor, and the parameter that links take along to keep it. */
export function useView(): { auditor: boolean; keep: Record<string, string> } {
  const { search } = usePlace();
  const { session } = useSession();
  const view = new URLSearchParams(search).get("view");
  const auditor = view === "auditor" || (view === null && session.user?.role === "auditor");
  return { auditor, keep: view === null ? {} : { view } };
}

