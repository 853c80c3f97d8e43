import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { succeeded } from "../e2e/support/outcomes";
import { filesOf, stateOf, TINY, tinyFarm, virsh, domainOf } from "../e2e/support/tiny-farm";

const IGNORE_AGENT = "kill $(pidof qemu-ga) && while pidof qemu-ga; do sleep 0.1; done";

describe("a guest that is switched off, and one that is removed", function () {
  this.timeout(600_000);
  let farm: FarmUnderTest;

  before(async () => {
    farm = FarmUnderTest.fresh();
    await farm.init();
  });
  after(() => farm.remove());

  const offBy = (guest: Record<string, unknown>) => farm.farm(tinyFarm({ guest }));

  it("shuts down by itself when it is asked to through ACPI", async () => {
    offBy({ powerOff: "graceful" });
    farm.phase("main.yaml", { name: "no agent", run: IGNORE_AGENT });
    succeeded(await farm.up());
    assert.deepEqual(farm.result(TINY).warnings, []);
    assert.equal(stateOf(farm), "shut off");
    assert.equal(virsh("domstate", "--reason", domainOf(farm)).trim(), "shut off (shutdown)");
  });

  it("is forced off after tries times delay when it does not listen", async () => {
    offBy({ powerOff: "graceful", shutdown: { tries: 2, delay: 1 } });
    farm.phase("main.yaml", { name: "deaf", run: `${IGNORE_AGENT}; kill $(pidof acpid)` });
    succeeded(await farm.up());
    assert.match(farm.result(TINY).warnings.join(), /did not shut down within 2\S* s and was forced off/);
    assert.equal(stateOf(farm), "shut off");
    assert.equal(virsh("domstate", "--reason", domainOf(farm)).trim(), "shut off (destroyed)");
  });

  /** Nothing of the guest is left, and the image that others use still is. */
  function removed(image: string): void {
    assert.equal(stateOf(farm), "missing");
    assert.equal(existsSync(filesOf(farm).folder), false);
    assert.deepEqual(
      farm.processes().map(({ argv }) => argv),
      [],
    );
    assert.ok(existsSync(image));
  }

  const destroy = () => farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview");
  /** The base image, which lies beside the kernel that the guest boots. */
  const imageOf = (): string => {
    const kernel = /<kernel>(.*)\.kernel<\/kernel>/.exec(virsh("dumpxml", domainOf(farm)))?.[1] ?? "";
    assert.ok(existsSync(`${kernel}.qcow2`), kernel);
    return `${kernel}.qcow2`;
  };

  it("leaves nothing behind when it is destroyed while somebody has started it by hand", async () => {
    virsh("start", domainOf(farm));
    const image = imageOf();
    succeeded(await destroy());
    removed(image);
    succeeded(await destroy());
  });

  it("can be destroyed when its folder has been deleted", async () => {
    farm.phase("main.yaml", { name: "nothing", run: "true" });
    offBy({});
    succeeded(await farm.up());
    const image = imageOf();
    rmSync(filesOf(farm).folder, { recursive: true });
    succeeded(await destroy());
    removed(image);
  });
});
