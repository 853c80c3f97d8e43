import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as typescript from "typescript";

const REPOSITORY = resolve(__dirname, "../../..");
const MODULES = ["cache-entry", "cached-image", "domain", "farm-identity", "guest-host-key", "network"];
/** Prints what Pulumi writes into the state for the provider of each module. */
const PRINT = `
const { runtime } = require("@pulumi/pulumi");
const { thinProvider } = require("./thin-provider");
const text = (module) => {
  const provider = thinProvider("guest-farm/providers/handlers/" + module);
  return runtime.serializeFunction(() => provider).then(({ text }) => text);
};
Promise.all(process.argv.slice(2).map(text)).then((texts) => console.log(JSON.stringify(texts)));
`;

/** A folder with the compiled provider, as in a checkout of its own. */
function checkout(): string {
  const folder = mkdtempSync(join(tmpdir(), "guest-farm-thin-"));
  const source = readFileSync(join(REPOSITORY, "providers/thin-provider.ts"), "utf8");
  const { module, target } = {
    module: typescript.ModuleKind.CommonJS,
    target: typescript.ScriptTarget.ES2022,
  };
  const { outputText } = typescript.transpileModule(source, { compilerOptions: { module, target } });
  writeFileSync(join(folder, "thin-provider.js"), outputText);
  writeFileSync(join(folder, "print.js"), PRINT);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(REPOSITORY, "node_modules/@pulumi"), join(folder, "node_modules/@pulumi"));
  return folder;
}

describe("text of dynamic providers in the state", function () {
  this.timeout(60_000);
  const folders: string[] = [];
  let texts: string[];
  let elsewhere: string[];

  before(() => {
    const printed = () => {
      const folder = checkout();
      folders.push(folder);
      const output = execFileSync(process.execPath, ["print.js", ...MODULES], {
        cwd: folder,
        encoding: "utf8",
      });
      return JSON.parse(output) as string[];
    };
    texts = printed();
    elsewhere = printed();
  });
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  it("is the same in two checkouts and two processes", () => {
    assert.deepEqual(texts, elsewhere);
    assert.equal(new Set(texts).size, MODULES.length);
  });

  it("is short", () => {
    for (const text of texts) assert.ok(text.length < 4000, `${text.length} characters`);
  });

  it("names no folder of this machine, only a module of the package", () => {
    for (const [index, text] of texts.entries()) {
      for (const folder of [...folders, REPOSITORY, tmpdir()]) assert.ok(!text.includes(folder), text);
      assert.ok(!/["'`]\/[a-z]/i.test(text), text);
      assert.ok(text.includes(`guest-farm/providers/handlers/${MODULES[index] ?? ""}`));
    }
  });

  it("names modules that there are", () => {
    for (const module of MODULES) readFileSync(join(REPOSITORY, "providers/handlers", `${module}.ts`));
  });
});
