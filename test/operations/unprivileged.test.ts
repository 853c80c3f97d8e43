import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileSlug, guestFiles } from "../../hypervisor/guest-files";
import { FROM_BASE, FROM_INIT, says, succeeded } from "../e2e/support/outcomes";
import { domainOf, TINY, tinyFarm, virsh } from "../e2e/support/tiny-farm";
import { throwAwayUser, type ThrowAwayUser } from "../support/throw-away-user";
import { FarmOfUser } from "./support/farm-of-user";

const PHASES = ["dependencies", "init", "main", "terminate"];

describe("a farm of a user without any privilege, on qemu:///session", function () {
  this.timeout(600_000);
  let user: ThrowAwayUser;
  let farm: FarmOfUser;
  const cleanUps: (() => Promise<void> | void)[] = [];

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    user = throwAwayUser();
    cleanUps.unshift(() => user.remove());
    farm = new FarmOfUser(user);
    cleanUps.unshift(() => farm.remove());
    farm.farm(tinyFarm({ hypervisor: { uri: "qemu:///session" } }));
    for (const phase of PHASES) farm.phase(`${phase}.yaml`, { run: `echo ${phase} of $(hostname)` });
    await farm.init();
  });
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
  });

  const data = () => join(user.home, ".local", "share", "guest-farm");
  const files = () => guestFiles(join(data(), "guests"), domainOf(farm));
  const theirs = () => user.run("virsh", "-c", "qemu:///session", "list", "--all", "--name").split("\n");
  const ofRoot = () => user.run("find", data(), "!", "-user", user.name).trim();

  it("builds the image, makes the guest and runs all phases in it", async () => {
    succeeded(await farm.up());
    const { status, error, cache } = farm.result(TINY);
    assert.deepEqual([status, cache], ["passed", "miss"], error ?? "");
    assert.deepEqual(farm.acted(TINY), FROM_BASE);
    assert.match(farm.kept(TINY, "main.log"), new RegExp(`^main of ${TINY}$`, "m"));
  });

  it("has all that was made in the user's own libvirt and home folder", () => {
    assert.ok(theirs().includes(domainOf(farm)));
    assert.ok(!virsh("list", "--all", "--name").includes(domainOf(farm)));
    assert.ok(existsSync(files().folder));
    assert.ok(readdirSync(join(data(), "images")).length > 0);
    assert.equal(ofRoot(), "");
  });

  it("goes on from the guest's memory in the second run", async () => {
    says(succeeded(await farm.preview()), "hit: made");
    succeeded(await farm.up());
    assert.equal(farm.result(TINY).resumed, "memory");
    assert.deepEqual(farm.acted(TINY), FROM_INIT);
  });

  it("is destroyed, and leaves the image alone", async () => {
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.ok(!theirs().includes(domainOf(farm)));
    assert.deepEqual(readdirSync(join(data(), "guests")), []);
    assert.ok(readdirSync(join(data(), "images")).length > 0);
    assert.ok(existsSync(join(farm.folder, ".guest-farm", fileSlug(farm.stack))), "its results are kept");
  });
});
