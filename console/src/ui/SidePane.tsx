import { useId, useLayoutEffect, useRef, type ReactNode } from "react";
import { Icon } from "./icons";
import "./pane.css";

/** A pane at the right of a list. It has the focus order after the list and closes with Escape; the focus goes back to where it was when it opened. */
export function SidePane({ title, onClose, children, actions }: { title: ReactNode; onClose: () => void; children: ReactNode; actions?: ReactNode }) {
  const id = useId();
  const pane = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const own = pane.current;
    const before = document.activeElement;
    return () => {
      // Before it leaves the page: with it the focus would be lost.
      if (own?.contains(document.activeElement) !== true) return;
      const back = before instanceof HTMLElement && before !== document.body && before.isConnected && !own.contains(before) ? before : document.querySelector<HTMLElement>('.split [role="grid"]');
      back?.focus({ preventScroll: true });
    };
  }, []);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape anywhere within closes it
    <aside ref={pane} className="pane" aria-labelledby={id} onKeyDown={(e) => e.key === "Escape" && !e.defaultPrevented && onClose()}>
      <header>
        <h2 id={id} className="grow cut">
          {title}
        </h2>
        {actions}
        <button type="button" className="btn" data-kind="quiet" data-icon data-size="small" aria-label="Close" title="Close (Escape)" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must take the focus */}
      <div className="body" tabIndex={0} role="region" aria-labelledby={id}>
        {children}
      </div>
    </aside>
  );
}
