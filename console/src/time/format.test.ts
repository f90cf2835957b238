import { describe, expect, it } from "vitest";
import { bytesText, countText, dayText, localText, offsetText, shortCount, utcText } from "./format";

const AT = Date.UTC(2026, 0, 5, 3, 4, 9);

describe("how instants and numbers are written", () => {
  it("writes UTC whatever the zone of the browser is", () => {
    expect(utcText(AT)).toBe("2026-01-05 03:04:09");
    expect(utcText(AT, false)).toBe("2026-01-05 03:04");
  });

  it("writes a local reading that names the same instant", () => {
    const text = localText(AT);
    expect(Date.parse(text.replace(" ", "T").replace(" ", ""))).toBe(AT);
    expect(text.endsWith(offsetText(AT))).toBe(true);
  });

  it("names the year of a day only where it is another", () => {
    expect(dayText(AT, AT)).toBe("5 Jan");
    expect(dayText(AT, Date.UTC(2027, 1, 1))).toBe("5 Jan 2026");
  });

  it("groups digits and shortens large counts", () => {
    expect(countText(1234567).replace(/\u202f/g, " ")).toBe("1 234 567");
    expect(countText(999)).toBe("999");
    expect([9999, 10_000, 123_456, 1_200_000].map((n) => shortCount(n).replace(/\u202f/g, " "))).toEqual(["9 999", "10.0k", "123k", "1.2M"]);
  });

  it("writes bytes in the unit that fits", () => {
    expect([0, 1023, 1024, 1536, 5_000_000_000].map(bytesText)).toEqual(["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "4.7 GiB"]);
  });
});
