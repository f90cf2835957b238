import { localIsUtc, localText, utcClock, utcText } from "@/time/format";

/** An instant: absolute in UTC, with the local reading as a title. `clock` leaves out the day, and `noyear` the year, where the range beside it has them. */
export function Time({ at, form = "full" }: { at: string | number; form?: "full" | "clock" | "minute" | "noyear" | "both" }) {
  const ms = typeof at === "number" ? at : Date.parse(at);
  if (Number.isNaN(ms)) return <span>{String(at)}</span>;
  const utc = form === "clock" ? utcClock(ms) : form === "noyear" ? utcText(ms).slice(5) : utcText(ms, form !== "minute");
  const exact = typeof at === "string" ? at : new Date(at).toISOString();
  return (
    <time dateTime={exact} title={`${exact}\n${localText(ms)} local`}>
      {utc}
      {form === "both" && (
        <>
          {" UTC"}
          {!localIsUtc(ms) && <span className="faint"> ({localText(ms)} local)</span>}
        </>
      )}
    </time>
  );
}
