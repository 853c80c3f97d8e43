import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, says, succeeded } from "../e2e/support/outcomes";
import { filesOf, stateOf, TINY, tinyFarm } from "../e2e/support/tiny-farm";

describe("a hypervisor whose folder for guests is closed to QEMU", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  let closed: string;
  const describeFarm = (change: Record<string, unknown>) =>
    farm.farm(tinyFarm({ hypervisor: { diskPoolPath: join(closed, "guests"), ...change } }));

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    closed = mkdtempSync("/var/lib/libvirt/guest-farm-closed-");
    chmodSync(closed, 0o700);
    farm.phase("main.yaml", { run: "echo ran" });
    await farm.init();
  });
  after(async () => {
    await farm.remove();
    rmSync(closed, { recursive: true, force: true });
  });

  it("is refused by the preflight, which opens nothing", async () => {
    describeFarm({});
    await farm.config("stage", "preflight");
    says(failed(await farm.preview()), `${closed} is closed to libvirt-qemu`, "repairAccess: true");
    describeFarm({ repairAccess: true });
    succeeded(await farm.up());
    assert.equal(existsSync(filesOf(farm, join(closed, "guests")).folder), false);
  });

  it("runs its guest when the farm file allows to open it", async () => {
    await farm.config("stage", "full");
    succeeded(await farm.up());
    const { status, error } = farm.result(TINY);
    assert.equal(status, "passed", error ?? "");
    assert.equal(stateOf(farm), "shut off");
  });
});
