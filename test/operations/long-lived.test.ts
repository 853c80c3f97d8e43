import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { keptFolder } from "../../hypervisor/domain/kept-disks";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, says, succeeded } from "../e2e/support/outcomes";
import { DISK_POOL, domainOf, filesOf, stateOf, TINY, virsh } from "../e2e/support/tiny-farm";
import { readInGuest, runInGuest } from "./support/agent-program";

describe("a long-lived guest", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  const domain = domainOf(farm);
  const kept = keptFolder(DISK_POOL, domain);

  function describeFarm(change: Record<string, unknown> = {}): void {
    const guest = { platform: "tiny", target: "amd64", vcpus: 1, memory: 256, keepRunning: true, ...change };
    farm.farm({ hypervisors: { local: {} }, guests: { list: [guest] } });
  }
  /** Another one after every start. */
  const runId = () => virsh("domid", domain).trim();
  const snapshots = () => readdirSync(filesOf(farm).snapshots).filter((name) => name.endsWith(".json"));

  before(async () => {
    describeFarm({ firstBootSnapshot: "snapshot-a" });
    await farm.init();
  });
  after(async () => {
    await farm.config("removeDisks", "true");
    await farm.remove();
  });

  it("is made, gets the snapshot of its first boot, and is on afterwards", async () => {
    succeeded(await farm.up());
    assert.deepEqual(farm.acted(TINY), ["startup", "create clean"]);
    assert.equal(stateOf(farm), "running");
    assert.match(virsh("dominfo", domain), /Autostart:\s+enable/);
    assert.deepEqual(snapshots(), ["snapshot-a.json"]);
    assert.ok(!existsSync(filesOf(farm).seed), "the seed is still there");
  });

  it("is left alone by the next update, which changes nothing", async () => {
    const before = runId();
    await runInGuest(domain, "echo precious > /root/data; sync");
    succeeded(await farm.up());
    succeeded(await farm.refresh());
    succeeded(await farm.preview("--expect-no-changes"));
    assert.equal(runId(), before);
  });

  it("goes on when its definition changes, and has the new one at its next start", async () => {
    const before = runId();
    describeFarm({ firstBootSnapshot: "snapshot-a", memory: 320 });
    says(await farm.preview(), "memoryMiB");
    succeeded(await farm.up());
    assert.equal(runId(), before);
    assert.match(virsh("dumpxml", "--inactive", domain), /<memory unit='KiB'>327680</);
  });

  it("has its root disk grown in place, while it runs and while it is off", async () => {
    const before = runId();
    const size = async () => Number(await runInGuest(domain, "blockdev --getsize64 /dev/vda"));
    describeFarm({ firstBootSnapshot: "snapshot-a", memory: 320, rootDisk: { size: 3 } });
    says(await farm.preview(), "rootDisk");
    succeeded(await farm.up());
    assert.equal(runId(), before);
    assert.equal(await size(), 3 * 1024 ** 3);
    virsh("destroy", domain);
    describeFarm({ firstBootSnapshot: "snapshot-a", memory: 320, rootDisk: { size: 4 } });
    succeeded(await farm.up());
    assert.equal(await size(), 4 * 1024 ** 3);
    assert.equal(await readInGuest(domain, "/root/data"), "precious\n");
  });

  it("does not have its root disk shrunk", async () => {
    describeFarm({ firstBootSnapshot: "snapshot-a", memory: 320, rootDisk: { size: 2 } });
    says(failed(await farm.preview()), "cannot become smaller", "4 GiB or more");
    describeFarm({ firstBootSnapshot: "snapshot-a", memory: 320, rootDisk: { size: 4 } });
  });

  it("that was switched off is started, without a further snapshot and with all its data", async () => {
    virsh("destroy", domain);
    says(await farm.preview(), "is off: will be started");
    succeeded(await farm.up());
    assert.deepEqual(farm.acted(TINY), ["startup"]);
    assert.equal(stateOf(farm), "running");
    assert.equal(await readInGuest(domain, "/root/data"), "precious\n");
    assert.deepEqual(snapshots(), ["snapshot-a.json"]);
    succeeded(await farm.preview("--expect-no-changes"));
  });

  it("goes with its stack, and its disk stays", async () => {
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.equal(stateOf(farm), "missing");
    assert.ok(!existsSync(filesOf(farm).folder));
    assert.deepEqual(readdirSync(kept).sort(), ["kept.json", "vda.qcow2"]);
  });

  it("does not get the disk of another guest", async () => {
    const other = { packages: { recipe: "tiny", arch: "amd64" }, steps: [{ name: "grow", resize: "4GiB" }] };
    describeFarm({ image: other, firstBootSnapshot: "snapshot-a" });
    says(failed(await farm.up()), "over base image", "move that folder away");
    assert.equal(stateOf(farm), "missing");
    assert.ok(existsSync(join(kept, "vda.qcow2")));
  });

  it("that is made again goes on with its disk, under the new farm's keys", async () => {
    describeFarm({ firstBootSnapshot: "snapshot-a" });
    succeeded(await farm.up());
    assert.equal(await readInGuest(domain, "/root/data"), "precious\n");
    assert.deepEqual(farm.acted(TINY), ["startup"]);
    assert.ok(!existsSync(kept));
  });

  it("goes with its disk when the stack's configuration says so", async () => {
    await farm.config("removeDisks", "true");
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.equal(stateOf(farm), "missing");
    assert.ok(!existsSync(kept) && !existsSync(filesOf(farm).folder));
  });
});
