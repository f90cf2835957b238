import { describe, expect, it } from "vitest";
import { cleanDiagnostic, cleanGap, cleanNode, cleanSession } from "./clean";
import { cleanAnswer } from "./cleanAnswer";
import { testRow } from "./rows.fixture";

describe("answers of the server in one form", () => {
  it("has null for what is not known", () => {
    const row = testRow("F1", { namespace: "", user: "root", suppressed: "", decision: { decision: "benign", by: "mara", time: "", reason: "", incident: "" } });
    expect(row).toMatchObject({ namespace: null, pod: null, user: "root", suppressed: null, decision: { decision: "benign", incident: null } });
    expect(cleanGap({ node: "n1", cluster: "", source: "", from: "", to: "", cause: "x" })).toMatchObject({ node: "n1", cluster: null, source: null });
  });

  it("shows a finding whose severity it does not know", () => {
    expect(testRow("F1", { severity: "catastrophic" }).severity).toBe("informational");
  });

  it("takes an answer without period and without exclusions", () => {
    expect(cleanAnswer({ query: "", scope: "all clusters", as_of_seq: 4, took_ms: 0.3, excluded: {}, partial: [] })).toMatchObject({ from: null, to: null, fresh_to: null, excluded: { suppressed: null } });
  });

  it("is logged out when there is no user, and takes a role it does not know for the one that may least", () => {
    const raw = { version: "1", setup_needed: true, server_time: "", csrf: null, oidc: null, cluster_names: [] };
    expect(cleanSession({ ...raw, user: null })).toMatchObject({ user: null, csrf: "", setup_needed: true });
    expect(cleanSession({ ...raw, user: { name: "x", role: "read,triage", permissions: [], period: null } }).user?.role).toBe("auditor");
  });

  it("never takes a branch that it does not know for true", () => {
    const node = { text: "x", absent: null, actual: null, field: null, inferred: null, macro: null, op: null };
    const tree = cleanNode({ ...node, kind: "xor", value: "perhaps", children: [{ ...node, kind: "test", value: "true", children: [] }] });
    expect(tree).toMatchObject({ kind: "test", value: "unknown", absent: false, children: [{ value: "true" }] });
  });

  it("takes a diagnostic of an unknown severity for a note", () => {
    expect(cleanDiagnostic({ severity: "hint", code: "R1", message: "m", line: 1, column: 1, end_line: 1, end_column: 2, hint: null }).severity).toBe("note");
  });
});
