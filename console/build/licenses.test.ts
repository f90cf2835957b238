import { describe, expect, it } from "vitest";
import { packageFolder } from "./licenses";

describe("licences of what is bundled", () => {
  it("finds the package of a module, also a scoped and a nested one", () => {
    expect(packageFolder("/a/node_modules/react/index.js")).toBe("/a/node_modules/react");
    expect(packageFolder("/a/node_modules/@x/y/dist/z.js")).toBe("/a/node_modules/@x/y");
    expect(packageFolder("/a/node_modules/b/node_modules/c/i.js")).toBe("/a/node_modules/b/node_modules/c");
    expect(packageFolder("\0/a/node_modules/b/i.js?commonjs-proxy")).toBe("/a/node_modules/b");
  });

  it("leaves our own files alone", () => {
    expect(packageFolder("/a/src/main.tsx")).toBeNull();
  });
});
