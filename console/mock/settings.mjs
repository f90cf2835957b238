// Users, tokens, sessions, channels, receipts and the access log.
const at = (hoursAgo) => new Date(Date.now() - hoursAgo * 3_600_000).toISOString();
const YAML = `channels:\n  - name: chat\n    to: {slack: {url: env:AVOUCH_SLACK_WEBHOOK}}\n  - name: oncall\n    to: {pagerduty: {routing_key: file:/run/secrets/pagerduty}}\nroutes:\n  - name: severe\n    match: {at_least: high}\n    channels: [oncall]\n    escalate: [{after: 15m, channels: [chat]}]\n`;

function state(world) {
  return (world.extra.settings ??= {
    users: [
      { name: "mara", state: "enabled", role: "admin", period: null, has_password: true, identities: [], made: at(900), last_login: at(1) },
      { name: "ines.auditor", state: "enabled", role: "auditor", period: { from: "2026-07-01T00:00:00Z", to: "2026-10-01T00:00:00Z" }, has_password: true, identities: [{ issuer: "https://id.example.com", subject: "77" }], made: at(400), last_login: null },
    ],
    tokens: [{ id: "t1", name: "node-1", scopes: ["ingest"], node: "node-1", state: "works", made: at(300), made_by: "mara", expires: null, last_used: at(0), revoked: null }],
    sessions: [
      { id: "s1", user: "mara", made: at(1), last_seen: at(0), address: "192.0.2.4", agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", means: "password", current: true },
      { id: "s2", user: "ines.auditor", made: at(5), last_seen: at(2), address: "198.51.100.9", agent: "Mozilla/5.0 (Macintosh) Safari/605.1", means: "oidc", current: false },
    ],
    channels: {
      file: "notify.yaml",
      text: YAML,
      digest: "d0",
      differs_on_disk: false,
      channels: [
        { name: "chat", means: "slack", routes: ["severe"], queue: 0, sent: 31, failed: 0, held_back: 2, last_sent: at(2), last_error: null, broken: null },
        { name: "oncall", means: "pagerduty", routes: ["severe"], queue: 1, sent: 4, failed: 1, held_back: 0, last_sent: at(30), last_error: { time: at(1), text: "answered 503" }, broken: null },
      ],
      routes: [{ name: "severe", matches: "at least high", channels: ["oncall"], escalates: ["after 15m: chat"], goes_on: false }],
      findings: { routed: 35, unrouted: 120, suppressed: 14, late: 3, given_up: 0, late_s: 3600 },
      not_kept: null,
    },
    deliveries: [
      { time: at(1), channel: "oncall", means: "pagerduty", state: "failed", findings: ["F1"], count: 1, attempts: 8, route: "severe", reason: null, text: "answered 503", seq: 4012 },
      { time: at(2), channel: "chat", means: "slack", state: "delivered", findings: [], count: 7, attempts: 1, route: "severe", reason: "escalation", text: "ok", seq: 4000 },
      { time: at(4), channel: null, means: null, state: "held_back", findings: [], count: 3, attempts: 0, route: null, reason: "late", text: "nobody was told: older than 60 min when they came", seq: 3980 },
    ],
  });
}

export function settings(world, method, path, params, body) {
  const s = state(world);
  const key = `${method} ${path}`;
  const [, kind, id, act] = path.split("/").map(decodeURIComponent);
  if (key === "GET /users") return { users: s.users };
  if (key === "POST /users") {
    const user = { state: "enabled", has_password: false, identities: [], made: at(0), last_login: null, ...body };
    s.users.push(user);
    return { status: 201, body: user };
  }
  if (kind === "users" && act === "invite") return { link: "https://avouch.example.org/#/setup?token=one-time-secret", expires: at(-24) };
  if (kind === "users" && method === "PATCH") return Object.assign(s.users.find((u) => u.name === id), body.enabled === undefined ? body : { state: body.enabled ? "enabled" : "disabled" });
  if (kind === "users" && method === "DELETE") {
    s.users = s.users.filter((u) => u.name !== id);
    return { status: 204 };
  }
  if (key === "GET /tokens") return { tokens: s.tokens };
  if (key === "POST /tokens") {
    s.tokens.unshift({ id: `t${String(s.tokens.length + 1)}`, state: "works", made: at(0), made_by: "mara", last_used: null, revoked: null, ...body });
    return { status: 201, body: { token: "avt_mock-secret-shown-once" } };
  }
  if (kind === "tokens" && method === "DELETE") {
    Object.assign(s.tokens.find((t) => t.id === id), { state: "revoked", revoked: at(0) });
    return { status: 204 };
  }
  if (key === "GET /sessions") return world.role === "admin" ? { everybody: true, sessions: s.sessions } : { everybody: false, sessions: s.sessions.slice(0, 1) };
  if (kind === "sessions" && method === "DELETE") {
    s.sessions = s.sessions.filter((x) => x.id !== id);
    return { status: 204 };
  }
  if (key === "POST /password") return body.old === "correct horse battery" ? { status: 204 } : { status: 403, body: { error: { code: "not_allowed", message: "the old password is wrong", param: "old" } } };
  if (key === "GET /access-log") {
    const rows = [
      { id: 2, time: at(2), who: "ines.auditor", role: "auditor", address: "198.51.100.9", what: "GET /findings", query: "from=2026-07-01&severity=high" },
      { id: 1, time: at(3), who: "(no such user)", role: "", address: "203.0.113.7", what: "login failed", query: "" },
    ];
    return { everybody: world.role === "admin", rows: rows.filter((r) => !params.get("who") || r.who === params.get("who")), next: null };
  }
  if (key === "GET /channels") return s.channels;
  if (key === "PUT /channels") {
    if (body.digest !== s.channels.digest) return { status: 409, body: { error: { code: "conflict", message: "the file was changed meanwhile", hint: "load it again; nothing was saved" } } };
    return Object.assign(s.channels, { text: body.text, digest: `d${String(body.text.length)}` });
  }
  if (key === "POST /channels/check") {
    const line = body.text.split("\n").findIndex((l) => l.includes("pagr"));
    return { diagnostics: line < 0 ? [] : [{ severity: "error", code: "F0103", message: "there is no channel `pagr`", line: line + 1, column: 16, end_line: line + 1, end_column: 20, hint: "a channel with a similar name exists: `pager`" }] };
  }
  if (kind === "channels" && act === "test") {
    const failed = id === "oncall";
    return { ...s.deliveries[failed ? 0 : 1], time: at(0), channel: id, reason: "test", seq: null, text: failed ? "answered 503" : "ok" };
  }
  if (key === "GET /deliveries") {
    const rows = s.deliveries.filter((d) => !params.get("channel") || d.channel === params.get("channel"));
    const answer = { query: "", from: params.get("from"), to: params.get("to"), scope: "all clusters", fresh_to: at(0), as_of_seq: 4012, excluded: {}, partial: [], took_ms: 0.4 };
    return { answer, count: rows.length, rows };
  }
  return undefined;
}
