import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileAhead, compiledPath, loadCompiled } from "../../../cli/lifecycle/compiled-code";

describe("a module in one file", () => {
  let folder: string;
  let path: string;
  const write = (answer: string) =>
    writeFileSync(
      path,
      `const { basename } = require("node:path");
       exports.here = [basename(__dirname), basename(__filename)];
       exports.beside = () => require("./beside.json");
       module.exports.answer = () => ${JSON.stringify(answer)}; // the last line may be a comment`,
    );
  const load = () => loadCompiled(path) as { here: string[]; beside: () => unknown; answer: () => string };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "guest-farm-compiled-"));
    path = join(folder, "module.js");
    write("one");
    writeFileSync(join(folder, "beside.json"), "[1]");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const isItself = () => {
    const { here, beside, answer } = load();
    assert.deepEqual(here, [folder.split("/").at(-1), "module.js"]);
    assert.deepEqual(beside(), [1]);
    assert.equal(answer(), "one");
  };

  it("runs where nobody has compiled it before", () => {
    assert.equal(existsSync(compiledPath(path)), false);
    isItself();
  });

  it("runs from what was compiled before", () => {
    compileAhead(path);
    assert.ok(existsSync(compiledPath(path)));
    isItself();
  });

  it("runs where what was compiled before is damaged, or of other code", () => {
    compileAhead(path);
    truncateSync(compiledPath(path), 40);
    isItself();
    writeFileSync(compiledPath(path), "");
    isItself();
    write("one and more");
    compileAhead(path);
    write("one");
    isItself();
  });
});
