import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guestFiles } from "../../hypervisor/guest-files";
import { failed, FROM_BASE, FROM_INIT, says, succeeded } from "../e2e/support/outcomes";
import type { StartedPulumi } from "../e2e/support/started-pulumi";
import { eventually } from "../e2e/support/started-pulumi";
import { DISK_POOL, virsh } from "../e2e/support/tiny-farm";
import { runInGuest } from "./support/agent-program";
import { BOX, type FarmOfAPackage, FarmsOfAPackage, STAYS, TINY } from "./support/farms-of-a-package";
import { machineFacts } from "./support/machine-facts";

/** What users have whose farms are to go on. Its tarball is made by `fixtures/pack.mjs`. */
const COMMIT = "c774471";
/** Far longer than any test waits. */
const FOREVER = "86399";

describe(`farms that were made with the package of ${COMMIT}, when this one takes its place`, function () {
  this.timeout(600_000);
  const elsewhere = mkdtempSync(join(tmpdir(), "guest-farm-old-"));
  let farms: FarmsOfAPackage;
  /** Another checkout of the same farms where the old package stays. */
  let old: FarmsOfAPackage;
  const domains = () => [
    farms.domain(farms.program, BOX),
    farms.domain(farms.program, STAYS),
    farms.domain(farms.file, TINY),
  ];
  const facts = () => Object.fromEntries(domains().map((domain) => [domain, machineFacts(domain)]));
  const bootId = () => runInGuest(farms.domain(farms.program, STAYS), "cat /proc/sys/kernel/random/boot_id");
  const acted = (farm: FarmOfAPackage, guest: string) =>
    farms.result(farm, guest).phases.flatMap(({ name, status }) => (status === "skipped" ? [] : [name]));
  const set = (where: FarmsOfAPackage, key: string, value: string) =>
    where.pulumi(where.program, "config", "set", key, value);

  before(async () => {
    farms = await FarmsOfAPackage.make(COMMIT);
    await Promise.all([farms.program, farms.file].map((farm) => farms.bootedBy(farm)));
    assert.deepEqual(acted(farms.program, BOX), FROM_BASE);
    assert.deepEqual(acted(farms.file, TINY), FROM_BASE);
    assert.equal(virsh("domstate", farms.domain(farms.program, STAYS)).trim(), "running");
  });
  after(async () => {
    await farms.pulumi(farms.file, "destroy", "--yes", "--skip-preview");
    await farms.own.remove();
    rmSync(elsewhere, { recursive: true, force: true });
  });

  it("plan and make no change, and leave every guest, disk and snapshot as it is", async () => {
    const [before, booted] = [facts(), await bootId()];
    old = farms.copyTo(join(elsewhere, "farms"));
    await farms.upgrade("99.0.0");
    for (const farm of [farms.program, farms.file]) {
      succeeded(await farms.pulumi(farm, "preview", "--diff", "--expect-no-changes"));
      succeeded(await farms.up(farm, "--expect-no-changes"));
      succeeded(await farms.pulumi(farm, "refresh", "--yes", "--skip-preview", "--expect-no-changes"));
      succeeded(await farms.pulumi(farm, "preview", "--diff", "--expect-no-changes"));
    }
    assert.deepEqual(facts(), before);
    assert.equal(await bootId(), booted);
  });

  it("start from the init snapshots that the old package has made, with their memory", async () => {
    succeeded(await set(farms, "greeting", "good evening"));
    succeeded(await farms.pulumi(farms.file, "config", "set", "--path", "guest-farm:vars.greeting", "ahoy"));
    const runs = await Promise.all([farms.up(farms.program), farms.up(farms.file)]);
    for (const run of runs) succeeded(run);
    for (const [farm, guest, greeting] of [
      [farms.program, BOX, "good evening"],
      [farms.file, TINY, "ahoy"],
    ] as const) {
      const { cache, resumed, warnings } = farms.result(farm, guest);
      assert.deepEqual([cache, resumed, warnings], ["hit", "memory", []]);
      assert.deepEqual(acted(farm, guest), FROM_INIT);
      assert.match(farms.log(farm, guest, "main"), new RegExp(greeting));
    }
  });

  /** Starts a run that does not end by itself, and waits for its main. */
  async function runOf(where: FarmsOfAPackage): Promise<StartedPulumi> {
    succeeded(await set(where, "seconds", FOREVER));
    succeeded(await set(where, "greeting", "main of its own"));
    const run = where.start(where.program);
    await eventually("the start of main", () =>
      where.log(where.program, BOX, "main").includes("main of its own"),
    );
    return run;
  }

  for (const [what, holder, comer] of [
    ["the new package wait while the old one drives a guest", () => old, () => farms],
    ["the old package wait while the new one drives a guest", () => farms, () => old],
  ] as const) {
    it(`have ${what}`, async () => {
      const run = await runOf(holder());
      succeeded(await set(comer(), "leaseTimeout", "1"));
      says(failed(await comer().up(comer().program)), `${BOX}" is in use by`);
      assert.equal(virsh("domstate", farms.domain(farms.program, BOX)).trim(), "running");
      run.interrupt("SIGTERM");
      await run.ended;
      await eventually("the result of a cancelled run", () => {
        return holder().result(holder().program, BOX).status === "cancelled";
      });
      assert.equal(virsh("domstate", farms.domain(farms.program, BOX)).trim(), "shut off");
    });
  }

  it("go without a trace when they are destroyed", async () => {
    const before = domains();
    for (const farm of [farms.program, farms.file]) {
      await farms.pulumi(farm, "cancel", "--yes");
      succeeded(await farms.pulumi(farm, "config", "set", "guest-farm:removeDisks", "true"));
      succeeded(await farms.pulumi(farm, "destroy", "--yes", "--skip-preview"));
    }
    const left = virsh("list", "--all", "--name").split("\n");
    for (const domain of before) {
      assert.ok(!left.includes(domain), `${domain} is still defined`);
      assert.ok(!existsSync(guestFiles(DISK_POOL, domain).folder), `${domain} has left files`);
    }
  });
});
