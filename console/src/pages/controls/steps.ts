// The steps of making a report, in their order. The server says "ledger" twice, at the start and when it copies
// the records; it is one step here, because a page that is opened in between could not tell them apart.
export const STEPS = ["ledger", "findings", "controls", "populations", "samples", "documents", "manifest", "archive"] as const;

/** The place of a step; -1 when nothing is being done or the step is not known. */
export function stepAt(progress: string | null): number {
  return STEPS.findIndex((s) => s === progress);
}
