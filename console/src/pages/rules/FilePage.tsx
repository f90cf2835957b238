import { useEffect, useMemo, useRef, useState } from "react";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSession } from "@/session/SessionProvider";
import { countText } from "@/time/format";
import { useTime } from "@/time/useTime";
import { CodeEditor, type EditorHandle } from "@/ui/CodeEditor";
import { DiagnosticsList } from "@/ui/DiagnosticsList";
import { PageHead } from "@/ui/PageHead";
import { Failed, Skeleton } from "@/ui/States";
import { Time } from "@/ui/Time";
import { useToast } from "@/ui/Toast";
import { useNarrow } from "@/ui/useNarrow";
import { Link } from "@/url/Link";
import { useParam } from "@/url/router";
import { BacktestBox } from "./backtest/BacktestBox";
import { Parts } from "./Parts";
import { differs, unsaid } from "./backtest/model";
import { draftOf, keepDraft } from "./drafts";
import { FILES, fileParams, shortName } from "./model";
import { backtestQuery, check, fileQuery, save, tryOut } from "./queries";
import type { Backtest, FileDiagnostic, FileText, RuleChange, Version } from "./types";

/** How long (ms) typing rests before the text is checked. */
const REST = 250;

/** A rule file: read, edited, checked while it is typed, tried on history, saved. */
export function FilePage({ path }: { path: string }) {
  const [fresh] = useParam("new");
  const isNew = fresh !== null;
  const { data, error, refetch } = useQuery({ ...fileQuery(path), enabled: !isNew });
  const file: FileText | undefined = isNew ? { path, text: `# Rules of this site.\n`, digest: "", editable: true, why_not: null, diagnostics: [], versions: [] } : data;
  if (file === undefined) {
    return (
      <>
        <PageHead title={shortName(path)} actions={<Parts at="/rules/files" />} />
        {error === null ? <Skeleton lines={12} /> : <Failed error={error} what="The file" onRetry={() => void refetch()} />}
      </>
    );
  }
  return <Editor key={file.digest} file={file} isNew={isNew} onReload={() => void refetch()} />;
}

function Editor({ file, isNew, onReload }: { file: FileText; isNew: boolean; onReload: () => void }) {
  const { may, session } = useSession();
  const user = session.user?.name ?? "";
  const { params } = useTime();
  const [line] = useParam("line");
  const [, setFresh] = useParam("new");
  const [text, setText] = useState(() => draftOf(user, file.path, file.digest) ?? file.text);
  const [settled, setSettled] = useState(text);
  const [job, setJob] = useState<string | null>(null);
  const [tried, setTried] = useState<string | null>(null);
  const results = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorHandle>(null);
  const client = useQueryClient();
  const tell = useToast();
  const mayEdit = may("edit_rules");
  const phone = useNarrow();
  const changed = isNew || text !== file.text;
  const saved = useRef(false);

  useEffect(() => {
    if (!saved.current) keepDraft(user, file.path, file.digest, text === file.text ? null : text);
  }, [user, file, text]);
  useEffect(() => {
    const at = Number(line);
    if (line !== null && Number.isInteger(at) && at > 0) editor.current?.goTo(at, 1);
  }, [line]);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), REST);
    return () => clearTimeout(timer);
  }, [text]);
  const checked = useQuery({ queryKey: ["rules", "check", file.path, settled], queryFn: ({ signal }) => check(file.path, settled, signal), enabled: mayEdit && (isNew || settled !== file.text), placeholderData: keepPreviousData, gcTime: 0 });
  const found: FileDiagnostic[] = changed && mayEdit ? (checked.data?.diagnostics ?? file.diagnostics) : file.diagnostics;
  const here = useMemo(() => found.filter((d) => d.file === null), [found]);
  const elsewhere = useMemo(() => found.filter((d) => d.file !== null), [found]);
  const isChecked = checked.data !== undefined && settled === text && !checked.isPlaceholderData;
  const hasErrors = found.some((d) => d.severity === "error");

  const trying = useMutation({
    mutationFn: () => tryOut(file.path, { text, ...params }),
    onSuccess: (j) => {
      setJob(j.id);
      setTried(text);
    },
  });
  const running = useQuery(backtestQuery(job));
  const saving = useMutation({
    mutationFn: () => save(file.path, { text, digest: isNew ? null : file.digest }),
    onSuccess: () => {
      saved.current = true;
      keepDraft(user, file.path, file.digest, null);
      tell(`${shortName(file.path)} is saved and loaded. The ledger says who changed it.`, "ok");
      if (isNew) setFresh(null, true);
      void client.invalidateQueries({ queryKey: ["rules"] });
    },
  });
  const done = running.data?.state === "done";
  // What comes is below the text: whoever asked for it is taken there.
  useEffect(() => {
    if (!done) return;
    results.current?.scrollIntoView({ block: "start" });
    results.current?.focus({ preventScroll: true });
  }, [done]);

  return (
    <>
      <PageHead
        title={shortName(file.path)}
        actions={
          <>
            {may("backtest") && (
              <button type="button" className="btn" disabled={!changed || !isChecked || hasErrors || trying.isPending} onClick={() => trying.mutate()}>
                Try on history
              </button>
            )}
            {file.editable && mayEdit && (
              <button type="button" className="btn" data-kind="primary" disabled={!changed || !isChecked || hasErrors || saving.isPending} onClick={() => saving.mutate()}>
                Save and load
              </button>
            )}
            <Parts at="/rules/files" />
          </>
        }
      >
        <p className="answer">
          <span className="mono">{file.path}</span> <span>{changed ? "changed, not saved" : `as loaded, ${file.digest.slice(0, 12)}`}</span>
          {changed && !isNew && (
            <button type="button" className="ask" onClick={() => setText(file.text)}>
              Undo all changes
            </button>
          )}
        </p>
      </PageHead>
      {!file.editable && <p className="notice">It cannot be saved here: {file.why_not}. It can be checked and tried all the same.</p>}
      {saving.error !== null && <Conflict error={saving.error} onReload={onReload} />}
      {trying.error !== null && <Failed error={trying.error} what="The try" />}
      <div className="editpage">
        <div className="stack">
          <CodeEditor ref={editor} label={`Text of ${shortName(file.path)}`} value={text} onChange={setText} readOnly={!mayEdit} diagnostics={here} lines={phone ? 14 : 30} />
        </div>
        <div className="stack">
          <section aria-label="What is wrong" aria-busy={changed && mayEdit && !isChecked}>
            <h2>In this file</h2>
            {checked.error !== null ? <Failed error={checked.error} what="The check" onRetry={() => void checked.refetch()} /> : <DiagnosticsList diagnostics={here} onPick={(d) => editor.current?.goTo(d.line, d.column)} />}
            {elsewhere.length > 0 && <Elsewhere diagnostics={elsewhere} />}
          </section>
          {job !== null && <Progress job={running.data ?? null} />}
          {job === null && changed && may("backtest") && <p className="dim">Try it on the time of this page before you save it: what would have fired less or more is shown, and first what somebody called true.</p>}
          <Versions versions={file.versions} />
        </div>
      </div>
      <div ref={results} tabIndex={-1} className="results">
        {job !== null && (running.data === undefined ? running.error === null ? <Skeleton lines={4} /> : <Failed error={running.error} what="The back-test" /> : <BacktestBox job={running.data} stale={tried !== text} />)}
      </div>
    </>
  );
}

/** Where a back-test stands, beside the text; what it found is below. */
function Progress({ job }: { job: Backtest | null }) {
  if (job === null || job.state === "queued" || job.state === "running") return <p className="dim">It is tried on history; what it finds comes below the text.</p>;
  if (job.result === null) return null;
  const changed = job.result.rules.filter(differs);
  const sum = (of: (r: RuleChange) => number) => countText(changed.reduce((n, r) => n + of(r), 0));
  return (
    <section aria-label="Result in short">
      <h2>On history</h2>
      <p>
        {sum((r) => r.gained.count)} would newly fire, {sum((r) => r.lost.count)} would no longer, of {sum(unsaid)} it cannot be said. {job.result.lost_true.count > 0 && <strong className="bad">{countText(job.result.lost_true.count)} true ones would be lost.</strong>}
      </p>
    </section>
  );
}

function Conflict({ error, onReload }: { error: Parameters<typeof Failed>[0]["error"]; onReload: () => void }) {
  return (
    <div className="stack">
      <Failed error={error} what="The file" />
      {error.kind === "conflict" && (
        <p>
          <button type="button" className="btn" onClick={onReload}>
            Read what is there now; your text is lost
          </button>
        </p>
      )}
    </div>
  );
}

function Elsewhere({ diagnostics }: { diagnostics: FileDiagnostic[] }) {
  return (
    <>
      <h2>Caused in other files</h2>
      <ul className="diags" aria-label="Caused in other files">
        {diagnostics.map((d) => (
          <li key={`${d.file ?? ""}:${String(d.line)}:${d.message}`} data-severity={d.severity}>
            <span className="what">
              {d.severity}[{d.code}]
            </span>{" "}
            {d.message}{" "}
            <Link to={FILES} query={fileParams(d.file ?? "", d.line)} className="mono">
              {shortName(d.file ?? "")}:{d.line}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

function Versions({ versions }: { versions: Version[] }) {
  if (versions.length === 0) return null;
  return (
    <section>
      <h2>Changes in the console</h2>
      <ul>
        {versions.map((v) => (
          <li key={v.seq}>
            <Time at={v.time} /> {v.by} <span className="mono faint">{v.digest.slice(0, 12)}</span> <span className="faint">record {v.seq}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
