import assert from "node:assert/strict";
import { fitsGlob } from "../../../definitions/glob";

describe("a pattern for names", () => {
  it("fits as a whole, and a star stands for anything", () => {
    for (const [pattern, name, fits] of [
      ["a", "a", true],
      ["a", "ab", false],
      ["*", "", true],
      ["**", "x/y\nz", true],
      ["a*", "a", true],
      ["*a", "ba", true],
      ["a*a", "a", false],
      ["a*a", "aa", true],
      ["ab*ba", "aba", false],
      ["*ab*b", "xabab", true],
      ["*ab*b", "xab", false],
      ["a.c*", "abc", false],
      ["[*]", "[x]", true],
    ] as const) {
      assert.equal(fitsGlob(pattern, name), fits, `${pattern} ${name}`);
    }
  });

  it("is answered at once where a regular expression would try for ever", () => {
    assert.equal(fitsGlob(`${"*a".repeat(60)}b`, "a".repeat(128)), false);
  });
});
