import type { ApiError } from "@/api/error";
import { countText } from "@/time/format";
import { Failed, Skeleton } from "@/ui/States";
import { sharedQuery } from "@/url/Link";
import { usePlace } from "@/url/router";
import { DeviationTable } from "./Deviations";
import { DayKey, DayStrip, dayTotals, StateMark } from "./marks";
import { AcceptanceTable, findingsOf, Gaps, isBlind, NotCovered } from "./parts";
import type { Control, ControlDetail } from "./types";
import { shareText, STATE_WORDS } from "./words";

/** One control on paper: statement, population and findings, evidence. */
export function Sheet({ control, detail, error }: { control: Control; detail: ControlDetail | undefined; error: ApiError | null }) {
  return (
    <section className="sheet" id={`sheet-${control.id}`} aria-label={`${control.id} ${control.title}`}>
      <h2>
        <span className="mono">{control.id}</span> {control.title}
      </h2>
      <p className="verdict">
        <StateMark state={control.state} /> <span>{STATE_WORDS[control.state][1]}</span>
      </p>
      <blockquote>{control.statement}</blockquote>
      {error !== null && <Failed error={error} what="The evidence of this control" />}
      {detail === undefined ? error === null && <Skeleton lines={4} /> : <Evidence detail={detail} />}
    </section>
  );
}

/** An instant without an empty fraction. */
const writtenInstant = (at: string) => at.replace(/\.0+Z$/, "Z");

function Evidence({ detail }: { detail: ControlDetail }) {
  const { search } = usePlace();
  const { control } = detail;
  const blind = isBlind(detail);
  const findings = findingsOf(detail);
  // On paper "the last 7 days" would mean others each day: the address names the instants that were judged.
  const { from, to } = detail.answer;
  const period = from === null || to === null ? {} : { t: [], from: writtenInstant(from), to: writtenInstant(to) };
  const address = Object.keys(findings).length === 0 ? null : `${window.location.origin}/findings?${sharedQuery(search, { ...findings, ...period }).toString()}`;
  const names = detail.days.map((d) => d.day);
  return (
    <>
      <dl className="kv">
        <dt>Owner</dt>
        <dd>{control.owner ?? "nobody named"}</dd>
        <dt>Performed</dt>
        <dd>
          {detail.frequency}; {detail.kind}, {detail.nature}
        </dd>
        <dt>Criteria</dt>
        <dd>
          {detail.criteria.join(", ")}
          {detail.points_of_focus.length > 0 && ` (points of focus ${detail.points_of_focus.join(", ")})`}
        </dd>
        <dt>Also</dt>
        <dd>
          NIST SP 800-53: {detail.nist_800_53.join(", ") || "none"}; PCI DSS: {detail.pci_dss.join(", ") || "none"}
        </dd>
        <dt>Rules</dt>
        <dd>{detail.rules.length === 0 ? "none that was loaded" : detail.rules.map((r) => `${r.name} (${r.source})`).join("; ")}</dd>
        <dt>Sources</dt>
        <dd>
          {detail.sources.join(", ") || "none named"}
          {detail.missing_sources.length > 0 && <strong className="draft"> Nothing at all was heard of: {detail.missing_sources.join(", ")}</strong>}
        </dd>
        <dt>Populations</dt>
        <dd>{detail.populations.length === 0 ? "none named" : `${detail.populations.join(", ")}; drawn whole, with counts and digests, in the annex of the report`}</dd>
        <dt>Findings</dt>
        <dd>
          {blind && control.findings === 0 ? "not known: nothing tells of them" : `${countText(control.findings)}, of which ${countText(control.open)} decided by nobody`}
          {address !== null && (
            <>
              {" "}
              <a href={address} className="evidence">
                findings
              </a>
            </>
          )}
        </dd>
        <dt>Watched</dt>
        <dd>{control.share === null ? "nothing was to be watched" : `${shareText(control.share)} of the time to be watched, with nothing lost`}</dd>
      </dl>
      <h3>Days: {dayTotals(control.days)}</h3>
      <DayStrip days={detail.days.map((d) => d.state)} names={names} />
      <p className="faint ends">
        <span>{names[0] ?? ""}</span>
        <span>{names.at(-1) ?? ""}</span>
      </p>
      <DayKey />
      <h3>Deviations: {blind && detail.deviations.length === 0 ? "none can be known" : countText(detail.deviations.length)}</h3>
      {detail.deviations.length > 0 && (
        <div className="scrollx">
          <DeviationTable deviations={detail.deviations} withControls={false} />
        </div>
      )}
      <h3>Gaps: {countText(detail.gaps.length + detail.more_gaps)}</h3>
      <div className="scrollx">
        <Gaps gaps={detail.gaps} more={detail.more_gaps} state={control.state} />
      </div>
      {detail.acceptances.length > 0 && (
        <>
          <h3>Acceptances that hid findings of its rules</h3>
          <AcceptanceTable acceptances={detail.acceptances} />
        </>
      )}
      <h3>Not covered, to be shown from elsewhere</h3>
      <NotCovered data={detail} />
    </>
  );
}
