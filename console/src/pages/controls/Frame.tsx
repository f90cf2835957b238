import type { ReactNode } from "react";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { PageHead } from "@/ui/PageHead";
import { Link } from "@/url/Link";
import { usePlace } from "@/url/router";
import type { Controls, ListVersion } from "./types";
import { plural } from "./words";

/** The heading of the page and the ways between its parts. */
export function Frame({ data, lead, actions, children }: { data: Controls | undefined; lead?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const { path } = usePlace();
  const { may } = useSession();
  const open = data?.deviations.filter((d) => !d.closed).length;
  const parts: [to: string, label: string][] = [
    ["/controls", "By criterion"],
    ["/controls/deviations", `Deviations${open === undefined ? "" : ` (${countText(open)} open)`}`],
    ["/controls/versions", "Versions of the list"],
    ...(may("read_reports") ? [["/controls/reports", "Reports"] satisfies [string, string]] : []),
  ];
  return (
    <>
      <PageHead title="Controls" actions={actions}>
        {lead}
      </PageHead>
      <nav className="parts" aria-label="Parts of Controls">
        {parts.map(([to, label]) => (
          <Link key={to} to={to} aria-current={path === to ? "page" : undefined}>
            {label}
          </Link>
        ))}
      </nav>
      {children}
    </>
  );
}

const isDraft = (list: ListVersion) => list.approved_by.length === 0;

/** Says so when a version that was used was approved by nobody. */
export function DraftNotice({ lists, linked = true }: { lists: ListVersion[]; linked?: boolean }) {
  const drafts = lists.filter(isDraft);
  if (drafts.length === 0) return null;
  return (
    <div className="notice" data-tone="warn">
      <div>
        <strong>
          {drafts.map((l) => `${l.id} version ${String(l.version)}`).join(", ")} {plural(drafts.length, "is a draft", "are drafts")}: nobody approved {plural(drafts.length, "it", "them")}.
        </strong>{" "}
        What stands in a draft is nobody’s control until it is approved. {linked && <Link to="/controls/versions">Versions of the list</Link>}
      </div>
    </div>
  );
}
