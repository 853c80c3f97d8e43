import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, says, succeeded } from "../e2e/support/outcomes";
import { eventually } from "../e2e/support/started-pulumi";
import { filesOf, stateOf, TINY, tinyFarm } from "../e2e/support/tiny-farm";

const MIB = 1024 * 1024;

/** The revision whose guest has much memory to write, and how it comes to it: only zeros take no room. */
const FULL = 3;
const FILL_MEMORY =
  "mkdir /ram && mount -t tmpfs none /ram && dd if=/dev/urandom of=/ram/filling bs=1M count=100";

/** The guests' folder is a file system of its own, whose size a test can change. */
describe("a hypervisor whose disk is full", function () {
  this.timeout(600_000);
  let farm: FarmUnderTest;
  let pool: string;

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    pool = mkdtempSync(join(tmpdir(), "guest-farm-pool-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1G,mode=0711", "none", pool]);
    chmodSync(pool, 0o711);
    farm = FarmUnderTest.fresh();
    farm.phase(
      "init.yaml",
      { name: "make", run: "echo ${{ revision }} > /root/made" },
      { name: "fill", run: `test \${{ revision }} != ${FULL} || { ${FILL_MEMORY}; }` },
    );
    farm.phase("main.yaml", { name: "show", run: "echo made in $(cat /root/made)" });
    await farm.init();
    ofRevision(1);
    succeeded(await farm.up());
    leave(16 * MIB);
  });
  after(async () => {
    await farm.remove();
    execFileSync("umount", ["-l", pool]);
    rmSync(pool, { recursive: true, force: true });
  });

  const ofRevision = (revision: number, guest: Record<string, unknown> = {}) =>
    farm.farm(tinyFarm({ guest, project: { revision }, hypervisor: { diskPoolPath: pool } }));

  /** Makes the file system just so large that something is free in it. */
  function leave(bytes: number): void {
    const used = Number(
      execFileSync("df", ["--output=used", "-B1", pool], { encoding: "utf8" }).split("\n")[1],
    );
    execFileSync("mount", ["-o", `remount,size=${used + bytes}`, pool]);
  }
  const names = () => {
    const { layers, snapshots } = filesOf(farm, pool);
    return { layers: readdirSync(layers).length, snapshots: readdirSync(snapshots).sort() };
  };
  const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const init = () => farm.result(TINY).phases.find(({ name }) => name === "create init");

  const NO_ROOM = /no room .*needs up to \d+ MiB, and \d+ MiB are free in /;

  it("runs the phases without the snapshot that does not fit, and warns", async () => {
    const before = names();
    ofRevision(2);
    const run = succeeded(await farm.up());
    const { status, warnings } = farm.result(TINY);
    assert.equal(status, "passed");
    assert.match(warnings.join("\n"), NO_ROOM);
    says(run, NO_ROOM);
    assert.equal(init()?.status, "failed");
    assert.ok(farm.acted(TINY).includes("main"));
    assert.deepEqual(names(), before);
    assert.equal(stateOf(farm), "shut off");
  });

  it("fails the run with the sizes when that is wanted, and leaves no part of the snapshot", async () => {
    const before = names();
    ofRevision(2, { onSnapshotError: "fail" });
    says(failed(await farm.up()), NO_ROOM);
    const { status, error } = farm.result(TINY);
    assert.equal(status, "failed");
    assert.match(error ?? "", NO_ROOM);
    assert.equal(farm.acted(TINY).includes("main"), false);
    assert.deepEqual(names(), before);
    assert.equal(stateOf(farm), "shut off");
  });

  it("runs on when the room goes while the memory is written, and leaves no part of the snapshot", async () => {
    const before = names();
    leave(1024 * MIB);
    ofRevision(FULL);
    let over: string | null = null;
    const up = farm.up().then((run) => {
      over = run.output;
      return run;
    });
    await eventually("part of a new memory file", () => {
      assert.equal(over, null);
      const { snapshots } = filesOf(farm, pool);
      return names().snapshots.some(
        (name) => !before.snapshots.includes(name) && sizeOf(join(snapshots, name, "memory")) > MIB,
      );
    });
    leave(16 * MIB);
    says(succeeded(await up), NO_ROOM);
    const { status, warnings } = farm.result(TINY);
    assert.equal(status, "passed");
    assert.match(warnings.join("\n"), NO_ROOM);
    assert.equal(init()?.status, "failed");
    assert.ok(farm.acted(TINY).includes("main"));
    assert.deepEqual(names(), before);
    assert.equal(stateOf(farm), "shut off");
  });

  it("still starts from the snapshots that it has", async () => {
    ofRevision(1);
    succeeded(await farm.up());
    const { status, cache, resumed, warnings } = farm.result(TINY);
    assert.deepEqual([status, cache, resumed, warnings], ["passed", "hit", "memory", []]);
  });
});
