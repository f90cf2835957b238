import { useEffect, useMemo } from "react";
import { countText } from "@/time/format";
import { AnswerLine } from "@/ui/Answer";
import { useStop } from "@/ui/brush/useBrush";
import { Icon } from "@/ui/icons";
import { Empty, Failed, Skeleton } from "@/ui/States";
import { Link, sharedQuery } from "@/url/Link";
import { changeQuery, go, useParam, usePlace } from "@/url/router";
import { DraftNotice, Frame } from "./Frame";
import { DayKey, DayStrip, StateMark } from "./marks";
import { isBlind } from "./parts";
import { STATES, type Control, type Controls } from "./types";
import { useControls } from "./useControls";
import { useCursor } from "./useCursor";
import { plural, shareText, STATE_WORDS } from "./words";

/** Controls by criterion, over the time of the address. */
export function ByCriterion() {
  const { data, error, refetch, isPlaceholderData } = useControls();
  const count = data === undefined ? 0 : distinct(data).length;
  return (
    <Frame
      data={data}
      lead={data !== undefined && <AnswerLine answer={data.answer} count={count} noun={`${plural(count, "control")} for ${countText(data.criteria.length)} ${plural(data.criteria.length, "criterion", "criteria")}`} />}
      actions={
        <Link to="/controls" query={{ view: "auditor" }} className="btn" title="On paper: each control with its statement, evidence and verification">
          <Icon name="table" /> Auditor view
        </Link>
      }
    >
      {error !== null && <Failed error={error} what="The controls" onRetry={() => void refetch()} />}
      {data === undefined ? error === null && <Skeleton height={420} /> : (
        <div className="stack" aria-busy={isPlaceholderData}>
          <DraftNotice lists={data.lists} />
          <Table data={data} />
        </div>
      )}
    </Frame>
  );
}

function distinct(data: Controls): Control[] {
  return [...new Map(data.criteria.flatMap((c) => c.controls).map((c) => [c.id, c])).values()];
}

function Table({ data }: { data: Controls }) {
  const { search } = usePlace();
  const [at, setAt] = useParam("at");
  const [state] = useParam("state");
  const all = useMemo(() => distinct(data), [data]);
  const wanted = STATES.find((s) => s === state) ?? null;
  const criteria = useMemo(() => data.criteria.map((c) => ({ ...c, controls: wanted === null ? c.controls : c.controls.filter((x) => x.state === wanted) })).filter((c) => c.controls.length > 0), [data, wanted]);
  const rows = criteria.flatMap((c) => c.controls.map((x) => `${c.id}/${x.id}`));
  const cursor = useCursor(rows, (row) => go(`/controls/${encodeURIComponent(row.slice(row.indexOf("/") + 1))}`, sharedQuery(search)));
  const stop = useStop(rows);
  const known = data.criteria.some((c) => c.id === at);
  useEffect(() => {
    if (at !== null && known) document.querySelector(`[data-criterion="${CSS.escape(at)}"]`)?.scrollIntoView({ block: "start" });
  }, [at, known]);

  if (all.length === 0) {
    return (
      <Empty title="No control was valid in this time">
        Nothing can be said of any criterion. Put a list of controls into the server’s folder of controls; a list that is valid later does not judge what was before.
      </Empty>
    );
  }
  return (
    <>
      <div className="statebar" role="group" aria-label="Controls by state">
        {STATES.map((s) => (
          <button key={s} type="button" aria-pressed={wanted === s} title={STATE_WORDS[s][1]} onClick={() => changeQuery((q) => (wanted === s ? q.delete("state") : q.set("state", s)))}>
            <strong>{countText(all.filter((c) => c.state === s).length)}</strong>
            <StateMark state={s} />
          </button>
        ))}
      </div>
      {at !== null && !known && (
        <div className="notice" data-tone="warn">
          <div className="grow">
            No control of this time serves <strong>{at}</strong>. That is not a pass: nothing here tells of it.
          </div>
          <button type="button" className="btn" data-size="small" onClick={() => setAt(null)}>
            Show all
          </button>
        </div>
      )}
      <div className="card">
        <table className="table controls" aria-label="Controls by criterion" data-brushes="">
          <thead>
            <tr>
              <th scope="col">Control</th>
              <th scope="col">State</th>
              <th scope="col" className="num" title="Part of the time to be watched that was watched with nothing lost">Watched</th>
              <th scope="col" className="num">Findings</th>
              <th scope="col" className="num" title="Findings that nobody decided">Open</th>
              <th scope="col" className="num" title="Entries of the register that name the control. Those of the list itself, a draft say, do not make a control fail.">Deviations</th>
              <th scope="col" className="num">Gaps</th>
              <th scope="col">Days</th>
            </tr>
          </thead>
          {criteria.map((criterion) => (
            <tbody key={criterion.id} data-criterion={criterion.id} data-at={criterion.id === at ? "" : undefined}>
              <tr className="criterion">
                <th scope="rowgroup" colSpan={8}>
                  <div className="flex">
                    <button type="button" onClick={() => setAt(criterion.id === at ? null : criterion.id)} aria-pressed={criterion.id === at} title="Keep this criterion in the address">
                      {criterion.id}
                    </button>
                    <span className="grow">{criterion.name}</span>
                    <StateMark state={criterion.state} />
                  </div>
                </th>
              </tr>
              {criterion.controls.map((control) => {
                const row = `${criterion.id}/${control.id}`;
                return (
                  <tr key={control.id} data-row={row} aria-selected={row === cursor ? true : undefined} data-cursor={row === cursor ? "" : undefined}>
                    <th scope="row">
                      <div className="name">
                        <Link to={`/controls/${encodeURIComponent(control.id)}`} title={control.statement}>
                          <span className="mono">{control.id}</span> {control.title}
                        </Link>
                        <span className="owner">{control.owner ?? "no owner"}</span>
                      </div>
                    </th>
                    <td>
                      <StateMark state={control.state} />
                    </td>
                    <td className="num">{shareText(control.share)}</td>
                    <Count n={control.findings} of={control} />
                    <Count n={control.open} of={control} />
                    <td className="num" data-bad={control.state === "deviations" ? "" : undefined}>{countText(control.deviations)}</td>
                    <td className="num">{countText(control.gaps)}</td>
                    <td>
                      <DayStrip days={control.days} names={data.days} stop={stop(row)} />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          ))}
        </table>
        <div className="body tablefoot">
          <DayKey />
        </div>
      </div>
    </>
  );
}

/** A number of findings; no number where nothing watched: 0 would read as "nothing happened". */
function Count({ n, of }: { n: number; of: Control }) {
  const blind = n === 0 && isBlind({ control: of });
  return (
    <td className="num">
      {blind ? <span title={STATE_WORDS[of.state][1]}>–<span className="sr"> not known</span></span> : countText(n)}
    </td>
  );
}
