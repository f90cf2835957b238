import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { ApiError } from "@/api/error";
import { Icon } from "./icons";
import { say } from "./say";

export type Tone = "ok" | "warn" | "bad" | "plain";

interface Toast {
  id: number;
  tone: Tone;
  text: ReactNode;
}

type Tell = (text: ReactNode, tone?: Tone) => void;

const Context = createContext<Tell>(() => undefined);

/** How long (ms) good news stays. Bad news stays until it is closed. */
const STAY = 5000;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const next = useRef(1);
  const close = useCallback((id: number) => setToasts((all) => all.filter((t) => t.id !== id)), []);
  const tell = useCallback<Tell>(
    (text, tone = "plain") => {
      const id = next.current++;
      setToasts((all) => [...all.slice(-4), { id, tone, text }]);
      if (tone !== "bad") setTimeout(() => close(id), STAY);
    },
    [close],
  );
  const value = useMemo(() => tell, [tell]);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null || typeof element.showPopover !== "function") return;
    if (element.popover !== null && element.matches(":popover-open")) element.hidePopover();
    element.popover = null;
    const newest = toasts.at(-1)?.text;
    if (newest === undefined || document.querySelector("dialog[open]") === null) return;
    // Behind a dialog nothing is seen or read: they are laid over it, and the dialog says what is new.
    element.popover = "manual";
    element.showPopover();
    if (typeof newest === "string") say(newest);
  }, [toasts]);
  return (
    <Context.Provider value={value}>
      {children}
      <div ref={box} className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className="notice fade" data-tone={toast.tone}>
            <div className="grow wrap">{toast.text}</div>
            <button type="button" className="btn" data-kind="quiet" data-icon data-size="small" aria-label="Dismiss" onClick={() => close(toast.id)}>
              <Icon name="close" size={13} />
            </button>
          </div>
        ))}
      </div>
    </Context.Provider>
  );
}

/** Tells the user something in passing. */
export function useToast(): Tell {
  return useContext(Context);
}

/** A failure in words: what went wrong and what to do. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError) return error.hint === null ? error.message : `${error.message}. ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}
