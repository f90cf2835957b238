import { defineConfig } from "vitest/config";

// The main flows in Chromium against the real server. They need the program at
// AVOUCH_BIN, built with the `dist/` that is to be tested.
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/server/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    sequence: { concurrent: false },
    bail: 0,
  },
});
