import type { Known, Schemas } from "@/api/wire";

// What `GET /health` answers.

export type State = Schemas["State"];

export type HealthGap = Schemas["SourceGap"];

/** A source of a node. `expected`: when it was to be watched, in the time asked for; null when it was not. */
export type Source = Known<Schemas["SourceWithGaps"]>;

/** How an agent that takes its rules from the server stands with them; `behind_since` is null when it runs what is wanted. */
export type RuleSet = Known<Schemas["RuleSetHealth"]>;

export type Node = Known<Schemas["NodeHealth"]>;

export type HealthAnswer = Known<Schemas["HealthAnswer"]>;
