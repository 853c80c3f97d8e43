import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, says, succeeded } from "../e2e/support/outcomes";
import { DISK_POOL, domainOf, filesOf, stateOf, TINY, tinyFarm, virsh } from "../e2e/support/tiny-farm";

const DISKS = [{ name: "data", size: "1G" }];

/** One step of a preview. */
interface Step {
  readonly op: string;
  readonly urn: string;
}

describe("an update, one stage after the other", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  before(async () => {
    farm.farm(tinyFarm({ guest: { memory: 256, disks: DISKS } }));
    farm.phase("init.yaml", { run: "echo made > /root/made" });
    farm.phase("main.yaml", { run: "cat /root/made" });
    await farm.init();
  });
  after(async () => {
    await farm.config("removeDisks", "true");
    await farm.remove();
  });

  const dataDisk = `${DISK_POOL}-volumes-${farm.stack}/${domainOf(farm)}-data.qcow2`;
  const choose = (stage: string) => farm.config("stage", stage);
  const plannedSteps = async (): Promise<readonly Step[]> => {
    const { output } = succeeded(await farm.pulumi("preview", "-s", farm.stack, "--json"));
    const { steps } = JSON.parse(output.slice(output.indexOf("{"))) as { steps: Step[] };
    return steps.filter(({ op }) => op !== "same");
  };
  /** Changes with every start of the guest, and with every definition anew. */
  const traces = () => ({
    uuid: virsh("domuuid", domainOf(farm)).trim(),
    changed: statSync(filesOf(farm).folder).ctimeMs,
    snapshots: readdirSync(filesOf(farm).snapshots).sort(),
    runs: readdirSync(farm.results(TINY)).sort(),
    disk: statSync(dataDisk).ino,
  });

  it("is refused for a stage that there is not", async () => {
    await choose("provisoin");
    says(failed(await farm.up()), "guest-farm:stage", "provisoin", "preflight", "provision");
  });

  it("checks the hypervisor first, changes nothing, and says so", async () => {
    await choose("preflight");
    says(succeeded(await farm.preview()), "hypervisor local", "memory for the guests", "room for new disks");
    says(succeeded(await farm.up()), "waits for stage runtime: nothing runs now");
    assert.equal(stateOf(farm), "missing");
    assert.equal(existsSync(filesOf(farm).folder), false);
    assert.equal(existsSync(dataDisk), false);
    assert.equal(existsSync(farm.results(TINY)), false);
  });

  it("says which stage has to be run first", async () => {
    await choose("provision");
    says(failed(await farm.up()), "is not in the cache yet: run stage image-cache first");
    assert.equal(stateOf(farm), "missing");
  });

  it("fetches or builds images alone", async () => {
    await choose("image-cache");
    succeeded(await farm.up());
    assert.equal(stateOf(farm), "missing");
  });

  it("does not run what is not defined", async () => {
    await choose("runtime");
    says(failed(await farm.up()), "is not defined yet: run stage provision first");
  });

  it("defines guests alone", async () => {
    await choose("provision");
    succeeded(await farm.up());
    assert.equal(stateOf(farm), "shut off");
    assert.equal(existsSync(dataDisk), true);
    assert.equal(existsSync(farm.results(TINY)), false);
  });

  it("runs guests alone", async () => {
    await choose("runtime");
    succeeded(await farm.up());
    const { status, cache } = farm.result(TINY);
    assert.deepEqual([status, cache], ["passed", "miss"]);
    assert.equal(stateOf(farm), "shut off");
  });

  it("has nothing left to do for all stages at once, but a run that is wanted always", async () => {
    await choose("full");
    const steps = await plannedSteps();
    assert.deepEqual(
      steps.map(({ op, urn }) => [op, urn.split("::").at(-1)]),
      [["update", `${TINY}-lifecycle`]],
    );
  });

  for (const stage of ["preflight", "image-cache", "provision"]) {
    it(`deletes, replaces and touches nothing in stage ${stage}, whatever the farm file says now`, async () => {
      const before = traces();
      await choose(stage);
      const steps = await plannedSteps();
      assert.deepEqual(
        steps.filter(({ op }) => /delete|replace|create/.test(op)),
        [],
      );
      succeeded(await farm.up());
      assert.deepEqual(traces(), before);
    });
  }

  it("changes a definition only in its stage", async () => {
    farm.farm(tinyFarm({ guest: { memory: 320, disks: DISKS } }));
    await choose("image-cache");
    succeeded(await farm.up());
    assert.match(virsh("dumpxml", domainOf(farm)), /<memory unit='KiB'>262144</);
    await choose("provision");
    succeeded(await farm.up());
    assert.match(virsh("dumpxml", domainOf(farm)), /<memory unit='KiB'>327680</);
  });

  for (const folder of ["diskPoolPath", "imageCachePath"]) {
    it(`refuses another ${folder} while the guest is there, before anything is touched`, async () => {
      const before = traces();
      await choose("full");
      const hypervisor = { [folder]: `${DISK_POOL}-elsewhere` };
      farm.farm(tinyFarm({ guest: { memory: 320, disks: DISKS }, hypervisor }));
      says(failed(await farm.preview()), `hypervisors.local.${folder}`, "cannot change while it is in use");
      says(failed(await farm.up()), `in use by ${TINY}`);
      assert.deepEqual(traces(), before);
      assert.equal(existsSync(`${DISK_POOL}-elsewhere`), false);
      farm.farm(tinyFarm({ guest: { memory: 320, disks: DISKS } }));
    });
  }

  it("answers a ping, with a guest that is off as off", async () => {
    says(succeeded(await farm.cli("ping")), /hypervisor\s+local\s+answers/, /guest\s+tiny-amd64\s+off/);
  });

  it("can be destroyed in any stage", async () => {
    await choose("preflight");
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.equal(stateOf(farm), "missing");
  });
});
