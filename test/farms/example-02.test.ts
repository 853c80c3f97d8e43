import assert from "node:assert/strict";
import type { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, FROM_BASE, FROM_INIT, says, succeeded } from "../e2e/support/outcomes";
import { stateOf } from "../e2e/support/tiny-farm";
import { readyStack } from "../e2e/support/ready-stack";

const DEBIAN = "debian_vs-amd64";
const TINY = "tiny-amd64";
const GUESTS = [DEBIAN, TINY];
const FAILING = `steps:
  - name: run something
    run: echo broken on purpose >&2; exit 7
`;

describe("ready stack example-02, two platforms on one hypervisor", function () {
  let farm: FarmUnderTest;
  const cleanUps: (() => Promise<void>)[] = [];

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    farm = await readyStack("example-02");
    cleanUps.push(() => farm.remove());
  });
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
  });

  const up = () => farm.up("--continue-on-error");
  const passed = (guest: string) => {
    const { status, error } = farm.result(guest);
    assert.equal(status, "passed", `${guest}: ${error ?? ""}`);
  };

  it("runs each platform's own dependencies, and what is common to both", async () => {
    succeeded(await up());
    for (const guest of GUESTS) {
      passed(guest);
      assert.deepEqual(farm.acted(guest), FROM_BASE);
      assert.match(farm.kept(guest, "main.log"), new RegExp(`^main of ${guest}$`, "m"));
      assert.match(farm.kept(guest, "terminate.log"), new RegExp(`^terminate of ${guest}$`, "m"));
      assert.equal(stateOf(farm, guest), "shut off");
    }
    assert.match(farm.kept(DEBIAN, "dependencies.log"), /curl/);
    assert.match(farm.kept(DEBIAN, "main.log"), /^\/usr\/bin\/curl$/m);
    assert.match(farm.kept(TINY, "dependencies.log"), /^ID=tiny$/m);
    assert.match(farm.kept(TINY, "main.log"), /^(\/usr\/bin\/)?wget$/m);
  });

  it("runs main and terminate alone in the second run, though nothing has changed", async () => {
    says(succeeded(await farm.preview()), /runMain: always/);
    succeeded(await up());
    for (const guest of GUESTS) {
      passed(guest);
      assert.equal(farm.result(guest).cache, "hit");
      assert.deepEqual(farm.acted(guest), FROM_INIT);
    }
  });

  it("does not let one guest's failure touch the other's run, and says so by its exit code", async () => {
    farm.write(`stacks/${farm.stack}/provisioning_phases/tiny/main.yaml`, FAILING);
    const run = failed(await up());
    assert.equal(run.exitCode, 1);
    says(run, "broken on purpose");
    const { status, error, phases } = farm.result(TINY);
    assert.equal(status, "failed");
    assert.match(error ?? "", /exit code 7/);
    assert.deepEqual(
      phases.filter(({ name }) => name === "terminate").map((phase) => phase.status),
      ["passed"],
    );
    passed(DEBIAN);
    assert.deepEqual(farm.acted(DEBIAN), FROM_INIT);
    for (const guest of GUESTS) assert.equal(stateOf(farm, guest), "shut off");
  });
});
