import assert from "node:assert/strict";
import { createRequire } from "node:module";

/** The part of the command plugin that is tested here. */
interface Globs {
  compile(pattern: string): RegExp;
}

const globs = createRequire(__filename)("../../../toolchain/command-plugin/globs.cjs") as Globs;

describe("path patterns of command resources", () => {
  const cases: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
    ["*.txt", "a.txt", true],
    ["*.txt", "folder/a.txt", false],
    ["**.txt", "folder/a.txt", true],
    ["out/**", "out/a/b", true],
    ["out/**", "outer", false],
    ["?.c", "a.c", true],
    ["?.c", "/.c", false],
    ["[ab].c", "a.c", true],
    ["[!ab].c", "a.c", false],
    ["{one,two}.log", "two.log", true],
    ["{one,two}.log", "three.log", false],
    ["a.b", "axb", false],
    ["a+(b)$", "a+(b)$", true],
    ["\\*", "*", true],
    ["\\*", "a", false],
  ];
  for (const [pattern, path, matches] of cases) {
    it(`${pattern} ${matches ? "selects" : "leaves"} ${path}`, () => {
      assert.equal(globs.compile(pattern).test(path), matches);
    });
  }
  it("says what is wrong with a pattern", () => {
    assert.throws(() => globs.compile("[a"), /"\[" without "\]"/);
    assert.throws(() => globs.compile("{a"), /"\{" without "\}"/);
  });
});
