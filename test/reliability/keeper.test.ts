import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { eventually, type StartedPulumi } from "../e2e/support/started-pulumi";
import {
  DISK_POOL,
  domainOf,
  filesOf,
  newestRun,
  printed,
  stateOf,
  TINY,
  tinyFarm,
  virsh,
} from "../e2e/support/tiny-farm";
import { fileSlug } from "../../hypervisor/guest-files";

/** Far longer than any test waits. */
const FOREVER = 86_399;
const ORPHAN_SECONDS = 5;

/** What becomes of a real guest when nobody comes back to it. */
describe("a guest whose supervisor is killed", function () {
  this.timeout(600_000);
  const before_ = process.env["GUEST_FARM_ORPHAN_TIMEOUT"];
  let farm: FarmUnderTest;

  before(async () => {
    process.env["GUEST_FARM_ORPHAN_TIMEOUT"] = String(ORPHAN_SECONDS);
    farm = FarmUnderTest.fresh();
    farm.phase("main.yaml", { name: "work", run: "echo main-has-begun; sleep ${{ vars.seconds }}" });
    mainTakes(0);
    await farm.init();
    const first = await farm.up();
    assert.equal(first.exitCode, 0, first.output);
    mainTakes(FOREVER);
  });
  after(async () => {
    if (before_ === undefined) delete process.env["GUEST_FARM_ORPHAN_TIMEOUT"];
    else process.env["GUEST_FARM_ORPHAN_TIMEOUT"] = before_;
    await farm.remove();
    assert.equal(existsSync(keepers()), false, "nothing of a lease outlives its guest");
  });
  const mainTakes = (seconds: number) => farm.farm(tinyFarm({ project: { vars: { seconds } } }));
  const keepers = () => join(DISK_POOL, `.lease.${fileSlug(domainOf(farm))}`);

  async function startMain(): Promise<StartedPulumi> {
    const last = newestRun(farm);
    const run = farm.start();
    await printed(farm, "main", "main-has-begun", last);
    return run;
  }
  const kill = (name: string) => {
    const found = farm.processes().filter(({ argv }) => argv.includes(name));
    assert.ok(found.length > 0, name);
    for (const { pid } of found) process.kill(pid, "SIGKILL");
  };

  it("is powered off by the keeper of its lease with nobody else around, and then the lease is free", async () => {
    const run = await startMain();
    kill("supervisor-main.js");
    await run.ended;
    await eventually("the power-off", () => stateOf(farm) === "shut off");
    await eventually("the end of the keeper", () => farm.processes().length === 0);
    assert.equal(existsSync(filesOf(farm).leaseHolder), false);
    assert.deepEqual(readdirSync(keepers()), []);
  });

  it("is driven on over another contact when the one to its keeper is killed", async () => {
    await farm.pulumi("cancel", "-s", farm.stack, "--yes");
    const run = await startMain();
    kill("guest-farm-lease");
    await eventually("another contact", () =>
      farm.processes().some(({ argv }) => argv.includes("guest-farm-lease")),
    );
    // Longer than an orphan may live: the lease is still held by the same run.
    const until = Date.now() + (ORPHAN_SECONDS + 5) * 1000;
    await eventually("the time after which an orphan is off", () => Date.now() > until);
    assert.equal(virsh("domstate", domainOf(farm)).trim(), "running");
    run.interrupt("SIGTERM");
    await run.ended;
    await eventually("the end of all processes", () => farm.processes().length === 0);
    assert.equal(farm.result(TINY).status, "cancelled");
    assert.equal(stateOf(farm), "shut off");
    assert.ok(existsSync(dirname(filesOf(farm).lease)));
  });
});
