import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openPhaseFolder } from "../../../phases/folder/disk-folder";
import { ACTION_NAMES, ACTIONS } from "../../../phases/file/schema";
import { loadProject } from "../../../phases/project/load-project";
import { CONTEXT, GUEST, loadFiles, removeFolders } from "./support/project";

const ROOT = join(__dirname, "../../..");
const document = readFileSync(join(ROOT, "docs/phase-file.md"), "utf8");

/** What the examples name. */
const BESIDE = {
  "../src/a.c": "int a;\n",
  "scripts/install.sh": "#!/bin/sh\n",
  "files/demo.conf": "a=b\n",
  "common/users.yaml": "steps: []\n",
  "vars.yaml": "packages: [gcc]\nbuild: {cflags: -O2}\ngreeting: hi\nkeepRunning: false\nmode: fast\n",
};
const context = { secrets: { token: "hunter22" }, guest: { name: "g", arch: "x86_64", user: "debian" } };

describe("the examples of docs/phase-file.md", () => {
  afterEach(removeFolders);
  const examples = [...document.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");

  it("are many", () => assert.ok(examples.length >= 8));

  for (const [index, example] of examples.entries()) {
    it(`are right: ${example.split("\n").find((line) => line.includes("- ")) ?? String(index)}`, async () => {
      const loaded = await loadFiles({ ...BESIDE, "main.yaml": example }, { context });
      assert.ok(
        (loaded.phases.main?.steps.length ?? 0) + Object.keys(loaded.phases.main?.uses.files ?? {}).length >
          1,
      );
    });
  }

  it("stand beside a table of every action and every key", () => {
    for (const action of ACTION_NAMES) {
      assert.ok(document.includes(`| \`${action}\` |`), action);
      for (const key of Object.keys(ACTIONS[action].shape))
        assert.ok(document.includes(`\`${key}\``), `${action}: ${key}`);
    }
  });
});

describe("the phase files of the quickstart", () => {
  for (const platform of ["debian-12", "tiny"]) {
    it(`are right on ${platform}`, async () => {
      const loaded = await loadProject({
        folder: openPhaseFolder(join(ROOT, "stacks/quickstart/phases"), "stacks/quickstart/phases"),
        guest: { ...GUEST, platform },
        context: { ...CONTEXT, vars: { greeting: "hello" } },
      });
      assert.ok(Object.values(loaded.files).every((file) => file !== null));
    });
  }

  it("take a variable of main into main alone", async () => {
    const folder = () => openPhaseFolder(join(ROOT, "stacks/quickstart/phases"), "phases");
    const machine = { baseImage: "d", arch: "x86_64", machine: "pc", firmware: {} };
    const load = (greeting: string) =>
      loadProject({ folder: folder(), guest: GUEST, context: { ...CONTEXT, vars: { greeting } } });
    const [one, two] = [await load("hello"), await load("good evening")];
    assert.equal(one.key(machine, "s"), two.key(machine, "s"));
    const names = Object.keys(one.describeInputs("s")).filter(
      (name) => one.describeInputs("s")[name] !== two.describeInputs("s")[name],
    );
    assert.deepEqual(names, ["GUEST_FARM_VAR_greeting"]);
  });
});
