import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { FROM_INIT, succeeded } from "../e2e/support/outcomes";
import { eventually, type StartedPulumi } from "../e2e/support/started-pulumi";
import { domainOf, filesOf, logOf, newestRun, printed, TINY, tinyFarm } from "../e2e/support/tiny-farm";
import { OwnLibvirtd } from "./support/own-libvirtd";

/** Far longer than any test waits. */
const FOREVER = 86_399;

describe("a libvirtd that ends in the middle of main and comes back", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  let libvirtd: OwnLibvirtd;

  before(async () => {
    libvirtd = await OwnLibvirtd.make();
    farm.phase("init.yaml", { name: "make", run: "touch /root/made" });
    farm.phase("main.yaml", { name: "work", run: "echo main-has-begun; sleep ${{ vars.seconds }}" });
    farm.phase("terminate.yaml", { name: "clean", run: "echo terminate-has-run" });
    mainTakes(0);
    await farm.init();
    succeeded(await farm.up());
  });
  after(async () => {
    await farm.remove();
    await libvirtd.remove();
  });

  function mainTakes(seconds: number): void {
    const { uri, diskPoolPath } = libvirtd;
    const guest = { readiness: { timeout: 300 } };
    farm.farm(tinyFarm({ hypervisor: { uri, diskPoolPath }, guest, project: { vars: { seconds } } }));
  }

  async function startMain(seconds: number): Promise<StartedPulumi> {
    mainTakes(seconds);
    const before = newestRun(farm);
    const run = farm.start();
    await printed(farm, "main", "main-has-begun", before);
    return run;
  }

  const missed = () =>
    eventually("a question that libvirt does not answer", () =>
      /libvirt on .* is away/.test(logOf(farm, "run")),
    );

  async function nothingIsLeft(): Promise<void> {
    await eventually("the end of all processes of the run", () => farm.processes().length === 0);
    assert.match(logOf(farm, "terminate"), /terminate-has-run/);
    assert.equal(libvirtd.stateOf(domainOf(farm)), "shut off");
    assert.equal(existsSync(filesOf(farm, libvirtd.diskPoolPath).leaseHolder), false, "a lease is left");
  }

  it("stops no run that needs it only at its end", async () => {
    const run = await startMain(3);
    await libvirtd.stop();
    await missed();
    await libvirtd.start();
    succeeded(await run.ended);
    assert.deepEqual(farm.acted(TINY), FROM_INIT);
    await nothingIsLeft();
  });

  it("has the guest of a cancelled run terminated at once, and powered off when it is back", async () => {
    const run = await startMain(FOREVER);
    await libvirtd.stop("SIGKILL");
    run.interrupt("SIGTERM");
    await missed();
    await libvirtd.start();
    assert.notEqual((await run.ended).exitCode, 0);
    await nothingIsLeft();
    assert.equal(farm.result(TINY).status, "cancelled");
  });
});
