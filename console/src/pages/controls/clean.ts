import { cleanAnswer } from "@/api/clean";
import type { Gap } from "@/api/types";
import { DAY_STATES, STATES, type Control, type ControlDetail, type Controls, type ControlState, type DayState, type Report, type Verification } from "./types";

// One form of what is not known: null. A state of a newer server is shown as one
// that claims nothing, never as a pass.

const text = (value: string | null | undefined): string | null => (value === undefined || value === "" ? null : value);

export function controlState(value: unknown): ControlState {
  return STATES.find((s) => s === value) ?? "no_evidence";
}

export function dayState(value: unknown): DayState {
  return DAY_STATES.find((s) => s === value) ?? "unknown";
}

function cleanControl(raw: Control): Control {
  return { ...raw, owner: text(raw.owner), state: controlState(raw.state), share: (raw.share as number | null | undefined) ?? null, days: raw.days.map(dayState) };
}

const cleanGap = (raw: Gap): Gap => ({ ...raw, node: text(raw.node), cluster: text(raw.cluster), source: text(raw.source) });

export function cleanControls(raw: Controls): Controls {
  return {
    answer: cleanAnswer(raw.answer),
    lists: raw.lists.map((l) => ({ ...l, entity: text(l.entity), approved_on: text(l.approved_on), valid_from: text(l.valid_from) })),
    criteria: raw.criteria.map((c) => ({ ...c, state: controlState(c.state), controls: c.controls.map(cleanControl) })),
    deviations: raw.deviations,
  };
}

export function cleanControlDetail(raw: ControlDetail): ControlDetail {
  return {
    ...raw,
    answer: cleanAnswer(raw.answer),
    control: cleanControl(raw.control),
    days: raw.days.map((d) => ({ ...d, state: dayState(d.state) })),
    gaps: raw.gaps.map(cleanGap),
    acceptances: raw.acceptances.map((a) => ({ ...a, expires: text(a.expires) })),
  };
}

export function cleanReport(raw: Report): Report {
  return { ...raw, progress: text(raw.progress), error: text(raw.error), done_at: text(raw.done_at), outcome: (raw.outcome as Report["outcome"] | undefined) ?? null };
}

/** A verdict that is not known is not "intact". */
export function cleanVerification(raw: Verification): Verification {
  return { ...raw, verdict: (["intact", "failed"] as const).find((v) => v === raw.verdict) ?? "unproven" };
}
