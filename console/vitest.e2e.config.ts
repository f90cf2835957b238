import { defineConfig } from "vitest/config";

// Browser tests: the built console in Chromium against the mock.
// They need `npm run build` first and a Chromium at CHROMIUM or /usr/bin/chromium.
// One file at a time: two browsers at once take hardly less time on two cores, and waits run out.
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/e2e/**/*.test.ts"],
    // Long for a machine that has other work: what hangs is told by the 60 s of a single wait (`open()`).
    testTimeout: 150_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
