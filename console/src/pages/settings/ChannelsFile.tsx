import { useEffect, useRef, useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Diagnostic } from "@/api/types";
import { CodeEditor, type EditorHandle } from "@/ui/CodeEditor";
import { DiagnosticsList } from "@/ui/DiagnosticsList";
import { Dialog } from "@/ui/Dialog";
import { Failed } from "@/ui/States";
import { useToast } from "@/ui/Toast";
import { channelsQuery, checkChannels, saveChannels } from "./queries";
import type { Channels } from "./types";

/** Pause (ms) in typing after which the text is looked at. */
const PAUSE = 250;

const EXAMPLE = `channels:
  - name: chat
    to: {slack: {url: env:AVOUCH_SLACK_WEBHOOK}}
    at_most: {messages: 20, per: 1m}
routes:
  - name: severe
    match: {at_least: high}
    channels: [chat]
`;

/** The file of channels and routes, with what is wrong as one types. It keeps the text that was loaded when it was opened. */
export function ChannelsFile({ loaded, onClose }: { loaded: Channels; onClose: () => void }) {
  const tell = useToast();
  const client = useQueryClient();
  const [base] = useState({ text: loaded.text, digest: loaded.digest });
  const [text, setText] = useState(base.text === "" ? EXAMPLE : base.text);
  const [found, setFound] = useState<Diagnostic[] | null>(null);
  const editor = useRef<EditorHandle>(null);
  useEffect(() => {
    const ended = new AbortController();
    setFound(null);
    const timer = setTimeout(() => {
      // What cannot be looked at now is looked at when it is saved.
      checkChannels(text, ended.signal).then(({ diagnostics }) => setFound(diagnostics), () => undefined);
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [text]);
  const save = useMutation({
    mutationFn: saveChannels,
    onSuccess: (now) => {
      client.setQueryData(channelsQuery.queryKey, now);
      tell("Saved, and in force.", "ok");
      onClose();
    },
  });
  const wrong = found?.some((d) => d.severity === "error") ?? false;
  return (
    <Dialog
      title={`Channels and routes: ${loaded.file}`}
      size="wide"
      onClose={onClose}
      footer={
        <>
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="button" className="btn" data-kind="primary" disabled={wrong || save.isPending || text === base.text} onClick={() => save.mutate({ text, digest: base.digest })}>
            Save
          </button>
        </>
      }
    >
      <div className="stack">
        <CodeEditor ref={editor} label="Channels and routes" value={text} onChange={setText} diagnostics={found ?? []} lines={18} />
        {found === null ? <p className="faint">Looking at it.</p> : <DiagnosticsList diagnostics={found} onPick={(d) => editor.current?.goTo(d.line, d.column)} />}
        {save.error !== null && <Failed error={save.error} what="The file" />}
        <p className="faint">Secrets are named as env:AVOUCH_NAME or as a file in server/secrets/ of the folder of evidence, and are never shown. What waits is still sent.</p>
      </div>
    </Dialog>
  );
}
