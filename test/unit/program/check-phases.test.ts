import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../../../definitions/user-error";
import { checkPhases } from "../../../program/check-phases";
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
