import type { Answer } from "./types";
import type { Schemas } from "./wire";

/** What an answer says of itself, with `null` where the server leaves out what it does not say. */
export function cleanAnswer(raw: Partial<Schemas["Answer"]>): Answer {
  return {
    query: raw.query ?? "",
    from: raw.from ?? null,
    to: raw.to ?? null,
    scope: raw.scope ?? "",
    fresh_to: raw.fresh_to ?? null,
    as_of_seq: raw.as_of_seq ?? 0,
    excluded: { suppressed: raw.excluded?.suppressed ?? null },
    partial: raw.partial ?? [],
    took_ms: raw.took_ms ?? 0,
  };
}
