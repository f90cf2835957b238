import type { Schemas } from "@/api/wire";

// What a browser can check of a record by itself: that its line has the hash, and that the hash leads to the root
// which the signed head states (RFC 9162, 2.1.3). Who signed the head is for `avouch verify` and a key from elsewhere.

/** What came of the check. Not all browsers let pages hash: then nothing is known. */
export type Checked = "holds" | "broken" | "not checked";

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (hash: Uint8Array): string => [...hash].map((b) => b.toString(16).padStart(2, "0")).join("");

async function sha256(...parts: (Uint8Array | readonly number[])[]): Promise<Uint8Array> {
  const all = Uint8Array.from(parts.flatMap((part) => [...part]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
}

/** The root that the hash of a record leads to, by the hashes of a proof; null when the proof has not the length for its place. */
export async function rootOf(record: Uint8Array, index: number, count: number, path: readonly string[]): Promise<string | null> {
  if (index < 0 || index >= count) return null;
  let at = index;
  let last = count - 1;
  let hash = await sha256([0], record);
  for (const step of path) {
    if (last === 0) return null;
    const other = bytes(step);
    if (at % 2 === 1 || at === last) {
      hash = await sha256([1], other, hash);
      // On the right edge, levels without a partner are passed over.
      while (at % 2 === 0 && at !== 0) {
        at = Math.floor(at / 2);
        last = Math.floor(last / 2);
      }
    } else hash = await sha256([1], hash, other);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hex(hash) : null;
}

/** Checks hash and proof of a record. */
export async function checkRecord(record: Schemas["LedgerRecord"]): Promise<{ hash: Checked; proof: Checked }> {
  // Without TLS, and not on this machine, there is no `subtle`.
  if ((globalThis.crypto as Crypto | undefined)?.subtle === undefined) return { hash: "not checked", proof: "not checked" };
  const line = await sha256(new TextEncoder().encode(record.exhibit.record));
  const hash = hex(line) === record.hash ? "holds" : "broken";
  const head = record.head ?? null;
  if (head === null) return { hash, proof: "not checked" };
  const root = await rootOf(line, record.seq - head.first_seq, head.last_seq - head.first_seq + 1, head.path);
  return { hash, proof: root === head.merkle_root ? "holds" : "broken" };
}
