import { skipToken, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/error";
import { serverNow } from "@/time/useTime";
import { Icon } from "@/ui/icons";
import { Failed } from "@/ui/States";
import { Time } from "@/ui/Time";
import { copyText } from "@/ui/give";
import { useToast } from "@/ui/Toast";
import { verdictKey, verifyReport, type Verdict } from "./queries";
import type { Report } from "./types";

const WORDS: Record<Verdict["verdict"], [tone: "ok" | "warn" | "bad", word: string, meaning: string]> = {
  intact: ["ok", "Intact", "Every file is as the manifest says, the manifest is signed with this server’s key, and the records are one unbroken chain."],
  unproven: ["warn", "Unproven", "Nothing is known to be wrong, but not everything could be shown. That is not the same as intact."],
  failed: ["bad", "Failed", "Something is not as the manifest or the ledger says. Do not rely on this bundle."],
};

/** Runs the verifier over the bundle of a report and shows its verdict. */
export function VerifyBox({ report }: { report: Report }) {
  const client = useQueryClient();
  const tell = useToast();
  // Kept for the session, so that a page that is left and printed later still has it.
  const { data } = useQuery<Verdict>({ queryKey: verdictKey(report.id), queryFn: skipToken, staleTime: Infinity, gcTime: Infinity });
  const verify = useMutation({
    mutationFn: () => verifyReport(report.id),
    onSuccess: (verdict) => client.setQueryData<Verdict>(verdictKey(report.id), { ...verdict, at: serverNow() }),
  });
  return (
    <section className="card" aria-label="Verify">
      <header>
        <h2>Verify</h2>
        <span className="faint grow">by the verifier of the command line, on the server; do it again on a computer that you trust</span>
        <button type="button" className="btn no-print" data-kind={data === undefined ? "primary" : undefined} disabled={verify.isPending} onClick={() => verify.mutate()}>
          {verify.isPending ? "Verifying…" : data === undefined ? "Verify" : "Verify again"}
        </button>
      </header>
      <div className="body stack" aria-live="polite">
        {verify.error instanceof ApiError && <Failed error={verify.error} what="The verification" />}
        {data === undefined ? <p className="dim">Not verified in this session. That says nothing about the bundle.</p> : <VerdictNotice verdict={data} />}
        {data !== undefined && (
          <div className="flex offline">
            <span className="dim">Offline:</span>
            <code className="grow wrap">{data.command}</code>
            <button
              type="button"
              className="btn no-print"
              data-size="small"
              onClick={() => {
                void copyText(data.command).then((done) => (done ? tell("Copied", "ok") : tell("The browser did not let it be copied: select the text", "warn")));
              }}
            >
              Copy
            </button>
          </div>
        )}
      </div>
    </section>
  );
}

/** A verdict with its lines. */
export function VerdictNotice({ verdict }: { verdict: Verdict }) {
  const [tone, word, meaning] = WORDS[verdict.verdict];
  return (
    <div className="notice" data-tone={tone}>
      <Icon name={tone === "ok" ? "check" : "warn"} />
      <div className="grow">
        <strong>{word}.</strong> {meaning}
        <ul className="lines">
          {verdict.lines.map((line, i) => (
            <li key={i}>{line}</li>
          ))}
        </ul>
        <div className="dim">
          Verified <Time at={verdict.at} form="both" />
        </div>
      </div>
    </div>
  );
}
