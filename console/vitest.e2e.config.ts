import { defineConfig } from "vitest/config";

// Browser tests: the built console in Chromium against the mock.
// They need `npm run build` first and a Chromium at CHROMIUM or /usr/bin/chromium.
// A file has its own browser and its own mock on a port of its own, so two files run at a time: much of a test is waiting.
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/e2e/**/*.test.ts"],
    // Long for a machine that has other work: what hangs is told by the 60 s of a single wait (`open()`).
    testTimeout: 150_000,
    hookTimeout: 60_000,
    pool: "forks",
    poolOptions: { forks: { minForks: 2, maxForks: 2 } },
  },
});
