import type { ReactNode } from "react";
import { ApiError } from "@/api/error";
import { Icon } from "./icons";
import "./states.css";

/** Nothing here, and what that means. Empty is not safe: `children` says what was watched. */
export function Empty({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children !== undefined && <div className="dim">{children}</div>}
      {actions !== undefined && <div className="flex">{actions}</div>}
    </div>
  );
}

/** A failed question, with its hint and a way to ask again. */
export function Failed({ error, onRetry, what = "This" }: { error: ApiError; onRetry?: () => void; what?: string }) {
  const title = error.kind === "denied" ? `${what} is not open to your role` : error.kind === "not_found" ? `${what} was not found` : `${what} could not be read`;
  return (
    <div className="notice" data-tone={error.kind === "denied" ? "warn" : "bad"} role="alert">
      <Icon name="warn" />
      <div className="grow">
        <strong>{title}.</strong> {error.message}
        {error.hint !== null && <div className="dim">{error.hint}</div>}
        {error.param !== null && (
          <div className="dim">
            Parameter <code>{error.param}</code>
          </div>
        )}
      </div>
      {onRetry !== undefined && (
        <button type="button" className="btn" data-size="small" onClick={onRetry}>
          Ask again
        </button>
      )}
    </div>
  );
}

/** Grey lines in the place of what is coming. */
export function Skeleton({ lines = 3, height }: { lines?: number; height?: number }) {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {height === undefined ? Array.from({ length: lines }, (_, i) => <span key={i} style={{ width: `${String(94 - ((i * 17) % 40))}%` }} />) : <span style={{ height }} />}
    </div>
  );
}
