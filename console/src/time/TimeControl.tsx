import { useState, type FormEvent } from "react";
import { useSession } from "@/session/SessionProvider";
import { Icon } from "@/ui/icons";
import { Popover } from "@/ui/Popover";
import { useKeys } from "@/ui/useKeys";
import { localIsUtc, localText, offsetText, utcText } from "./format";
import { iso, lengthText, parseInstant, PRESETS, type Preset, type Span } from "./span";
import { serverNow, useTime } from "./useTime";

/** The time of the whole console. */
export function TimeControl() {
  const { span, range, live, setSpan, pause } = useTime();
  const { session } = useSession();
  const [open, setOpen] = useState(false);
  const period = session.user?.period ?? null;
  useKeys({ t: () => setOpen(true), p: () => (live ? pause() : setSpan({ kind: "preset", preset: nearest(range.to - range.from) })) });

  const choose = (next: Span) => {
    setSpan(next);
    setOpen(false);
  };
  const short = localIsUtc(range.from);
  return (
    <div className="flex" style={{ gap: 4, minWidth: 0 }}>
      <Popover
        label="Time"
        open={open}
        onOpenChange={setOpen}
        trigger={
          <button type="button" className="btn timebtn" title="Time of all pages (t)">
            <Icon name="clock" />
            <strong>{span.kind === "preset" ? PRESETS[span.preset].label : lengthText(range.to - range.from)}</strong>
            <span className="abs cut">
              {utcText(range.from, false)} – {utcText(range.to, false)} UTC
              {!short && <span className="local faint"> ({localText(range.to, false)} local)</span>}
            </span>
            <Icon name="down" size={12} />
          </button>
        }
      >
        <div className="timepop">
          <div>
            {(Object.keys(PRESETS) as Preset[]).map((preset) => (
              <button key={preset} type="button" className="item" aria-pressed={span.kind === "preset" && span.preset === preset} onClick={() => choose({ kind: "preset", preset })}>
                {PRESETS[preset].label}
                {span.kind === "preset" && span.preset === preset && <Icon name="check" size={13} />}
              </button>
            ))}
            <hr />
            <PeriodItems period={period} choose={choose} />
          </div>
          <RangeForm from={range.from} to={range.to} choose={choose} />
        </div>
      </Popover>
      <button
        type="button"
        className="btn"
        aria-pressed={live}
        title={live ? "Stand still at this time (p)" : "Go on with the clock (p)"}
        onClick={() => (live ? pause() : setSpan({ kind: "preset", preset: nearest(range.to - range.from) }))}
      >
        <Icon name={live ? "pause" : "play"} size={13} />
        {live ? "Live" : "Paused"}
      </button>
    </div>
  );
}

function nearest(ms: number): Preset {
  return (Object.keys(PRESETS) as Preset[]).find((p) => PRESETS[p].ms >= ms) ?? "90d";
}

function PeriodItems({ period, choose }: { period: { from: string; to: string } | null; choose: (span: Span) => void }) {
  const now = new Date(serverNow());
  const year = now.getUTCFullYear();
  const quarter = Math.floor(now.getUTCMonth() / 3);
  const q = (y: number, n: number): Span => ({ kind: "range", from: Date.UTC(y, n * 3, 1), to: Date.UTC(y, n * 3 + 3, 1) });
  const before = quarter === 0 ? q(year - 1, 3) : q(year, quarter - 1);
  return (
    <>
      <div className="label">Audit period</div>
      {period !== null && (
        <button type="button" className="item" onClick={() => choose({ kind: "range", from: Date.parse(period.from), to: Date.parse(period.to) })}>
          Yours: {period.from.slice(0, 10)} – {period.to.slice(0, 10)}
        </button>
      )}
      <button type="button" className="item" onClick={() => choose(q(year, quarter))}>
        This quarter
      </button>
      <button type="button" className="item" onClick={() => choose(before)}>
        Quarter before
      </button>
      <button type="button" className="item" onClick={() => choose({ kind: "range", from: Date.UTC(year, 0, 1), to: Date.UTC(year + 1, 0, 1) })}>
        Year {year}
      </button>
    </>
  );
}

function RangeForm({ from, to, choose }: { from: number; to: number; choose: (span: Span) => void }) {
  // What was shown when it was opened; a live range moves on, but not under the hands of somebody who types.
  const [texts, setTexts] = useState({ from: utcText(from), to: utcText(to) });
  const a = parseInstant(texts.from.trim());
  const b = parseInstant(texts.to.trim());
  const wrong = a === null || b === null ? "An instant is written 2026-11-26, 2026-11-26 10:00 or 2026-11-26T10:00:00Z." : a >= b ? "The end must lie after the start." : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (a !== null && b !== null && a < b) choose({ kind: "range", from: a, to: b });
  };
  return (
    <div>
      <form className="stack" onSubmit={submit}>
        {(["from", "to"] as const).map((name) => {
          const at = name === "from" ? a : b;
          return (
            <label key={name} className="field">
              <span>{name === "from" ? "From (UTC, included)" : "To (UTC, not included)"}</span>
              <input className="input mono" value={texts[name]} spellCheck={false} autoComplete="off" onChange={(e) => setTexts({ ...texts, [name]: e.target.value })} />
              <span className="help">{at === null ? " " : `${localText(at)} local`}</span>
            </label>
          );
        })}
        {wrong !== null && (
          <p className="faint" role="alert">
            {wrong}
          </p>
        )}
        <button type="submit" className="btn" data-kind="primary" disabled={wrong !== null}>
          Show this time
        </button>
      </form>
      <p className="faint" style={{ fontSize: 12 }}>
        A fixed time stands still and is in the link: <code>{a === null ? "" : iso(a)}</code>. Your zone is UTC{offsetText(to)}. On any chart, drag, or use Shift with the arrows and then Enter, to choose a time.
      </p>
    </div>
  );
}
