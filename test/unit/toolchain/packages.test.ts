import assert from "node:assert/strict";
import fs, { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Packages {
  readonly requiredPlugins: (programFolder: string) => { name: string; version: string; server: string }[];
}
const { requiredPlugins } = createRequire(__filename)(
  "../../../toolchain/language-host/packages.cjs",
) as Packages;

describe("plugins that a program's packages need", () => {
  let program: string;
  const install = (path: string, manifest: Record<string, unknown>) => {
    mkdirSync(join(program, path), { recursive: true });
    writeFileSync(join(program, path, "package.json"), JSON.stringify(manifest));
  };
  const names = () => requiredPlugins(program).map(({ name, version }) => `${name} ${version}`);

  beforeEach(() => {
    program = mkdtempSync(join(tmpdir(), "guest-farm-packages-"));
    install("node_modules/@pulumi/command", {
      name: "@pulumi/command",
      version: "1.2.1",
      pulumi: { resource: true },
    });
    install("node_modules/plain", { name: "plain", version: "1.0.0" });
  });
  afterEach(() => rmSync(program, { recursive: true, force: true }));

  it("are those of scoped, nested and linked packages", () => {
    const pulumi = { resource: true, name: "deep", version: "v2.0.0" };
    install("node_modules/plain/node_modules/deep", { name: "deep", version: "2.0.0", pulumi });
    install("elsewhere/node_modules/far", { name: "far", version: "3.0.0", pulumi: { resource: true } });
    symlinkSync(join(program, "elsewhere"), join(program, "node_modules", "linked"));
    assert.deepEqual(names().sort(), ["command 1.2.1", "deep v2.0.0", "far 3.0.0"]);
  });

  it("are looked for in each folder once, also when a package is linked to a folder above it", () => {
    symlinkSync("..", join(program, "node_modules", "itself"));
    let looks = 0;
    const { readdirSync } = fs;
    fs.readdirSync = ((...args: Parameters<typeof readdirSync>) => {
      looks += 1;
      return readdirSync(...args);
    }) as typeof readdirSync;
    try {
      assert.deepEqual(names(), ["command 1.2.1"]);
    } finally {
      fs.readdirSync = readdirSync;
    }
    // node_modules itself and by the link, its one scope, and what each of three packages might have.
    assert.ok(looks <= 8, String(looks));
  });
});
