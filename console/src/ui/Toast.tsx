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
/** A dialog often closes with the news that it was done (ms): what is said in it then would not be heard. */
const SETTLE = 150;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const next = useRef(1);
  const close = useCallback((id: number) => setToasts((all) => all.filter((t) => t.id !== id)), []);
  const tell = useCallback<Tell>(
    (text, tone = "plain") => {
      const id = next.current++;
      setToasts((all) => [...all.slice(-4), { id, tone, text }]);
      if (typeof text === "string") setTimeout(() => say(text), SETTLE);
      if (tone !== "bad") setTimeout(() => close(id), STAY);
    },
    [close],
  );
  const value = useMemo(() => tell, [tell]);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null || typeof element.showPopover !== "function") return;
    // Shown anew each time: what is shown last lies on top, also of a dialog.
    if (element.matches(":popover-open")) element.hidePopover();
    if (toasts.length > 0) element.showPopover();
  }, [toasts]);
  return (
    <Context.Provider value={value}>
      {children}
      <div ref={box} className="toasts" popover="manual" role="region" aria-label="News">
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
