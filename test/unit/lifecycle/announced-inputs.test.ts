import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { checkAnnounced, takeAnnounced } from "../../../cli/lifecycle/announced-inputs";
import { UserError } from "../../../definitions/user-error";
import type { MachineInputs } from "../../../phases";
import { addFile, folderWith, load, type Overrides, removeFolders } from "../phases/support/project";

const MACHINE: MachineInputs = {
  baseImage: "d1",
  arch: "x86_64",
  machine: "q35",
  firmware: { kind: "bios" },
};
const FILES = {
  "dependencies.yaml": "steps:\n  - run: install ${{ vars.packages }}\n",
  "init.yaml":
    "steps:\n  - script: prepare.sh\n  - copy: ../src\n    to: src\n  - run: login ${{ secrets.token }}\n",
  "main.yaml": "steps:\n  - run: make ${{ vars.mode }}\n",
  "terminate.yaml": "steps:\n  - run: echo ${{ target.name }}\n",
  "prepare.sh": "#!/bin/sh\n",
  "../src/a": "a",
  "vars.yaml": "packages: gcc\nmode: fast\n",
};
const GIVEN: Overrides = { context: { secrets: { token: "t" } } };

/** What the check says after a change between a program's look and its run's. */
async function complaint(
  change: (root: string) => void,
  later: Overrides = GIVEN,
  announce: (env: NodeJS.ProcessEnv) => void = () => undefined,
): Promise<string | null> {
  const root = folderWith(FILES);
  const before = await load(root, GIVEN);
  const env: NodeJS.ProcessEnv = { ...before.describeInputs("salt") };
  announce(env);
  change(root);
  const init = { key: before.key(MACHINE, "salt"), token: "t" };
  const project = { keySalt: "salt", init } as Parameters<typeof checkAnnounced>[3];
  try {
    checkAnnounced(await load(root, later), takeAnnounced(env), MACHINE, project);
    return null;
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error.message;
  }
}

describe("what was announced for a run", () => {
  afterEach(removeFolders);

  it("is compared without complaint when nothing has changed", async () => {
    assert.equal(await complaint(() => undefined), null);
  });

  const edits: Record<string, [path: string, content: string, said: RegExp]> = {
    "a phase file of the key": [
      "init.yaml",
      "steps: []\n",
      /^stacks\/x\/phases\/init.yaml: was changed after/m,
    ],
    main: ["main.yaml", "steps: []\n", /^stacks\/x\/phases\/main.yaml: was changed after/m],
    "a script": ["prepare.sh", "#!/bin/bash\n", /^stacks\/x\/phases\/prepare.sh: was changed after/m],
    "a copied folder": ["../src/b", "", /^stacks\/x\/src: was changed after/m],
    "a variable": ["vars.yaml", "packages: clang\nmode: fast\n", /^vars.packages: was changed after/m],
    "a variable of main": ["vars.yaml", "packages: gcc\nmode: slow\n", /^vars.mode: was changed after/m],
    "an included file that is new": [
      "main.yaml",
      "steps:\n  - include: init.yaml\n",
      /^stacks\/x\/phases\/main.yaml: was changed/m,
    ],
  };
  for (const [what, [path, content, said]] of Object.entries(edits)) {
    it(`names ${what}, and says what to do`, async () => {
      const text = (await complaint((root) => addFile(root, path, content))) ?? "";
      assert.match(text, said);
      assert.match(text, /do: +run `pulumi up` again/);
    });
  }

  it("names a file that a phase is not made from any more", async () => {
    const text = (await complaint((root) => rmSync(join(root, "phases/terminate.yaml")))) ?? "";
    assert.match(text, /not used any more\n +found: +GUEST_FARM_FILE_terminate_yaml/);
  });

  it("names a secret without its value", async () => {
    const text = (await complaint(() => undefined, { context: { secrets: { token: "s3cret" } } })) ?? "";
    assert.match(text, /^secrets.token: was changed after/m);
    assert.doesNotMatch(text, /s3cret/);
  });

  it("is told by the key alone where nothing else is known", async () => {
    const forget = (env: NodeJS.ProcessEnv): void => {
      for (const name of Object.keys(env)) Reflect.deleteProperty(env, name);
    };
    const edit = (root: string) => addFile(root, "prepare.sh", "#!/bin/bash\n");
    assert.match((await complaint(edit, GIVEN, forget)) ?? "", /dependencies or init are not what they were/);
    assert.equal(await complaint(() => undefined, GIVEN, forget), null);
  });

  it("is taken out of the environment, and nothing else", () => {
    const env: NodeJS.ProcessEnv = {
      GUEST_FARM_FILE_a: "1",
      GUEST_FARM_VAR_b: "2",
      GUEST_FARM_STAGE: "full",
      PATH: "/",
    };
    assert.deepEqual(
      [...takeAnnounced(env)],
      [
        ["GUEST_FARM_FILE_a", "1"],
        ["GUEST_FARM_VAR_b", "2"],
      ],
    );
    assert.deepEqual(env, { GUEST_FARM_STAGE: "full", PATH: "/" });
  });
});
