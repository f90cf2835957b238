// How instants are written. Always absolute; UTC first, the local reading beside it.

const two = (n: number) => String(n).padStart(2, "0");

/** `2026-11-26 10:04:09` in UTC. */
export function utcText(ms: number, seconds = true): string {
  const text = new Date(ms).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, seconds ? 19 : 16)}`;
}

/** `10:04:09` in UTC. */
export function utcClock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** The same form in the zone of this browser, with its offset: `2026-11-26 11:04:09 +01:00`. */
export function localText(ms: number, seconds = true): string {
  const d = new Date(ms);
  const day = `${String(d.getFullYear())}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  const clock = `${two(d.getHours())}:${two(d.getMinutes())}${seconds ? `:${two(d.getSeconds())}` : ""}`;
  return `${day} ${clock} ${offsetText(ms)}`;
}

/** Offset of this browser's zone from UTC at that instant: `+01:00`. */
export function offsetText(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  const abs = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(abs / 60))}:${two(abs % 60)}`;
}

/** Whether the browser's zone reads the same as UTC at that instant. */
export function localIsUtc(ms: number): boolean {
  return new Date(ms).getTimezoneOffset() === 0;
}

/** `26 Nov` or, with another year than `now`'s, `26 Nov 2025`; UTC. */
export function dayText(ms: number, now = Date.now()): string {
  const d = new Date(ms);
  const month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][d.getUTCMonth()] ?? "";
  const year = d.getUTCFullYear() === new Date(now).getUTCFullYear() ? "" : ` ${String(d.getUTCFullYear())}`;
  return `${String(d.getUTCDate())} ${month}${year}`;
}

/** A count with thin groups: `12 345`. The same in every locale, so that screenshots compare. */
export function countText(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/** A count for narrow places: `9 999`, `12.3k`, `1.2M`. */
export function shortCount(n: number): string {
  if (n < 10_000) return countText(n);
  if (n < 1_000_000) return `${(n / 1000).toFixed(n < 100_000 ? 1 : 0)}k`;
  return `${(n / 1_000_000).toFixed(1)}M`;
}

/** Bytes as `1.4 GiB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let n = bytes;
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit += 1;
  }
  return `${n < 10 && unit > 0 ? n.toFixed(1) : String(Math.round(n))} ${units[unit] ?? ""}`;
}
