import { useId, useLayoutEffect, useRef, type ReactNode } from "react";
import { Icon } from "./icons";

/** A modal dialog on the element of the browser: it traps the focus and gives it back, and needs no injected style. */
export function Dialog({ title, onClose, children, footer, size = "normal" }: { title: string; onClose: () => void; children: ReactNode; footer?: ReactNode; size?: "normal" | "wide" }) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Closed before it leaves the page: only then does the browser give the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return;
    if (!dialog.open) dialog.showModal();
    // The browser would begin at the button that closes it.
    dialog.querySelector<HTMLElement>(".body input, .body textarea, .body select, footer [data-kind=primary]:enabled")?.focus();
    return () => dialog.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className="dialog"
      data-size={size}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header>
        <h2 id={id} className="grow">
          {title}
        </h2>
        <button type="button" className="btn" data-kind="quiet" data-icon data-size="small" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="body">{children}</div>
      {footer !== undefined && <footer>{footer}</footer>}
      <span className="sr" data-say aria-live="polite" />
    </dialog>
  );
}
