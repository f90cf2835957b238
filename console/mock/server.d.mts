/** Types of the mock for the browser tests. */
export interface Mock {
  port: number;
  stop: () => Promise<void>;
  world: {
    rows: { id: string; rule: string; severity: string; acknowledged: unknown; suppressed: string | null }[];
    streams: Set<{ response: { end: () => void } }>;
    loggedIn: boolean;
    /** What pages besides overview and findings keep in the mock. */
    extra: Record<string, unknown>;
    setup: boolean;
    add: (forced?: unknown) => { id: string; rule: string; suppressed: string | null };
    tell: (event: string, data: unknown) => void;
  };
}
export function startMock(options?: { port?: number; count?: number; quiet?: boolean; loggedIn?: boolean; setup?: boolean; role?: string }): Promise<Mock>;
