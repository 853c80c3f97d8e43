import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packFolder } from "../../../connections/guest/pack-folder";

describe("a folder that is packed for a guest", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "gf-pack-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const packed = async (path: string): Promise<string[]> => {
    const { stream, done } = packFolder(path);
    const archive = Buffer.concat((await stream.toArray()) as Buffer[]);
    await done;
    const names = execFileSync("tar", ["-tf", "-"], { input: archive, encoding: "utf8" });
    return names.trim().split("\n").sort();
  };

  it("leaves the history of git and our own results behind, at any depth", async () => {
    for (const inner of [".git", "src/.git", "src/.guest-farm/stack", "src/.github", "src/a.git"]) {
      mkdirSync(join(folder, inner), { recursive: true });
      writeFileSync(join(folder, inner, "config"), "token");
    }
    mkdirSync(join(folder, "submodule"));
    writeFileSync(join(folder, "submodule", ".git"), "gitdir: elsewhere");
    assert.deepEqual(await packed(folder), [
      "./",
      "./src/",
      "./src/.github/",
      "./src/.github/config",
      "./src/a.git/",
      "./src/a.git/config",
      "./submodule/",
    ]);
  });

  it("is whole when it has such a name itself", async () => {
    mkdirSync(join(folder, ".git"));
    writeFileSync(join(folder, ".git", "HEAD"), "ref");
    assert.deepEqual(await packed(join(folder, ".git")), ["./", "./HEAD"]);
  });
});
