import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SnapshotRecord } from "../../hypervisor/snapshots/record";
import { demoFarm } from "./support/demo-farm";
import { FarmUnderTest } from "./support/farm-under-test";
import {
  failed,
  FROM_BASE,
  FROM_CLEAN,
  FROM_INIT,
  plannedChanges,
  says,
  succeeded,
  upActs,
} from "./support/outcomes";
import { domainOf, filesOf, stateOf, TINY, virsh } from "./support/tiny-farm";

/** What somebody does on a hypervisor while nobody runs Pulumi. */
describe("changes behind our back", () => {
  const farm = FarmUnderTest.fresh();
  let others: FarmUnderTest[] = [];
  let run = 0;

  /** Another value of a variable that only main uses, so that the next update has something to run. */
  const another = (checkout = farm) => checkout.farm(demoFarm({ vars: { run: ++run } }));
  const record = () =>
    SnapshotRecord.parse(JSON.parse(readFileSync(join(filesOf(farm).snapshots, "demo.1.init.json"), "utf8")));
  const diskOfInit = () => {
    const path = record().disks.at(0)?.path;
    assert.ok(path !== undefined);
    return join(filesOf(farm).folder, path);
  };

  before(async () => {
    farm.phase("dependencies.yaml", { run: "echo made > /root/made" });
    farm.phase("init.yaml", { run: "echo made > /dev/shm/made" });
    farm.phase("main.yaml", { run: "cat /root/made /dev/shm/made; echo run ${{ vars.run }}" });
    farm.phase("terminate.yaml", { run: "echo terminated" });
    another();
    await farm.init();
    succeeded(await farm.up());
  });
  after(async () => {
    for (const other of others) await other.remove();
    await farm.remove();
  });

  it("a snapshot without its record: refresh notices, and the next update makes it again", async () => {
    rmSync(join(filesOf(farm).snapshots, "demo.1.init.json"));
    says(succeeded(await farm.refresh()), /deleted/);
    const preview = succeeded(await farm.preview());
    assert.deepEqual(plannedChanges(preview), {
      [`${TINY}-init`]: "create",
      [`${TINY}-lifecycle`]: "update",
    });
    says(preview, /miss: there is no snapshot "demo.1.init"; will run restore clean, dependencies/);
    assert.deepEqual(await upActs(farm, TINY), FROM_CLEAN);
  });

  it("a snapshot without its disk", async () => {
    rmSync(diskOfInit());
    succeeded(await farm.refresh());
    assert.deepEqual(await upActs(farm, TINY), FROM_CLEAN);
    assert.ok(readFileSync(diskOfInit()).length > 0);
  });

  it("a frozen disk that somebody has written to is not used", async () => {
    const disk = diskOfInit();
    chmodSync(disk, 0o600);
    execFileSync("qemu-io", ["-f", "qcow2", "-c", "write -P 0x5a 0 64k", disk], { stdio: "ignore" });
    another();
    says(succeeded(await farm.preview()), /stale: its file \S+ was changed afterwards/);
    assert.deepEqual(await upActs(farm, TINY), FROM_CLEAN);
    assert.equal(farm.result(TINY).cache, "stale");
    another();
    assert.deepEqual(await upActs(farm, TINY), FROM_INIT);
  });

  it("a memory file that somebody has touched is not used: the guest boots from the frozen disks", async () => {
    const memory = record().memory?.path;
    assert.ok(memory !== undefined);
    const now = new Date();
    utimesSync(join(filesOf(farm).folder, memory), now, now);
    farm.phase("main.yaml", { run: "cat /root/made; echo run ${{ vars.run }}" });
    another();
    assert.deepEqual(await upActs(farm, TINY), ["restore init", "startup", "main", "terminate", "shutdown"]);
    assert.equal(farm.result(TINY).resumed, "cold");
  });

  it("a guest that is no longer defined is made again, and keeps its snapshots", async () => {
    virsh("undefine", "--nvram", domainOf(farm));
    succeeded(await farm.refresh());
    const preview = succeeded(await farm.preview());
    assert.equal(plannedChanges(preview)[TINY], "create");
    succeeded(await farm.up());
    assert.equal(stateOf(farm), "shut off");
    another();
    assert.deepEqual((await upActs(farm, TINY))[0], "restore init");
  });

  it("a guest that was started and undefined by hand: told with its remedy, and mended by it", async () => {
    virsh("start", domainOf(farm));
    virsh("undefine", "--nvram", domainOf(farm));
    another();
    says(failed(await farm.up()), "pulumi refresh");
    assert.equal(stateOf(farm), "missing");
    succeeded(await farm.refresh());
    assert.deepEqual((await upActs(farm, TINY))[0], "restore init");
  });

  it("a guest whose folder is gone is made anew after a refresh, with its seed", async () => {
    rmSync(filesOf(farm).folder, { recursive: true });
    succeeded(await farm.refresh());
    assert.deepEqual(await upActs(farm, TINY), FROM_BASE);
  });

  it("another checkout on the same state does what the first would do", async () => {
    const other = farm.anotherCheckout();
    others = [other];
    says(succeeded(await other.up()), "nothing runs");
    another(other);
    assert.deepEqual((await upActs(other, TINY))[0], "restore init");
  });

  it("another farm of the same names gets an error that names the owner, and changes nothing of the first", async () => {
    const rival = new FarmUnderTest(mkdtempSync(join(tmpdir(), "guest-farm-state-")), farm.stack);
    others = [...others, rival];
    rival.phase("main.yaml", { run: "echo mine" });
    rival.farm(demoFarm());
    await rival.init();
    const before = [virsh("dumpxml", domainOf(farm)), readdirSync(filesOf(farm).folder, { recursive: true })];
    const refused = failed(await rival.up());
    says(refused, /belongs to somebody else/, `guest "${TINY}" of stack "${farm.stack}"`, "domainPrefix");
    await rival.remove();
    others = others.filter((other) => other !== rival);
    const after = [virsh("dumpxml", domainOf(farm)), readdirSync(filesOf(farm).folder, { recursive: true })];
    assert.deepEqual(after, before);
  });
});
