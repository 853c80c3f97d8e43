import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const DOCS = resolve(__dirname, "../../../docs");
const text = readFileSync(resolve(DOCS, "security.md"), "utf8");

describe("the page about security", () => {
  const tests = [...text.matchAll(/\]\((\.\.\/test\/[^)]+)\)/g)].map(([, path = ""]) => path);

  it("names the tests of what it says", () => assert.ok(tests.length > 0));

  for (const path of new Set(tests)) {
    it(`names a test that is there: ${path}`, () => assert.ok(existsSync(resolve(DOCS, path))));
  }
});
