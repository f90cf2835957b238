import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "@/session/SessionProvider";
import { iso, type Range } from "@/time/span";
import { serverNow, useTime } from "@/time/useTime";
import { usePlace } from "@/url/router";
import { judgedRange } from "./period";
import { askControls, controlsQuery } from "./queries";

/** Time and clusters that are judged, as the address has them, and the question that they make. */
export function useQuestion(): { query: string; range: Range; clusters: string[] } {
  const { range, live } = useTime();
  const { search } = usePlace();
  return useMemo(() => {
    const judged = judgedRange(range, live, serverNow());
    const clusters = new URLSearchParams(search).getAll("cluster");
    return { query: askControls({ from: iso(judged.from), to: iso(judged.to) }, clusters), range: judged, clusters };
  }, [range, live, search]);
}

/** All controls of the time of the address. */
export function useControls() {
  const question = useQuestion();
  return { ...useQuery(controlsQuery(question.query)), ...question };
}

/** Whether pages are shown as papers for an auditor, and the parameter that links take along to keep it. */
export function useView(): { auditor: boolean; keep: Record<string, string> } {
  const { search } = usePlace();
  const { session } = useSession();
  const view = new URLSearchParams(search).get("view");
  const auditor = view === "auditor" || (view === null && session.user?.role === "auditor");
  return { auditor, keep: view === null ? {} : { view } };
}

