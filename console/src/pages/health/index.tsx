import { useQuery } from "@tanstack/react-query";
import { countText } from "@/time/format";
import { useTime } from "@/time/useTime";
import { AnswerLine } from "@/ui/Answer";
import { TestEvent } from "@/ui/FirstRun";
import { GapTable } from "@/ui/GapTable";
import { PageHead } from "@/ui/PageHead";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { Link } from "@/url/Link";
import { NodeWarnings } from "./NodeWarnings";
import { ServerCards } from "./ServerCards";
import { SourceTable } from "./SourceTable";
import { STATES, tally } from "./model";
import { healthQuery } from "./queries";
import type { HealthAnswer } from "./types";
import "./health.css";

/** Is everything watched: by node and source, with gaps drawn, and how the server itself fares. */
export default function HealthPage() {
  const { range, params } = useTime();
  const { data, error, refetch } = useQuery(healthQuery(params));
  if (data === undefined) {
    return (
      <>
        <PageHead title="Health" />
        {error === null ? <Skeleton height={320} /> : <Failed error={error} what="Health" onRetry={() => void refetch()} />}
      </>
    );
  }
  return (
    <>
      <PageHead title="Health">
        <AnswerLine answer={data.answer} count={data.sources.length} noun={data.sources.length === 1 ? "source" : "sources"} />
      </PageHead>
      {error !== null && <Failed error={error} what="A newer answer" onRetry={() => void refetch()} />}
      <div className="stack healthpage">
        <Verdict data={data} />
        {data.sources.length === 0 ? <Nothing /> : <SourceTable sources={data.sources} nodes={data.nodes} range={range} />}
        <OtherGaps gaps={data.other_gaps} />
        <NodeWarnings nodes={data.nodes} />
        <ServerCards data={data} />
        <section className="card" aria-label="Test event">
          <header>
            <h2>Try the whole way</h2>
            <span className="faint">A made-up finding through ledger, store, stream and notifications; it is marked as a test.</span>
          </header>
          <div className="body">
            <TestEvent />
          </div>
        </section>
      </div>
    </>
  );
}

/** Reasons that are shown at once. */
const SHOWN = 6;

/** One sentence: is everything watched now? */
function Verdict({ data }: { data: HealthAnswer }) {
  const counts = tally(data).map(({ state, count }) => `${countText(count)} ${STATES[state].word}`);
  const more = data.reasons.length - SHOWN;
  const failed = data.sources.reduce((sum, s) => sum + (s.digests?.failed ?? 0), 0);
  return (
    <section className="notice" data-tone={data.ready && failed === 0 ? "ok" : "bad"} aria-label="Verdict" aria-live="polite">
      <div className="grow stack tight">
        <div>
          <strong>{data.ready ? "Everything that was to be watched is watched." : "Not everything is watched."}</strong> {counts.join(" · ")}
        </div>
        {data.reasons.length > 0 && (
          <ul className="whys">
            {data.reasons.slice(0, SHOWN).map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
            {more > 0 && <li className="dim">and {countText(more)} more, in the table below</li>}
          </ul>
        )}
        {failed > 0 && (
          <div>
            <strong className="bad">▲ {failed === 1 ? "One digest of log files failed" : `${countText(failed)} digests of log files failed`}:</strong> the signature is not what its key would have made, so log files may have been changed. The table has the source.
          </div>
        )}
        {data.forgotten > 0 && <div className="dim">{data.forgotten === 1 ? "One node was" : `${countText(data.forgotten)} nodes were`} silent for more than a day and not listed. Say which nodes are to be watched, and one that left is not missed: avouch ledger nodes.</div>}
      </div>
    </section>
  );
}

/** Gaps of the time of the page whose nodes are no longer listed: they are gaps all the same. So is the time before anything was heard, which is of nobody. */
function OtherGaps({ gaps: all }: { gaps: HealthAnswer["other_gaps"] }) {
  const gaps = all.filter((g) => g.node !== "");
  const nobody = all.find((g) => g.node === "");
  if (nobody !== undefined && gaps.length === 0) return <Before gap={nobody} />;
  if (gaps.length === 0) return null;
  return (
    <>
      {nobody !== undefined && <Before gap={nobody} />}
      <section className="card" aria-label="Gaps of nodes that are not listed">
        <header>
          <h2>Gaps of nodes that are not listed</h2>
          <span className="faint">{countText(gaps.length)} in this time; the nodes left, or were silent for more than a day</span>
        </header>
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reachable with keys */}
        <div className="scroll" tabIndex={0} role="region" aria-label="Table of gaps of nodes that are not listed">
          <GapTable gaps={gaps} label="Gaps of nodes that are not listed" />
        </div>
      </section>
    </>
  );
}

/** The time in which nobody watched anything. */
function Before({ gap }: { gap: HealthAnswer["other_gaps"][number] }) {
  return (
    <section className="notice" aria-label="Before anything was watched">
      <div>
        <strong>
          From <Time at={gap.from} /> to <Time at={gap.to} /> UTC nobody watched:
        </strong>{" "}
        {gap.cause}. That there is no finding of that time means nothing.
      </div>
    </section>
  );
}

function Nothing() {
  return (
    <Empty title="No source has reported yet">
      <p>
        Run <code>avouch up</code> as root on a machine, or <code>avouch agent --server</code> with a token from <Link to="/settings">Settings</Link>; or point an API server&apos;s audit webhook here. Until then nothing is watched, and no finding means nothing.
      </p>
    </Empty>
  );
}
