import { countText } from "@/time/format";
import { ACTS, type ActKind } from "./ActDialog";

/** What can be done with all marked findings. */
export function ActBar({ count, mayAct, onAct, onClear }: { count: number; mayAct: boolean; onAct: (kind: ActKind) => void; onClear: () => void }) {
  return (
    <div className="actbar" role="toolbar" aria-label="Marked findings">
      <strong>{countText(count)} marked</strong>
      {mayAct &&
        ACTS.map(({ kind, label }) => (
          <button key={kind} type="button" className="btn" data-size="small" onClick={() => onAct(kind)}>
            {label}
          </button>
        ))}
      <span className="grow" />
      <button type="button" className="btn" data-kind="quiet" data-size="small" onClick={onClear}>
        Unmark
      </button>
    </div>
  );
}
