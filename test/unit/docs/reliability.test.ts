import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const REPOSITORY = resolve(__dirname, "../../..");
const PAGE = readFileSync(join(REPOSITORY, "docs", "reliability.md"), "utf8");

describe("docs/reliability.md", () => {
  it("names a test that is there for every promise", () => {
    const promises = PAGE.split("\n").filter((line) => line.startsWith("| ") && !/^\| (what|---)/.test(line));
    assert.ok(promises.length > 20, String(promises.length));
    for (const promise of promises) {
      const tests = [...promise.matchAll(/`(test\/[^`]+)`/g)].map(([, path = ""]) => path);
      assert.notDeepEqual(tests, [], promise);
      for (const path of tests) assert.ok(existsSync(join(REPOSITORY, path)), `there is no ${path}`);
    }
  });
});
