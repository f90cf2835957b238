import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checkRecord, rootOf } from "./proof";

const sha = (...parts: (Buffer | number[])[]) => createHash("sha256").update(Buffer.concat(parts.map((p) => Buffer.from(p)))).digest();

// RFC 9162, 2.1.1 and 2.1.3.1, written down by the text of the RFC.
function root(entries: Buffer[]): Buffer {
  if (entries.length === 1) return sha([0], entries[0] ?? Buffer.alloc(0));
  const k = 2 ** Math.ceil(Math.log2(entries.length) - 1);
  return sha([1], root(entries.slice(0, k)), root(entries.slice(k)));
}
function path(m: number, entries: Buffer[]): Buffer[] {
  if (entries.length === 1) return [];
  const k = 2 ** Math.ceil(Math.log2(entries.length) - 1);
  return m < k ? [...path(m, entries.slice(0, k)), root(entries.slice(k))] : [...path(m - k, entries.slice(k)), root(entries.slice(0, k))];
}

const hashes = (n: number) => Array.from({ length: n }, (_, i) => sha(Buffer.from(`record ${String(i)}`)));

describe("proof of a record", () => {
  it("leads to the root for every place of trees of every shape", async () => {
    for (let n = 1; n <= 17; n++) {
      const all = hashes(n);
      for (let i = 0; i < n; i++) {
        const steps = path(i, all).map((h) => h.toString("hex"));
        expect(await rootOf(all[i] ?? Buffer.alloc(0), i, n, steps)).toBe(root(all).toString("hex"));
      }
    }
  });

  it("leads elsewhere from another record or place, and nowhere with too few hashes or too many", async () => {
    const all = hashes(11);
    const steps = path(4, all).map((h) => h.toString("hex"));
    const want = root(all).toString("hex");
    expect(await rootOf(all[5] ?? Buffer.alloc(0), 4, 11, steps)).not.toBe(want);
    expect(await rootOf(all[4] ?? Buffer.alloc(0), 5, 11, steps)).not.toBe(want);
    expect(await rootOf(all[4] ?? Buffer.alloc(0), 4, 11, steps.slice(1))).toBeNull();
    expect(await rootOf(all[4] ?? Buffer.alloc(0), 4, 11, [...steps, want])).toBeNull();
    expect(await rootOf(all[4] ?? Buffer.alloc(0), 11, 11, steps)).toBeNull();
  });

  it("says of a record what holds, and nothing where no head covers it", async () => {
    const lines = ["a", "b", "c"].map((x) => `{"kind":"finding","what":"${x} ü"}`);
    const all = lines.map((l) => sha(Buffer.from(l)));
    const head = { first_seq: 7, last_seq: 9, time: "", key: "", merkle_root: root(all).toString("hex"), path: path(1, all).map((h) => h.toString("hex")) };
    const record = { ledger: "", seq: 8, kind: "finding", time: "", source: "", run: "", source_seq: 1, redacted: 0, hash: all[1]?.toString("hex") ?? "", prev: "", command: "", head, exhibit: { format: "", record: lines[1] ?? "" } };
    expect(await checkRecord(record)).toEqual({ hash: "holds", proof: "holds" });
    expect(await checkRecord({ ...record, exhibit: { format: "", record: lines[2] ?? "" } })).toEqual({ hash: "broken", proof: "broken" });
    expect(await checkRecord({ ...record, head: null })).toEqual({ hash: "holds", proof: "not checked" });
  });
});
