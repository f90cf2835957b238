// Controls over a period, and reports, as the server answers them.
import { DAY } from "./data.mjs";
import { answer, gapsIn, parse, select } from "./query.mjs";

const TITLES = {
  "CC6.1": "Access is restricted", "CC6.2": "Users are registered and withdrawn", "CC6.3": "Rights follow the role",
  "CC6.6": "Threats from outside are kept out", "CC6.8": "Unwanted software is found", "CC7.1": "Weaknesses and changes are found",
  "CC7.2": "Anomalies are watched for", "CC7.3": "Events are evaluated", "CC8.1": "Changes are approved",
};

// [id, title, statement, owner, criteria, rules, sources, populations, not covered, what the period says]
const CONTROLS = [
  ["K8S-AC-01", "Interactive access to workloads", "Workloads are changed by deploying them anew. Sessions inside of containers are detected; each belongs to an approved ticket.", "Head of platform", ["CC6.1", "CC6.3"], ["Terminal shell in container", "Attach/Exec Pod"], ["syscall", "k8s_audit"], ["commands", "privileged-sessions"], [["privileged-sessions", "sessions are not joined from audit log and system calls yet; list them from the audit log"], ["tickets", "the ticket of a session stands in the ticket system"]], "deviations"],
  ["K8S-AC-02", "Workloads stay inside of their limits", "Processes that leave the limits of their container, user or service account are detected and looked into.", "Head of security", ["CC6.1"], ["Detect release_agent File Container Escapes", "Change thread namespace"], ["syscall"], ["detections"], [], "partly_unknown"],
  ["K8S-AC-03", "Credentials and keys are read by their owners only", "Reads of keys, tokens and password files by other programs are detected.", "Head of security", ["CC6.1", "CC6.3"], ["Read sensitive file untrusted", "Search Private Keys or Passwords"], ["syscall", "k8s_audit"], ["detections", "commands"], [], "no_deviation"],
  ["K8S-AC-04", "Users are withdrawn within a day", "Accounts of people who leave are withdrawn within one working day.", "Head of people", ["CC6.2"], [], [], ["credentials-issued"], [["credentials-issued", "identity providers are not read"]], "not_covered"],
  ["K8S-NW-01", "Connections go where they are meant to", "Connections to destinations that no service of ours has are detected.", "Head of platform", ["CC6.6"], ["Contact K8S API Server From Container", "Unexpected outbound connection destination"], ["syscall"], ["connections"], [], "partly_unknown"],
  ["AWS-NW-02", "Changes of network borders are seen", "Changes of security groups, gateways and routes in the cloud account are detected.", "Head of platform", ["CC6.6", "CC8.1"], ["Console login without multi factor", "Security group opened to the world"], ["aws_cloudtrail"], ["changes-seen"], [], "no_evidence"],
  ["K8S-SW-01", "Only software of the image runs", "Programs that were not part of the image, and package tools in containers, are detected.", "Head of security", ["CC6.8", "CC7.1"], ["Drop and execute new binary in container", "Launch Package Management Process in Container"], ["syscall"], ["detections", "file-changes"], [], "deviations"],
  ["K8S-MO-01", "Every node is watched", "Each node of the estate is watched by a sensor all the time; losses and outages are recorded.", "Head of security", ["CC7.2"], ["Terminal shell in container"], ["syscall", "k8s_audit"], ["nodes", "observation-gaps"], [], "deviations"],
  ["K8S-IR-01", "Findings are decided in time", "Each finding is looked at within the time of its severity and gets a decision with a reason.", "Head of security", ["CC7.3"], ["Read sensitive file untrusted", "Terminal shell in container", "Drop and execute new binary in container"], ["syscall"], ["detections", "dispositions", "acceptances"], [["incidents", "incident tools are not read"]], "deviations"],
  ["K8S-CH-01", "Changes of production are approved", "Changes of production that rules see are matched with an approval.", "Head of engineering", ["CC8.1"], ["Attach/Exec Pod"], ["k8s_audit"], ["changes-seen", "changes"], [["changes", "repositories and tickets are not read"]], "no_deviation"],
];

const hex = (text) => Array.from({ length: 64 }, (_, i) => ((text.charCodeAt(i % text.length) * (i + 7)) % 16).toString(16)).join("");
const day = (ms) => new Date(ms).toISOString().slice(0, 10);
const at = (ms) => new Date(ms).toISOString();

const LISTS = [
  { id: "example-cloud", version: 3, title: "Controls of the platform", entity: "Example GmbH", approved_by: ["I. Berg", "T. Olsen"], approved_on: "2026-06-12", valid_from: "2026-07-01", digest: hex("third version") },
  { id: "example-cloud", version: 4, title: "Controls of the platform, with cloud account", entity: "Example GmbH", approved_by: [], approved_on: null, valid_from: null, digest: hex("fourth, draft") },
];

function daysOf(state, query, gaps, n) {
  const out = [];
  for (let from = Math.floor(query.from / DAY) * DAY; from < query.to; from += DAY) {
    const holes = gaps.filter((g) => g.from < from + DAY && g.to > from).length;
    const bad = state === "deviations" && (from / DAY + n * 3) % 19 === 0;
    if (state === "not_covered" || (n === 4 && from < query.from + 3 * DAY)) out.push({ day: day(from), state: "not_expected", pass: 0, unknown: 0, fail: 0 });
    else if (state === "no_evidence") out.push({ day: day(from), state: "unknown", pass: 0, unknown: 12, fail: 0 });
    else {
      const unknown = state === "no_deviation" ? 0 : Math.min(4, holes);
      out.push({ day: day(from), state: bad ? "fail" : unknown > 0 ? "unknown" : "pass", pass: 12 - unknown - (bad ? 1 : 0), unknown, fail: bad ? 1 : 0 });
    }
  }
  // What a day was watched: whole but for the sources that were not.
  return out.map((d) => ({ ...d, share: d.pass + d.unknown + d.fail === 0 ? null : Math.floor((1 - (d.unknown / (d.pass + d.unknown + d.fail)) * (state === "no_evidence" ? 1 : 0.22)) * 1e4) / 1e4 }));
}

function deviationsOf(query, gaps) {
  const out = [];
  const add = (kind, controls, criteria, from, to, items, subject, cause, closed, evidence) => out.push({ id: "", kind, controls, criteria, from: at(from), to: at(to), items, subject, cause, closed, evidence });
  for (const gap of gaps.slice(-6)) add("not watched", ["K8S-MO-01"], ["CC7.2"], gap.from, gap.to, [1, 23], `syscall of ${gap.node}`, gap.cause, gap.to < query.to - DAY / 2, [41_200 + out.length, 41_260 + out.length]);
  const span = query.to - query.from;
  add("confirmed findings", ["K8S-AC-01", "K8S-IR-01"], ["CC6.1", "CC7.3"], query.from + span * 0.3, query.from + span * 0.3 + DAY / 6, [3, 812], "Terminal shell in container", "INC-1203: a shell in payments-api was no approved session", true, [52_011, 52_012, 52_019]);
  add("confirmed findings", ["K8S-SW-01"], ["CC6.8"], query.from + span * 0.6, query.from + span * 0.6, [1, 96], "Drop and execute new binary in container", "INC-1388", false, [58_440]);
  add("findings not dealt with in time", ["K8S-IR-01"], ["CC7.3"], query.from + span * 0.5, query.to, [42, 2210], "Read sensitive file untrusted", "42 looked at late or not, 7 decided late or not", false, [57_001, 57_044, 57_101, 57_102, 57_310]);
  add("acceptance ended and left in the register", [], ["CC4.2"], query.from + span * 0.4, query.to, [1, 9], "ACC-2026-014", "it ended and was not taken out or renewed", false, []);
  add("controls not approved", [], ["CC5.3"], query.from, query.to, [1, 2], "example-cloud 4", "nobody approved this version", false, [39_000]);
  out.forEach((d, i) => (d.id = `DEV-${String(i + 1).padStart(4, "0")}`));
  return out;
}

function judge(world, params) {
  const started = Date.now();
  const query = { ...parse(params) };
  const asked = query.to;
  query.to = Math.min(query.to, Date.now());
  const clusters = params.getAll("cluster");
  const gaps = world.gaps.filter((g) => g.from < query.to && g.to > query.from && (clusters.length === 0 || clusters.includes(g.cluster)));
  const { rows, suppressed } = select(world.rows, query);
  const said = answer(params, { ...query, to: asked }, world.rows, suppressed, world.gaps, started);
  if (asked > query.to) said.partial.push(`the period is not over; judged up to ${at(query.to)}`);
  const deviations = deviationsOf(query, gaps);
  const controls = CONTROLS.map(([id, title, statement, owner, , rules, , , , state], n) => {
    const mine = state === "no_evidence" || state === "not_covered" ? [] : rows.filter((r) => rules.includes(r.rule));
    const days = daysOf(state, query, gaps, n);
    const expected = days.reduce((s, d) => s + d.pass + d.unknown + d.fail, 0);
    return {
      control: { id, title, statement, owner, state, share: state === "not_covered" || expected === 0 ? null : state === "no_evidence" ? 0 : Math.floor((1 - days.reduce((s, d) => s + d.unknown, 0) / expected / 9) * 1e4) / 1e4, findings: mine.length, open: state === "no_deviation" ? 0 : mine.filter((r) => r.decision === null).length, deviations: deviations.filter((d) => d.controls.includes(id)).length, gaps: state === "no_deviation" || state === "not_covered" ? 0 : gaps.length, days: days.map((d) => d.state) },
      days,
    };
  });
  return { query, params, answer: said, gaps, deviations, controls };
}

const WORST = ["deviations", "no_evidence", "partly_unknown", "no_deviation", "not_covered"];

function list(judged) {
  const criteria = Object.entries(TITLES).map(([id, name]) => {
    const controls = judged.controls.filter((_, n) => CONTROLS[n][4].includes(id)).map((c) => c.control);
    return { id, name, state: WORST.find((s) => controls.some((c) => c.state === s)), controls };
  });
  return { answer: judged.answer, lists: LISTS, days: judged.controls[0].days.map((d) => d.day), criteria, deviations: judged.deviations };
}

function detail(judged, id) {
  const n = CONTROLS.findIndex((c) => c[0].toLowerCase() === id.toLowerCase());
  if (n < 0) return { status: 404, body: { error: { code: "not_found", message: `no control \`${id}\`` } } };
  const [name, , , , criteria, rules, sources, populations, notCovered, state] = CONTROLS[n];
  const { control, days } = judged.controls[n];
  const gaps = control.gaps === 0 ? [] : gapsIn(judged.gaps, judged.query, judged.params).map((g) => ({ ...g, source: g.source === "" ? "syscall" : g.source, cluster: g.cluster ?? "" }));
  return {
    answer: judged.answer,
    control,
    frequency: "continuous",
    kind: "detective",
    nature: n % 3 === 0 ? "it-dependent" : "automated",
    criteria,
    points_of_focus: criteria.map((c) => `${c}.pof03`),
    nist_800_53: ["AC-6", "AU-12"],
    pci_dss: ["7.2.1"],
    rules: rules.map((rule) => ({ name: rule, source: sources[0] })),
    sources,
    missing_sources: state === "no_evidence" ? sources : [],
    populations,
    not_covered: notCovered.map(([what, why]) => ({ what, why })),
    days,
    gaps,
    more_gaps: gaps.length > 3 ? 14 : 0,
    deviations: judged.deviations.filter((d) => d.controls.includes(name)),
    acceptances: rules.includes("Launch Package Management Process in Container") || rules.includes("Contact K8S API Server From Container") ? [{ id: "ACC-2026-021", rule: rules.at(-1), hits: 412, expires: at(Date.now() + 40 * DAY) }, { id: "ACC-2025-009", rule: rules[0], hits: 0, expires: null }] : [],
  };
}

const STEPS = ["ledger", "findings", "controls", "populations", "ledger", "samples", "documents", "manifest", "archive"];
const FILES = [["report/annex.json", 88_123], ["report/report.html", 412_004], ["report/report.pdf", 731_220], ["report/SHA256SUMS", 310], ["bundle.tar.gz", 9_120_443]];

function job(world, id, asked, by, askedAt, over = {}) {
  const one = { id, state: "queued", progress: "", error: null, framework: "soc2", clusters: [], sample: 25, seed: "1", ...asked, made_by: by, asked_at: at(askedAt), done_at: null, outcome: null, files: [], ...over };
  world.extra.reports ??= [];
  world.extra.reports.unshift(one);
  return one;
}

const madeOf = (id, over = {}) => ({
  state: "done",
  files: FILES.map(([name, bytes]) => ({ name, bytes, sha256: hex(name + id) })),
  outcome: { findings: 31_877, deviations: 11, open_deviations: 4, no_evidence: false, manifest: hex(`manifest${id}`), as_of_seq: 61_004, ...over },
});

function reports(world) {
  if (world.extra.reports !== undefined) return world.extra.reports;
  const now = Date.now();
  job(world, "20260402081503120", { from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z" }, "mara", now - 200 * DAY, { done_at: at(now - 200 * DAY + 40_000), ...madeOf("a", { findings: 0, deviations: 2, open_deviations: 2, no_evidence: true }) });
  job(world, "20260702090011004", { from: "2026-04-01T00:00:00Z", to: "2026-07-01T00:00:00Z", clusters: ["prod-eu"] }, "mara", now - 140 * DAY, { state: "failed", error: "the ledger could not be read: segment 14: No space left on device", done_at: at(now - 140 * DAY + 4000) });
  job(world, "20261002100130877", { from: "2026-07-01T00:00:00Z", to: "2026-10-01T00:00:00Z", seed: "audit-2026-q3" }, "ira", now - 50 * DAY, { done_at: at(now - 50 * DAY + 61_000), ...madeOf("c") });
  return world.extra.reports;
}

// A report takes a step of its making each time that somebody looks at it.
function look(one) {
  if (one.state !== "queued" && one.state !== "running") return one;
  const step = (one.step ?? -1) + 1;
  Object.defineProperty(one, "step", { value: step, writable: true, enumerable: false, configurable: true });
  if (step === 0) return one;
  if (step > STEPS.length) Object.assign(one, { progress: "", done_at: at(Date.now()) }, madeOf(one.id));
  else Object.assign(one, { state: "running", progress: STEPS[step - 1] });
  return one;
}

export function controls(world, method, path, params, body) {
  const [, page, id, part, name] = path.split("/").map(decodeURIComponent);
  if (page === "controls" && method === "GET") {
    const other = [...params.keys()].find((k) => !["from", "to", "cluster", "framework"].includes(k));
    if (other !== undefined) return { status: 400, body: { error: { code: "bad_filter", message: "controls are judged by period and cluster only", hint: "drop the other filters", param: other } } };
    const judged = judge(world, params);
    return id === undefined ? list(judged) : detail(judged, id);
  }
  if (page !== "reports") return undefined;
  const all = reports(world);
  if (id === undefined && method === "GET") return { reports: all };
  if (id === undefined && method === "POST") {
    if (!(Date.parse(body.from) < Date.parse(body.to))) return { status: 400, body: { error: { code: "bad_report", message: "`to` has to be later than `from`; it does not belong to the period", param: "to" } } };
    return job(world, at(Date.now()).replace(/\D/g, ""), body, "mara", Date.now());
  }
  const one = all.find((r) => r.id === id);
  const missing = { status: 404, body: { error: { code: "not_found", message: `no report \`${id}\`` } } };
  if (one === undefined) return missing;
  if (part === undefined) return look(one);
  if (part === "verify" && method === "POST") {
    const failed = one.outcome.no_evidence;
    return { verdict: failed ? "failed" : "intact", lines: ["214 files, 9120443 bytes are as the manifest says", "manifest signed by key 5f1c…90ab, which is this server's", ...(failed ? ["facts/findings.jsonl: digest differs from the manifest"] : []), "61004 records of the ledger, 118 signed heads"], command: "avouch verify bundle --key key.pub --anchor heads.jsonl" };
  }
  if (part === "files" && method === "GET") return one.files.find((f) => f.name === name) ?? missing;
  return undefined;
}
