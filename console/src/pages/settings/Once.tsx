import { useState } from "react";
import { Dialog } from "@/ui/Dialog";
import { copyText } from "@/ui/give";

/** A secret that is shown once. */
export function Once({ title, label, secret, children, onClose }: { title: string; label: string; secret: string; children: React.ReactNode; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  // Where the browser keeps the clipboard closed, it can be copied by hand.
  const copy = async () => setCopied(await copyText(secret));
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <button type="button" className="btn" onClick={() => void copy()}>
            {copied ? "Copied" : "Copy"}
          </button>
          <button type="button" className="btn" data-kind="primary" onClick={onClose}>
            I have it
          </button>
        </>
      }
    >
      <div className="stack">
        <label className="field">
          <span>{label}</span>
          <textarea className="input mono once" readOnly rows={3} value={secret} onFocus={(e) => e.currentTarget.select()} />
        </label>
        <p className="dim">{children}</p>
      </div>
    </Dialog>
  );
}

/** Asks before something is taken away. */
export function Sure({ title, act, children, busy, onClose, onSure }: { title: string; act: string; children: React.ReactNode; busy: boolean; onClose: () => void; onSure: () => void }) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="button" className="btn" data-kind="danger" disabled={busy} onClick={onSure}>
            {act}
          </button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
