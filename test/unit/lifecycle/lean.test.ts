import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** What a process has loaded after requiring some modules, as packages. */
function packagesBehind(...modules: readonly string[]): readonly string[] {
  const root = join(__dirname, "..", "..", "..");
  const script = `
    for (const name of ${JSON.stringify(modules.map((name) => join(root, name)))}) require(name);
    const found = Object.keys(require.cache).map((path) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(path)?.[1]);
    process.stdout.write(JSON.stringify([...new Set(found)].filter((name) => name !== undefined)));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--require", "tsx/cjs", "-e", script], {
    cwd: root,
    encoding: "utf8",
  });
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout) as string[];
}

describe("the supervisor", () => {
  it("loads nothing of Pulumi: there is one supervisor per guest, and each has to stay small", function () {
    this.timeout(20_000);
    const loaded = packagesBehind("cli/lifecycle/supervisor.ts", "cli/lifecycle/wiring.ts");
    assert.ok(loaded.includes("zod"), loaded.join());
    assert.deepEqual(
      loaded.filter(
        (name) => name.startsWith("@pulumi/") || name === "typescript" || name === "@grpc/grpc-js",
      ),
      [],
    );
  });

  it("has a front that loads no package at all: it has to start the supervisor at once", function () {
    this.timeout(20_000);
    const loaded = packagesBehind("cli/lifecycle/front-process.ts");
    assert.deepEqual(
      loaded.filter((name) => ["zod", "yaml", "xmlbuilder2"].includes(name)),
      [],
    );
  });
});
