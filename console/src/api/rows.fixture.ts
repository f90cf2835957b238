import { cleanRow } from "./clean";
import type { Row } from "./types";
import type { Known, Schemas } from "./wire";

/** A row as the server sends it when nothing but its id is known, for tests. */
export const bareRow = (id: string): Known<Schemas["Row"]> => ({
  id,
  time: "2026-11-26T10:00:00Z",
  recorded: "2026-11-26T10:00:00Z",
  node: "",
  cluster: "",
  namespace: "",
  pod: "",
  container: "",
  image: "",
  user: "",
  process: "",
  command: "",
  object: "",
  source: "syscall",
  rule: "",
  priority: "Warning",
  severity: "low",
  output: "",
  criteria: [],
  tags: [],
  suppressed: null,
  acknowledged: null,
  decision: null,
  assignee: null,
  lost_events: null,
  container_unknown: false,
  slice: false,
  record: { ledger: "", seq: 0 },
});

/** A row as pages see it. */
export const testRow = (id: string, more: Partial<Known<Schemas["Row"]>> = {}): Row => cleanRow({ ...bareRow(id), ...more });
