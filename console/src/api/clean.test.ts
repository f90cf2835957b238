import { describe, expect, it } from "vitest";
import { cleanAnswer, cleanDetail, cleanRow, cleanSession } from "./clean";
import type { Row } from "./types";

describe("answers of the server in one form", () => {
  it("has null for what is not known, whether it was empty or left out", () => {
    const row = cleanRow({ id: "F1", namespace: "", pod: null, user: "root", severity: "high" });
    expect(row).toMatchObject({ namespace: null, pod: null, image: null, user: "root", severity: "high", criteria: [], suppressed: null, decision: null });
  });

  it("shows a finding whose severity it does not know", () => {
    expect(cleanRow({ id: "F1", severity: "catastrophic" as Row["severity"] }).severity).toBe("informational");
  });

  it("takes an answer without period and without exclusions", () => {
    expect(cleanAnswer({ query: "", scope: "all clusters", as_of_seq: 4, took_ms: 0.3, excluded: {}, partial: [] })).toMatchObject({ from: null, to: null, fresh_to: null, excluded: { suppressed: 0 } });
  });

  it("finds who did something in the body of the record", () => {
    const detail = cleanDetail({ row: { id: "F1" } as Row, history: [{ kind: "note", time: "", seq: 3, body: { by: "mara", text: "x" } } as never] });
    expect(detail.history[0]?.by).toBe("mara");
    // "Not said" is not "none".
    expect(detail.controls).toBeNull();
  });

  it("is logged out when there is no user", () => {
    expect(cleanSession({ version: "1", setup_needed: true, server_time: "" })).toMatchObject({ user: null, csrf: "", setup_needed: true, cluster_names: [] });
  });
});
