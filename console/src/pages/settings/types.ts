import type { Answered, Role } from "@/api/types";
import type { Known, Narrow, Schemas } from "@/api/wire";

// Answers of the routes behind the settings, with texts of few values as unions.

export type Period = Schemas["PeriodOut"];

export type UserRole = Role;

export type User = Narrow<Known<Schemas["UserOut"]>, { role: UserRole; state: "enabled" | "disabled" }>;

export type NewUser = Narrow<Schemas["AddUser"], { role: UserRole }>;

export type UserChange = Narrow<Schemas["ChangeUser"], { role?: UserRole }>;

export type OneTimeLink = Schemas["LinkOut"];

export const SCOPES = ["read", "ingest", "triage", "rules", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export type Token = Narrow<Known<Schemas["TokenOut"]>, { scopes: Scope[]; state: "works" | "ended" | "revoked" }>;

export type NewToken = Narrow<Schemas["AddToken"], { scopes: Scope[] }>;

export type BrowserSession = Narrow<Schemas["SessionOut"], { means: "password" | "link" | "oidc" }>;

export type Channel = Known<Schemas["ChannelOut"]>;

export type Route = Schemas["RouteOut"];

export type Channels = Known<Schemas["ChannelsOut"]>;

export type Delivery = Narrow<Known<Schemas["DeliveryOut"]>, { state: "delivered" | "failed" | "held_back" }>;

export type Deliveries = Narrow<Known<Schemas["DeliveriesOut"]>, { rows: Delivery[] } & Answered>;
