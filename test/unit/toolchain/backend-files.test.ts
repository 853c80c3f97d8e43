import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { before, beforeEach, describe, it } from "mocha";

interface StackFiles {
  readonly checkpoint: string;
  readonly locks: string;
  readonly backups: string;
}
interface Modules {
  backendFolder(url: string, from: string): string | undefined;
  projectOf(from: string): { readonly name: string; readonly folders: readonly string[] };
  stackFiles(folder: string, project: string, stack: string): StackFiles;
  hasState(files: StackFiles, stack: string): boolean;
  mendAttributes(files: StackFiles, say: (line: string) => void): void;
  removeUnfinished(files: StackFiles): void;
}

const LIB = resolve(__dirname, "../../../toolchain/lib");
const state = (resources: number) =>
  JSON.stringify({ version: 3, checkpoint: { latest: { resources: Array(resources).fill({}) } } });
const LONG_AGO = new Date("2026-01-01T00:00:00Z");

describe("a stack in a file backend", () => {
  let modules: Modules;
  let folder: string;
  let files: StackFiles;
  before(async () => {
    const names = ["backend-files", "checkpoints", "unfinished"];
    const parts = await Promise.all(names.map((name) => import(join(LIB, `${name}.mjs`)) as Promise<object>));
    modules = Object.assign({}, ...parts) as Modules;
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "gf-backend-"));
    mkdirSync(join(folder, ".pulumi"));
    writeFileSync(join(folder, ".pulumi/meta.yaml"), "version: 1\n");
    files = modules.stackFiles(folder, "farm", "x");
    for (const path of [files.backups, files.locks, join(files.checkpoint, "..")])
      mkdirSync(path, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const has = () => modules.hasState(files, "x");

  it("is found by the backend's address as users write it", () => {
    assert.equal(modules.backendFolder("file:///a/b%20c?no_tmp_dir=true", "/w"), "/a/b c");
    assert.equal(modules.backendFolder("file://~", "/w"), userInfo().homedir);
    assert.equal(modules.backendFolder("file://./state", "/w"), "/w/state");
    assert.equal(modules.backendFolder("https://example.org", "/w"), undefined);
  });
  it("has its files by project, or without one in backends of old versions", () => {
    assert.equal(files.locks, join(folder, ".pulumi/locks/organization/farm/x"));
    rmSync(join(folder, ".pulumi/meta.yaml"));
    writeFileSync(join(folder, ".pulumi/stacks/x.json"), state(1));
    assert.equal(modules.stackFiles(folder, "farm", "x").locks, join(folder, ".pulumi/locks/x"));
  });
  it("is of the project that the nearest Pulumi.yaml names", () => {
    writeFileSync(join(folder, "Pulumi.yaml"), 'name: "my-farm" # mine\nmain: src/index.js\n');
    const { name, folders } = modules.projectOf(join(folder, ".pulumi/stacks"));
    assert.equal(name, "my-farm");
    assert.deepEqual(folders, [folder, join(folder, "src")]);
  });

  it("is there with its state, and not there without anything of it", () => {
    assert.equal(has(), false);
    writeFileSync(files.checkpoint, state(3));
    assert.equal(has(), true);
  });
  it("that was removed as it should be may be made again", () => {
    writeFileSync(`${files.checkpoint}.bak`, state(0));
    writeFileSync(join(files.backups, "x.1.json"), state(5));
    assert.equal(has(), false);
  });
  for (const text of ["", '{"version": 3, "checkp']) {
    it(`whose state is ${text === "" ? "empty" : "cut off"} is an error that names the older state`, () => {
      writeFileSync(files.checkpoint, text);
      writeFileSync(`${files.checkpoint}.bak`, state(26));
      assert.throws(has, (error: Error) => {
        assert.match(error.message, text === "" ? /state of stack x is empty/ : /is not whole/);
        assert.match(error.message, /x\.json\.bak \(26 resources/);
        assert.match(error.message, new RegExp(`cp '${files.checkpoint}.bak' '${files.checkpoint}'\n`));
        return true;
      });
    });
  }
  it("whose older state is damaged as well is restored from a backup", () => {
    writeFileSync(files.checkpoint, "");
    writeFileSync(`${files.checkpoint}.bak`, "");
    writeFileSync(join(files.backups, "x.1.json"), state(7));
    assert.throws(has, new RegExp(`cp '${join(files.backups, "x.1.json")}' '${files.checkpoint}'`));
  });
  it("of which only an older state with resources is left is not made anew over it", () => {
    writeFileSync(`${files.checkpoint}.bak`, state(2));
    assert.throws(has, /is missing.*x\.json\.bak/s);
  });
  it("of which only the attributes of its state and backups are left is not made anew", () => {
    writeFileSync(`${files.checkpoint}.attrs`, "{}");
    assert.equal(has(), false);
    writeFileSync(join(files.backups, "x.1.json"), state(7));
    assert.throws(has, /is missing/);
  });

  it("gets rid of broken attributes of a whole state, and of nothing else", () => {
    const said: string[] = [];
    writeFileSync(files.checkpoint, state(1));
    writeFileSync(`${files.checkpoint}.attrs`, "");
    writeFileSync(join(folder, ".pulumi/meta.yaml.attrs"), "{}\n");
    modules.mendAttributes(files, (line) => said.push(line));
    assert.deepEqual(readdirSync(join(files.checkpoint, "..")), ["x.json"]);
    assert.ok(readdirSync(join(folder, ".pulumi")).includes("meta.yaml.attrs"));
    assert.match(said.join("\n"), /killed while it saved the state.*x\.json\.attrs/);
  });
  it("gets rid of old files that were never finished, its own alone", () => {
    const stacks = join(files.checkpoint, "..");
    const unfinished = "json.187b2c3d4e5f6a7b.tmp";
    for (const name of [`x.${unfinished}`, `y.${unfinished}`, "x.json", "x.json.bak"])
      writeFileSync(join(stacks, name), state(1));
    writeFileSync(join(files.backups, "x.9.json.attrs"), "");
    for (const path of [
      join(stacks, `x.${unfinished}`),
      join(stacks, `y.${unfinished}`),
      join(files.backups, "x.9.json.attrs"),
    ])
      utimesSync(path, LONG_AGO, LONG_AGO);
    writeFileSync(join(stacks, "x.json.187b2c3d4e5f6a7c.tmp"), "being written");
    modules.removeUnfinished(files);
    assert.deepEqual(readdirSync(stacks).sort(), [
      "x.json",
      "x.json.187b2c3d4e5f6a7c.tmp",
      "x.json.bak",
      `y.${unfinished}`,
    ]);
    assert.deepEqual(readdirSync(files.backups), []);
  });
});
