import { defineConfig } from "vitest/config";

// Browser tests: the built console in Chromium against the mock.
// They need `npm run build` first and a Chromium at CHROMIUM or /usr/bin/chromium.
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/e2e/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
