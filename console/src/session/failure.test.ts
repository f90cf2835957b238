import { describe, expect, it } from "vitest";
import { failureText } from "./failure";

describe("why a login through the provider did not work", () => {
  it("has a sentence for each word of the server, and none of them is the general one", () => {
    const words = ["refused", "stale", "provider", "no_role", "no_period", "name_taken", "disabled", "busy"];
    const general = failureText("server", "SSO");
    const texts = words.map((word) => failureText(word, "SSO"));
    expect(new Set([...texts, general]).size).toBe(words.length + 1);
  });

  it("takes any word of an address for one that is not known", () => {
    for (const word of ["", "toString", "__proto__", "<script>"]) expect(failureText(word, "SSO")).toBe(failureText("server", "SSO"));
  });
});
