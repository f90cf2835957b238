import type { Answer, Diagnostic, Instant } from "@/api/types";

export interface Period {
  from: Instant;
  to: Instant;
}

export type UserRole = "admin" | "analyst" | "auditor";

export interface User {
  name: string;
  state: "enabled" | "disabled";
  role: UserRole;
  period: Period | null;
  has_password: boolean;
  identities: { issuer: string; subject: string }[];
  made: Instant;
  last_login: Instant | null;
}

export interface NewUser {
  name: string;
  role: UserRole;
  period: Period | null;
}

export interface UserChange {
  role?: UserRole;
  period?: Period | null;
  enabled?: boolean;
}

export interface OneTimeLink {
  link: string;
  expires: Instant;
}

export const SCOPES = ["read", "ingest", "triage", "rules", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export interface Token {
  id: string;
  name: string;
  scopes: Scope[];
  node: string | null;
  state: "works" | "ended" | "revoked";
  made: Instant;
  made_by: string;
  expires: Instant | null;
  last_used: Instant | null;
  revoked: Instant | null;
}

export interface NewToken {
  name: string;
  scopes: Scope[];
  node: string | null;
  expires: string | null;
}

export interface BrowserSession {
  id: string;
  user: string;
  made: Instant;
  last_seen: Instant;
  address: string;
  agent: string;
  means: "password" | "link" | "oidc";
  current: boolean;
}

export interface Access {
  id: number;
  time: Instant;
  who: string;
  role: string;
  address: string;
  what: string;
  query: string;
}

export interface AccessLog {
  everybody: boolean;
  rows: Access[];
  next: number | null;
}

export interface Channel {
  name: string;
  means: string;
  routes: string[];
  queue: number;
  sent: number;
  failed: number;
  held_back: number;
  last_sent: Instant | null;
  last_error: { time: Instant; text: string } | null;
  broken: string | null;
}

export interface Route {
  name: string;
  matches: string;
  channels: string[];
  escalates: string[];
  goes_on: boolean;
}

export interface Channels {
  file: string;
  text: string;
  digest: string;
  differs_on_disk: boolean;
  channels: Channel[];
  routes: Route[];
  findings: { routed: number; unrouted: number; suppressed: number; late: number; given_up: number; late_s: number };
  /** Why what waits cannot be kept at present. */
  not_kept: string | null;
}

export interface Delivery {
  time: Instant;
  channel: string | null;
  means: string | null;
  state: "delivered" | "failed" | "held_back";
  findings: string[];
  count: number;
  attempts: number;
  route: string | null;
  reason: string | null;
  text: string | null;
  message: string | null;
  seq: number | null;
}

export interface Deliveries {
  answer: Answer;
  count: number;
  rows: Delivery[];
}

export interface Checked {
  diagnostics: Diagnostic[];
}

/** What the page needs of the health answer. */
export interface Watched {
  sources: { source: string; node: string | null; cluster: string | null; state: string; last_event: Instant | null }[];
}
