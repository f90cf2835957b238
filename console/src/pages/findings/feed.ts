import type { Row } from "@/api/types";

/** Rows that may wait to be shown. With more the list is read anew instead. */
export const MAX_WAITING = 5000;

/** The rows of a feed, newest first: pages from the server below, arrivals above. No row is there twice. */
export class Feed {
  rows: Row[] = [];
  next: string | null = null;
  complete = false;
  /** Arrivals that did not fit any more; they are in the store. */
  overflow = 0;
  private arrivals: Row[] = [];
  private ids = new Set<string>();

  get waiting(): number {
    return this.arrivals.length + this.overflow;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** A page of the server, older than all rows so far. */
  append(rows: Row[], next: string | null): void {
    const fresh = rows.filter((row) => !this.ids.has(row.id));
    for (const row of fresh) this.ids.add(row.id);
    this.rows = [...this.rows, ...fresh];
    this.next = next;
    this.complete = next === null;
  }

  /** A row from the stream; false when it is known already. */
  arrive(row: Row): boolean {
    if (this.ids.has(row.id)) return false;
    if (this.arrivals.length >= MAX_WAITING) {
      this.overflow += 1;
      return true;
    }
    this.ids.add(row.id);
    this.arrivals.push(row);
    return true;
  }

  /** Puts what waits on top, in the order of its time: late ones go to their place among the rest. */
  release(): void {
    if (this.arrivals.length === 0) return;
    const oldest = this.rows.at(-1)?.time;
    // Later than what is shown, but older than the last loaded row: it comes with its page.
    const place = this.arrivals.filter((row) => this.complete || oldest === undefined || compare(row.time, oldest) >= 0);
    for (const row of this.arrivals) if (!place.includes(row)) this.ids.delete(row.id);
    this.arrivals = [];
    place.sort((a, b) => compare(b.time, a.time));
    const top = this.rows[0];
    const last = place.at(-1);
    if (top === undefined || last === undefined || compare(last.time, top.time) >= 0) this.rows = [...place, ...this.rows];
    else this.rows = [...place, ...this.rows].sort((a, b) => compare(b.time, a.time));
  }

  /** Changes rows with these ids. */
  patch(ids: readonly string[], change: (row: Row) => Row): void {
    const set = new Set(ids);
    this.rows = this.rows.map((row) => (set.has(row.id) ? change(row) : row));
    this.arrivals = this.arrivals.map((row) => (set.has(row.id) ? change(row) : row));
  }
}

/** Instants of the API compare as text: same form, UTC, but with more or fewer digits of the second. */
function compare(a: string, b: string): number {
  const x = a.replace(/Z$/, "");
  const y = b.replace(/Z$/, "");
  return x < y ? -1 : x > y ? 1 : 0;
}
