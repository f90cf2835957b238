import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { licenses } from "./build/licenses";

// The built folder is committed and embedded in the server. It must be the same
// byte for byte wherever it is built: no dates, no absolute paths, no source maps.
export default defineConfig({
  plugins: [react(), licenses()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    // Several people may build in one checkout: each names a folder of its own.
    outDir: process.env["CONSOLE_DIST"] ?? "dist",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    // The policy of the server forbids inline script and data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 400,
  },
  server: { port: 4173, strictPort: true, proxy: { "/api": "http://127.0.0.1:4100" } },
  test: {
    environment: "jsdom",
    include: ["{src,build}/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
