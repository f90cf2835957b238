// What the user chose as time, and how it becomes two instants.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The lengths on offer that end at now. */
export const PRESETS = {
  "15m": { label: "Last 15 minutes", ms: 15 * MINUTE },
  "1h": { label: "Last hour", ms: HOUR },
  "6h": { label: "Last 6 hours", ms: 6 * HOUR },
  "24h": { label: "Last 24 hours", ms: DAY },
  "7d": { label: "Last 7 days", ms: 7 * DAY },
  "30d": { label: "Last 30 days", ms: 30 * DAY },
  "90d": { label: "Last 90 days", ms: 90 * DAY },
} as const;

export type Preset = keyof typeof PRESETS;

/** A preset moves with the clock (live); a range stands (paused). */
export type Span = { kind: "preset"; preset: Preset } | { kind: "range"; from: number; to: number };

/** Two instants in milliseconds; `from` is in, `to` is out. */
export interface Range {
  from: number;
  to: number;
}

export const DEFAULT_SPAN: Span = { kind: "preset", preset: "24h" };

function isPreset(text: string): text is Preset {
  return Object.hasOwn(PRESETS, text);
}

/** Reads an instant (RFC 3339) or a day (UTC); nothing when it is neither. */
export function parseInstant(text: string): number | null {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  if (!day && !/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/.test(text)) return null;
  // Without a zone the text is UTC: an address must mean the same to whoever opens it.
  const zoned = day || /(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`;
  const ms = Date.parse(zoned.replace(" ", "T"));
  return Number.isNaN(ms) ? null : ms;
}

/** The span that a query names; the default when it names none or a wrong one. */
export function parseSpan(search: string): Span {
  const query = new URLSearchParams(search);
  const from = parseInstant(query.get("from") ?? "");
  const to = parseInstant(query.get("to") ?? "");
  if (from !== null && to !== null && from < to) return { kind: "range", from, to };
  const preset = query.get("t");
  if (preset !== null && isPreset(preset)) return { kind: "preset", preset };
  return DEFAULT_SPAN;
}

/** Writes the span into a query. */
export function writeSpan(query: URLSearchParams, span: Span): void {
  for (const name of ["t", "from", "to"]) query.delete(name);
  if (span.kind === "preset") query.set("t", span.preset);
  else {
    query.set("from", iso(span.from));
    query.set("to", iso(span.to));
  }
}

/** RFC 3339 in UTC, without a fraction where there is none. */
export function iso(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** How often (ms) a live preset moves: often enough to look live, seldom enough to be asked. */
export function tickOf(preset: Preset): number {
  const { ms } = PRESETS[preset];
  if (ms <= HOUR) return 10_000;
  if (ms <= DAY) return 15_000;
  return MINUTE;
}

/** The instants of a span; a preset ends at the last full tick before `now`, plus one tick. */
export function resolve(span: Span, now: number): Range {
  if (span.kind === "range") return { from: span.from, to: span.to };
  const tick = tickOf(span.preset);
  const to = (Math.floor(now / tick) + 1) * tick;
  return { from: to - PRESETS[span.preset].ms, to };
}

const STEPS = [10_000, 30_000, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY];

/** A round width (s) of a bar so that the range has about `bars` of them. */
export function stepFor(range: Range, bars = 96): number {
  const want = (range.to - range.from) / bars;
  return (STEPS.find((step) => step >= want) ?? 7 * DAY) / 1000;
}

/** The length in words: `1 d 6 h`, `15 min`, `40 s`; two units at most. */
export function lengthText(ms: number): string {
  const units: [string, number][] = [["d", DAY], ["h", HOUR], ["min", MINUTE], ["s", 1000]];
  const parts: string[] = [];
  let rest = Math.max(0, ms);
  for (const [name, size] of units) {
    const n = Math.floor(rest / size);
    if (n > 0) parts.push(`${String(n)} ${name}`);
    if (parts.length === 2) break;
    rest -= n * size;
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}
