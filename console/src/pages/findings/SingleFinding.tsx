import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { findingQuery } from "@/api/queries";
import type { Row } from "@/api/types";
import { useSession } from "@/session/SessionProvider";
import { setParam, useParam } from "@/url/router";
import { Link } from "@/url/Link";
import { AnswerLine } from "@/ui/Answer";
import { Icon } from "@/ui/icons";
import { PageHead } from "@/ui/PageHead";
import { SeverityBadge } from "@/ui/Severity";
import { Failed, Skeleton } from "@/ui/States";
import { useKeys } from "@/ui/useKeys";
import { AcceptDialog } from "./AcceptDialog";
import { ActDialog, type ActKind } from "./ActDialog";
import { FindingBody } from "./FindingPane";

/** One finding on a page of its own: what a link in a message opens. */
export function SingleFinding({ id }: { id: string }) {
  const { mayAct } = useSession();
  const [tab] = useParam("tab");
  const { data, error, refetch } = useQuery(findingQuery(id));
  const [acting, setActing] = useState<{ kind: ActKind; row: Row } | null>(null);
  const [accepting, setAccepting] = useState<Row | null>(null);
  const row = data?.row;
  const act = (kind: ActKind) => mayAct && row !== undefined && setActing({ kind, row });
  useKeys({ a: () => act("acknowledge"), d: () => act("decide"), s: () => act("assign"), n: () => act("note"), A: () => mayAct && row !== undefined && row.suppressed === null && setAccepting(row), e: () => setParam("tab", "explain", true) });
  return (
    <div className="single">
      <p>
        <Link to="/findings" className="flex">
          <Icon name="back" size={13} /> All findings
        </Link>
      </p>
      <PageHead title={data?.row.rule ?? "Finding"}>
        {data !== undefined && (
          <div className="flex">
            <SeverityBadge severity={data.row.severity} /> <AnswerLine answer={data.answer} />
          </div>
        )}
      </PageHead>
      {data === undefined ? (
        error === null ? (
          <Skeleton lines={8} />
        ) : (
          <Failed error={error} what="The finding" onRetry={() => void refetch()} />
        )
      ) : (
        <div className="card singlebody">
          <h2 className="sr">What is known of it</h2>
          <FindingBody detail={data} tab={tab ?? "summary"} mayAct={mayAct} onAct={(kind, row) => setActing({ kind, row })} onAccept={setAccepting} />
        </div>
      )}
      {acting !== null && <ActDialog kind={acting.kind} rows={[acting.row]} onClose={() => setActing(null)} onDone={() => setActing(null)} />}
      {accepting !== null && <AcceptDialog row={accepting} onClose={() => setAccepting(null)} />}
    </div>
  );
}
