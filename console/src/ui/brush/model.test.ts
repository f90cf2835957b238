import { describe, expect, it } from "vitest";
import { placeOf, slotAt, slotCount, stretchOf, stretchText } from "./model";

const H = 3_600_000;
const DAY = 24 * H;
const at = Date.UTC(2026, 10, 26);

describe("slots of a chart", () => {
  const whole = { view: { from: at, to: at + 6 * H }, step: H };
  const cut = { view: { from: at + 0.5 * H, to: at + 2.5 * H }, step: H };

  it("are found by where one points, also beside the chart", () => {
    expect([-1, 0, 0.49, 0.5, 0.999, 1, 7].map((part) => slotAt(whole, part))).toEqual([0, 0, 2, 3, 5, 5, 5]);
    expect([0, 0.2, 0.3, 0.7, 0.8].map((part) => slotAt(cut, part))).toEqual([0, 0, 1, 1, 2]);
  });

  it("give a time in either order, whole slots and no more than is shown", () => {
    expect(stretchOf(whole, 1, 3)).toEqual({ from: at + H, to: at + 4 * H });
    expect(stretchOf(whole, 3, 1)).toEqual(stretchOf(whole, 1, 3));
    expect(slotCount(cut)).toBe(3);
    expect(stretchOf(cut, 0, 2)).toEqual(cut.view);
    expect(stretchOf(cut, 1, 1)).toEqual({ from: at + H, to: at + 2 * H });
  });

  it("are marked where they are drawn", () => {
    expect(placeOf(whole, stretchOf(whole, 3, 5))).toEqual({ left: 50, width: 50 });
    expect(placeOf(cut, stretchOf(cut, 0, 0))).toEqual({ left: 0, width: 25 });
  });

  it("are written so that a reader knows what is in: days by date, else instants", () => {
    expect(stretchText({ from: at, to: at + DAY })).toBe("2026-11-26, UTC");
    expect(stretchText({ from: at - DAY, to: at + DAY })).toBe("2026-11-25 to 2026-11-26, UTC");
    expect(stretchText({ from: at, to: at + H })).toBe("2026-11-26 00:00 to 01:00 UTC");
    expect(stretchText({ from: at + 23 * H, to: at + DAY + 10_000 })).toBe("2026-11-26 23:00:00 to 2026-11-27 00:00:10 UTC");
  });
});
