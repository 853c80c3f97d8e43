import assert from "node:assert/strict";
import { resolve } from "node:path";
import { before, describe, it } from "mocha";

const MODULE = resolve(__dirname, "../../../toolchain/lib/stack-name.mjs");
type AssertStackName = (stack: string, allowed: { qualified: boolean }) => void;

describe("the name of a stack", () => {
  let assertStackName: AssertStackName;
  before(async () => {
    const module = (await import(MODULE)) as {
      assertStackName: AssertStackName;
    };
    assertStackName = module.assertStackName;
  });

  const HOSTILE = [
    "",
    "--help",
    "-s",
    "a b",
    "it's",
    'a"b',
    "a;b",
    "$(x)",
    "a/b/c/d",
    "/a",
    "a/",
    ".",
    "..",
    "é",
  ];
  for (const name of [...HOSTILE, "x".repeat(101)]) {
    it(`is not ${JSON.stringify(name.slice(0, 10))}`, () => {
      assert.throws(
        () => assertStackName(name, { qualified: true }),
        /^SetupError: STACK is .*1 to 100 letters/s,
      );
    });
  }
  it("has an organization and a project only where there are any", () => {
    for (const name of ["acme/x", "acme/farm/x"]) {
      assertStackName(name, { qualified: true });
      assert.throws(() => assertStackName(name, { qualified: false }));
    }
  });
  it("is an ordinary word", () => {
    for (const name of ["quickstart", "example-01", "v1.2_x", "x".repeat(100)])
      assertStackName(name, { qualified: false });
  });
});
