import type { Diagnostic } from "@/api/types";
import "./editor.css";

/** Diagnostics of a file, worst first. A click goes to the place. */
export function DiagnosticsList({ diagnostics, onPick }: { diagnostics: Diagnostic[]; onPick?: (diagnostic: Diagnostic) => void }) {
  const order = ["error", "warning", "note"];
  const sorted = [...diagnostics].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || a.line - b.line);
  if (sorted.length === 0) return <p className="faint">No diagnostic.</p>;
  return (
    <ul className="diags" aria-label="Diagnostics">
      {sorted.map((d) => (
        <li key={`${d.code}:${String(d.line)}:${String(d.column)}:${d.message}`} data-severity={d.severity}>
          <button type="button" onClick={() => onPick?.(d)} disabled={onPick === undefined}>
            <span className="what">
              {d.severity}[{d.code}]
            </span>{" "}
            {d.message}
            <span className="faint">
              {" "}
              line {d.line}, column {d.column}
            </span>
            {d.hint !== null && <span className="hint">help: {d.hint}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
