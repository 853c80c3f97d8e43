import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const MODULE = resolve(__dirname, "../../../toolchain/lib/parts.mjs");

describe("the toolchain's cache folder", () => {
  let cache: string;
  beforeEach(() => (cache = mkdtempSync(join(tmpdir(), "guest-farm-parts-"))));
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  /** Runs some lines with the functions of the module, on a cache folder of their own. */
  function script(lines: string) {
    const text = `import { hasPart, keepNewest, part } from ${JSON.stringify(MODULE)};\n${lines}`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", text], {
      encoding: "utf8",
      env: { ...process.env, GUEST_FARM_TOOLCHAIN: cache },
    });
    return { status, stdout: stdout.trim(), stderr };
  }

  it("has a part when it is complete, and makes it once", () => {
    mkdirSync(join(cache, "other"));
    const made = script(`
      import { writeFileSync } from "node:fs";
      const fill = (text) => (folder) => writeFileSync(folder + "/file", text);
      console.log(hasPart("a"), await part("a", fill("first")), await part("a", fill("second")), hasPart("a"));`);
    const folder = join(cache, "a");
    assert.equal(made.stdout, `false ${folder} ${folder} true`, made.stderr);
    assert.equal(readFileSync(join(folder, "file"), "utf8"), "first");
  });

  it("keeps nothing of a part that could not be made", () => {
    const failed = script(`await part("a", async () => { throw new Error("no network"); });`);
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /no network/);
    assert.deepEqual(readdirSync(cache), []);
  });

  it("loses the oldest of the parts that are made often, and no others", () => {
    for (const [index, name] of ["build-old", "build-new", "build-newer", "pulumi-older"].entries()) {
      mkdirSync(join(cache, name));
      writeFileSync(join(cache, name, "file"), "");
      const time = name === "pulumi-older" ? 1 : 1000 + index;
      utimesSync(join(cache, name), time, time);
    }
    assert.equal(script(`keepNewest("build-", 2);`).status, 0);
    assert.deepEqual(readdirSync(cache).sort(), ["build-new", "build-newer", "pulumi-older"]);
  });
});
