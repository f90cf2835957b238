import { beforeEach, describe, expect, it } from "vitest";
import { clearFilter, filterParams, parseFilter, toggleValue } from "./filter";
import { resync } from "./router";

describe("filter in the address", () => {
  beforeEach(() => {
    window.history.replaceState(null, "", "/findings");
    resync();
  });

  it("goes to the API under the names of the address", () => {
    const text = "q=curl&severity=high&severity=critical&not.rule=A+%26+B";
    expect(filterParams(parseFilter(text)).toString()).toBe(text);
  });

  it("leaves parameters alone that are no columns", () => {
    expect(parseFilter("t=24h&sel=F1&density=one&severity=low").terms).toEqual([{ column: "severity", not: false, values: ["low"] }]);
  });

  it("takes a value out when it is chosen again", () => {
    toggleValue("node", "n1");
    expect(window.location.search).toBe("?node=n1");
    toggleValue("node", "n1");
    expect(window.location.search).toBe("");
  });

  it("never has a value both in and out", () => {
    toggleValue("node", "n1");
    toggleValue("node", "n1", true);
    expect(window.location.search).toBe("?not.node=n1");
  });

  it("keeps time and view when it is cleared", () => {
    window.history.replaceState(null, "", "/findings?t=7d&severity=low&not.node=x&q=y&density=two");
    resync();
    clearFilter();
    expect(window.location.search).toBe("?t=7d&density=two");
  });
});
