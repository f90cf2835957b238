import type { components, paths } from "./schema";

// Types of calls, taken from the document of the API (`schema.ts`): a change of the server that a page does not
// follow does not compile.

/** Shapes of the API by their names in its document. */
export type Schemas = components["schemas"];

export type Method = "get" | "put" | "post" | "patch" | "delete";

/** Paths that know a method, with `{names}` for what is put into them. */
export type PathOf<M extends Method> = { [P in keyof paths]: paths[P][M] extends object ? P : never }[keyof paths];

type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;

/** What is put into a path. */
type Inserted<P extends keyof paths, M extends Method> = Operation<P, M> extends { parameters: { path: infer T extends object } } ? T : never;

/** Parameters of a question. */
type QueryOf<P extends keyof paths, M extends Method> = Operation<P, M> extends { parameters: { query?: infer T } } ? (T extends object ? T : Record<string, never>) : Record<string, never>;

/** What a change is told. */
type BodyOf<P extends keyof paths, M extends Method> = Operation<P, M> extends { requestBody: { content: { "application/json": infer T } } } ? T : never;

type Json<T> = T extends { content: { "application/json": infer J } } ? J : undefined;

/** What is answered when all is well. */
export type AnswerOf<P extends keyof paths, M extends Method> = Operation<P, M> extends { responses: infer R } ? Known<Json<R[keyof R]>> : never;

/** A shape as pages see it. The server writes `null` for what is not known; the document only says that it may be missing. */
export type Known<T> =
  T extends readonly (infer U)[] ? (number extends T["length"] ? Known<U>[] : { [K in keyof T]: Known<T[K]> })
  : T extends object ? { [K in keyof T]-?: Known<Exclude<T[K], undefined>> | MissingAs<null, T, K> }
  : T;

/** `Null` for a member that may be missing. A map has no such members. */
type MissingAs<Null, T, K extends keyof T> = string extends K ? never : Record<never, never> extends Pick<T, K> ? Null : never;

/** A shape whose members `O` are known more exactly than the document says. A member that the shape does not have is an error. */
export type Narrow<T, O extends { [K in keyof O]: K extends keyof T ? unknown : never }> = Omit<T, keyof O> & O;

/** Parameters, of which those without a value are left out. */
type Loose<T> = { [K in keyof T]?: T[K] | null | undefined };

type Asking<P extends PathOf<M>, M extends Method> = { signal?: AbortSignal | undefined } & ([Inserted<P, M>] extends [never] ? unknown : { in: Inserted<P, M> });

/** What goes with a question: what is put into its path, its parameters. */
export type Question<P extends PathOf<"get">> = Asking<P, "get"> & { query?: URLSearchParams | Loose<QueryOf<P, "get">> };

/** What goes with a change: what is put into its path, what it tells. */
export type Change<P extends PathOf<M>, M extends Method> = Asking<P, M> & ([BodyOf<P, M>] extends [never] ? unknown : { body: BodyOf<P, M> });
