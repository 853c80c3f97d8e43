import assert from "node:assert/strict";
import { candidates } from "../../../phases/lookup";
import { folderWith, load, loadFiles, mistakesOf, removeFolders } from "./support/project";

const EMPTY = "steps: []\n";

describe("the look-up of phase files", () => {
  afterEach(removeFolders);

  it("goes from target to platform to all, .yaml before .yml", () => {
    assert.deepEqual(candidates("main", { platform: "p", target: "t" }), [
      "p/t/main.yaml",
      "p/t/main.yml",
      "p/main.yaml",
      "p/main.yml",
      "main.yaml",
      "main.yml",
    ]);
  });

  it("takes the first of all that exist, each time one is taken away", async () => {
    const all = candidates("main", { platform: "debian-12", target: "amd64" });
    for (let first = 0; first < all.length; first++) {
      const files = Object.fromEntries(all.slice(first).map((path) => [path, EMPTY]));
      assert.equal((await loadFiles(files)).files.main, all[first]);
    }
  });

  it("does so for each phase by itself, and runs one file alone", async () => {
    const loaded = await loadFiles({
      "dependencies.yml": EMPTY,
      "init.yaml": "steps:\n  - run: general\n",
      "debian-12/init.yaml": "steps:\n  - run: specific\n",
      "debian-12/amd64/terminate.yaml": EMPTY,
      "amd64/main.yaml": EMPTY,
      "debian-12/arm64/main.yaml": EMPTY,
    });
    assert.deepEqual(loaded.files, {
      dependencies: "dependencies.yml",
      init: "debian-12/init.yaml",
      main: null,
      terminate: "debian-12/amd64/terminate.yaml",
    });
    assert.equal(loaded.phases.init?.steps.length, 1);
  });

  it("finds nothing in an empty folder, and that is fine", async () => {
    const loaded = await loadFiles({});
    assert.deepEqual(Object.values(loaded.files), [null, null, null, null]);
    assert.deepEqual(loaded.describeInputs("salt"), {});
  });

  it("refuses a folder with the name of a phase file", async () => {
    const [mistake] = await mistakesOf({ "main.yaml/x": "", "main.yml": EMPTY });
    assert.match(mistake?.what ?? "", /is a folder/);
  });

  it("refuses a script with the line ends of Windows or a byte order mark, where a shell reads it", async () => {
    const phase = "steps:\n  - script: s.sh\n";
    for (const script of ["#!/bin/sh\r\necho\r\n", "\ufeff#!/bin/sh\n"]) {
      const [mistake, ...others] = await mistakesOf({ "main.yaml": phase, "s.sh": script });
      assert.match(mistake?.what ?? "", /line ends of Windows|byte order mark/);
      assert.deepEqual(others, []);
      const powershell = `${phase}    shell: powershell\n`;
      assert.equal((await loadFiles({ "main.yaml": powershell, "s.sh": script })).files.main, "main.yaml");
    }
  });

  it("refuses a link that leads nowhere, instead of running nothing", async () => {
    const [mistake] = await mistakesOf({ "main.yaml": "link:gone.yaml" });
    assert.equal(mistake?.what, "is a link that leads nowhere");
  });
});

describe("variables of phases", () => {
  afterEach(removeFolders);

  it("are merged from general to specific, and the project's own win", async () => {
    const loaded = await loadFiles(
      {
        "vars.yaml": "a: 1\nb: 1\nc: 1\nd: 1\nmap: {x: 1, y: {z: 1}}\nlist: [1, 2]\n",
        "debian-12/vars.yml": "b: 2\nc: 2\nd: 2\nmap: {y: {w: 2}}\nlist: [3]\n",
        "debian-12/amd64/vars.yaml": "c: 3\nd: 3\nmap: {x: null}\n",
      },
      { context: { vars: { d: 4, map: { v: 4 } } } },
    );
    assert.deepEqual(loaded.context.vars, {
      a: 1,
      b: 2,
      c: 3,
      d: 4,
      map: { x: null, y: { z: 1, w: 2 }, v: 4 },
      list: [3],
    });
  });

  it("take vars.yaml before vars.yml, and are none without one", async () => {
    const root = folderWith({ "vars.yaml": "a: 1\n", "vars.yml": "a: 2\n" });
    assert.deepEqual((await load(root)).context.vars, { a: 1 });
    assert.deepEqual((await loadFiles({})).context.vars, {});
    assert.deepEqual((await loadFiles({ "vars.yaml": "# nothing yet\n" })).context.vars, {});
  });

  it("are plain data: expressions in them are refused", async () => {
    const [mistake] = await mistakesOf({ "vars.yaml": "a:\n  b: [x, '${{ guest.name }}']\n" });
    assert.deepEqual(
      [mistake?.line, mistake?.path, mistake?.what],
      [2, "a.b[1]", "expressions are not evaluated in a file of variables"],
    );
  });

  it("cannot reach what every object inherits", async () => {
    const loaded = await loadFiles({ "vars.yaml": "__proto__: {polluted: true}\nconstructor: x\n" });
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    assert.equal(loaded.context.vars["constructor"], "x");
  });
});
