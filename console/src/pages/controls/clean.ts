import { cleanGap, text } from "@/api/clean";
import type { Known, Schemas } from "@/api/wire";
import { DAY_STATES, STATES, type Control, type ControlDetail, type Controls, type ControlState, type DayState, type Deviation, type Report, type Verification } from "./types";

// One form of what is not known: null. A state of a newer server is shown as one
// that claims nothing, never as a pass.

export function controlState(value: unknown): ControlState {
  return STATES.find((s) => s === value) ?? "no_evidence";
}

export function dayState(value: unknown): DayState {
  return DAY_STATES.find((s) => s === value) ?? "unknown";
}

function cleanControl(raw: Known<Schemas["ControlOut"]>): Control {
  return { ...raw, owner: text(raw.owner), state: controlState(raw.state), days: raw.days.map(dayState) };
}

const cleanDeviation = (raw: Schemas["DeviationOut"]): Deviation => ({ ...raw, items: [raw.items[0] ?? 0, raw.items[1] ?? 0] });

export function cleanControls(raw: Known<Schemas["ControlsAnswer"]>): Controls {
  return {
    answer: raw.answer,
    days: raw.days,
    lists: raw.lists.map((l) => ({ ...l, entity: text(l.entity), approved_on: text(l.approved_on), valid_from: text(l.valid_from) })),
    criteria: raw.criteria.map((c) => ({ ...c, state: controlState(c.state), controls: c.controls.map(cleanControl) })),
    deviations: raw.deviations.map(cleanDeviation),
  };
}

export function cleanControlDetail(raw: Known<Schemas["ControlDetail"]>): ControlDetail {
  return {
    ...raw,
    control: cleanControl(raw.control),
    days: raw.days.map((d) => ({ ...d, state: dayState(d.state) })),
    gaps: raw.gaps.map(cleanGap),
    deviations: raw.deviations.map(cleanDeviation),
  };
}

export function cleanReport(raw: Known<Schemas["Job"]>): Report {
  return { ...raw, framework: raw.framework ?? "", clusters: raw.clusters ?? [], sample: raw.sample ?? 0, seed: raw.seed ?? "", progress: text(raw.progress) };
}

/** A verdict that is not known is not "intact". */
export function cleanVerification(raw: Schemas["Verification"]): Verification {
  return { ...raw, verdict: (["intact", "failed"] as const).find((v) => v === raw.verdict) ?? "unproven" };
}
