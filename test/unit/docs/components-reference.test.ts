import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as components from "../../../components";
import { componentsReference } from "../../../toolchain/docs/components-reference";

const PAGE = readFileSync(join(__dirname, "../../../docs/components.md"), "utf8");

describe("docs/components.md", function () {
  this.timeout(60_000);

  it("is as the sources have it", () => {
    assert.equal(PAGE, componentsReference(), "run `npx tsx toolchain/docs/write.ts`");
  });

  it("has everything that the package exports", () => {
    for (const name of Object.keys(components)) assert.match(PAGE, new RegExp(`^### ${name}$`, "m"));
  });

  it("explains every argument of every resource", () => {
    const resources = PAGE.slice(PAGE.indexOf("## Resources"), PAGE.indexOf("## Functions"));
    const silent = resources.match(/^\| `(?!hypervisor|owner)\w+\?` \| .* \|\s+\|$/gm) ?? [];
    assert.deepEqual(silent, []);
  });

  it("names no folder of this machine", () => {
    assert.ok(!PAGE.includes("import("));
    assert.ok(!PAGE.includes(process.cwd()));
  });
});
