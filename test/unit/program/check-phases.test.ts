import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ResolvedProject } from "../../../definitions";
import { UserError } from "../../../definitions/user-error";
import { checkPhases } from "../../../program/check-phases";
import { checkPhaseFiles } from "../../../program/project";
import type { FarmView } from "../../../discovery/look-at-farm";
import type { StackConfig } from "../../../program/stack-config";
import { placed } from "../components/sample-farm";

describe("phase files before anything is registered", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "guest-farm-phases-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }

  const check = () =>
    checkPhases(
      placed({
        hypervisors: { here: {} },
        guests: { permutations: { platforms: ["tiny", "debian-12"], targets: ["amd64"] } },
      }),
      { id: "demo", revision: "1", phases: folder, vars: { known: 1 }, secrets: { token: "not known yet" } },
    );

  it("accepts files without mistakes, secrets included", async () => {
    write("main.yaml", "steps:\n  - run: echo ${{ vars.known }} ${{ secrets.token }}\n");
    await check();
  });

  it("refuses a folder that is not there: every phase would be skipped, and the run would pass", async () => {
    const guests = placed({
      hypervisors: { here: {} },
      guests: { list: [{ platform: "tiny", target: "amd64" }] },
    });
    const project = {
      name: "demo",
      id: "demo",
      revision: "1",
      phasesFolder: "phasess",
      vars: {},
      secrets: {},
      runMain: "onChange",
      settings: {},
      guests: ["tiny-amd64"],
      declaredAt: { phases: "farm.yaml:7:3 project.phases", secrets: "" },
    } as const;
    const check = (change: Partial<ResolvedProject>) =>
      checkPhaseFiles(
        { guests, farm: { project: { ...project, ...change } } } as unknown as FarmView,
        folder,
        { vars: {} } as StackConfig,
      );
    await assert.rejects(check({}), (error) => {
      assert.ok(error instanceof UserError);
      const [mistake] = error.mistakes;
      assert.equal(mistake?.file, "farm.yaml:7:3 project.phases");
      assert.equal(mistake.found, join(folder, "phasess"));
      assert.match(mistake.remedy ?? "", /phases/);
      return true;
    });
    await check({ guests: [] });
    write("phasess/main.yaml", "steps: []\n");
    await check({});
  });

  it("refuses a folder that is not there for programs too, which have no farm file", async () => {
    rmSync(folder, { recursive: true });
    await assert.rejects(check(), /there is no such folder of phase files[^]*found: /);
  });

  it("tells a mistake in a file that guests share once, and one of each guest's own too", async () => {
    write("init.yaml", "steps:\n  - run: echo ${{ vars.unknown }}\n");
    write("tiny/main.yaml", "steps:\n  - rum: echo\n");
    write("debian-12/main.yaml", "steps:\n  - copy: nothing\n    to: /there\n");
    await assert.rejects(check(), (error) => {
      assert.ok(error instanceof UserError);
      assert.deepEqual(
        error.mistakes.map(({ file }) => file?.slice(folder.length + 1)).sort(),
        ["debian-12/main.yaml", "init.yaml", "tiny/main.yaml"],
        error.message,
      );
      return true;
    });
  });
});
