import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { startMock, type Mock } from "../../mock/server.mjs";
import { launch } from "./browser";

type Options = NonNullable<Parameters<typeof startMock>[0]>;

/** One browser for the tests of a file, and for each test that starts one a mock of its own. Both end with it. */
export interface Mocked {
  readonly browser: Browser;
  readonly mock: Mock;
  /** Starts a mock; its address. */
  start: (options?: Options) => Promise<string>;
  /** Ends the mock in the middle of a test. */
  stop: () => Promise<void>;
}

/** To be called once, at the head of a file of tests; `defaults` hold for every mock that says nothing else. */
export function mocked(defaults: Options): Mocked {
  let browser: Browser | undefined;
  let mock: Mock | undefined;
  const started = <T>(what: T | undefined): T => {
    if (what === undefined) throw new Error("not started");
    return what;
  };
  const stop = async () => {
    await mock?.stop();
    mock = undefined;
  };
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const context of started(browser).contexts()) await context.close();
    await stop();
  });
  return {
    get browser() {
      return started(browser);
    },
    get mock() {
      return started(mock);
    },
    start: async (options = {}) => {
      mock = await startMock({ quiet: true, ...defaults, ...options });
      return `http://127.0.0.1:${String(mock.port)}`;
    },
    stop,
  };
}
