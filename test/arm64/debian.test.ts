import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { FROM_BASE, FROM_INIT, plannedChanges, succeeded } from "../e2e/support/outcomes";
import { stateOf } from "../e2e/support/tiny-farm";

const GUEST = "debian-12-arm64";

const INIT = [
  "echo first > /var/lib/by-init",
  'echo "ram of $(cat /proc/sys/kernel/random/uuid)" > /dev/shm/init',
].join("\n");

/** Without what the page cache holds: wrong disks under a restored memory would be hidden by it. */
const MAIN = [
  "sync; echo 3 > /proc/sys/vm/drop_caches",
  'echo "machine: $(dpkg --print-architecture)"',
  'echo "memory: $(cat /dev/shm/init)"',
  'echo "disk: $(cat /var/lib/by-init)"',
  '[ -e /var/lib/by-main ] && echo "left by main: yes" || echo "left by main: no"',
  '[ -d /sys/firmware/efi ] && echo "firmware: uefi" || echo "firmware: none"',
  'echo "packages with problems: $(dpkg --audit | wc -l)"',
  'echo "left by the build: $(ls -d /.second-stage /usr/sbin/policy-rc.d 2> /dev/null | wc -l)"',
  'echo "cloud-init: $(cloud-init status | head -n 1)"',
  "touch /var/lib/by-main",
].join("\n");

/** Each step builds on the one before: where one fails, the others are not tried. */
describe("Debian on arm64, from an image whose packages' scripts run in an emulated machine", () => {
  const farm = FarmUnderTest.fresh();
  const seen = (what: string): string | undefined =>
    new RegExp(`^${what}: (.*)$`, "m").exec(farm.kept(GUEST, "main.log"))?.[1];
  let inMemory: string | undefined;

  before(async function () {
    if (process.getuid?.() !== 0 || !existsSync("/usr/bin/qemu-system-aarch64")) {
      process.stdout.write("      needs root, and the packages qemu-system-arm and qemu-efi-aarch64\n");
      this.skip();
    }
    farm.phase("init.yaml", { run: INIT, user: "root" });
    farm.phase("main.yaml", { run: MAIN, user: "root" });
    farm.phase("terminate.yaml", { run: "echo terminated" });
    farm.farm({
      hypervisors: { local: {} },
      defaults: { readiness: { timeout: 900 } },
      guests: { list: [{ platform: "debian-12", target: "arm64", memory: 512 }] },
      project: { id: "arm", phases: "phases", runMain: "always" },
    });
    await farm.init();
    await farm.config("imageSource", "packages");
  });
  after(() => farm.remove());

  it("runs from the building of its image to terminate", async () => {
    succeeded(await farm.up());
    const { status, error, strategy } = farm.result(GUEST);
    assert.deepEqual([status, strategy], ["passed", "saved"], error ?? "");
    assert.deepEqual(
      farm.acted(GUEST),
      FROM_BASE.filter((phase) => phase !== "dependencies"),
    );
    assert.equal(seen("machine"), "arm64");
    assert.equal(seen("firmware"), "uefi");
    assert.equal(seen("packages with problems"), "0");
    assert.equal(seen("left by the build"), "0");
    assert.equal(seen("cloud-init"), "status: done");
    inMemory = seen("memory");
    assert.match(inMemory ?? "", /^ram of [0-9a-f-]{36}$/);
  });

  it("starts from its init snapshot in the second run, memory and disk as they were", async () => {
    const change = plannedChanges(succeeded(await farm.preview()));
    assert.deepEqual(change, { [`${GUEST}-lifecycle`]: "update" });
    succeeded(await farm.up());
    const { status, error, cache, resumed } = farm.result(GUEST);
    assert.deepEqual(
      { status, cache, resumed },
      { status: "passed", cache: "hit", resumed: "memory" },
      error ?? "",
    );
    assert.deepEqual(farm.acted(GUEST), FROM_INIT);
    assert.equal(seen("memory"), inMemory);
    assert.equal(seen("disk"), "first");
    assert.equal(seen("left by main"), "no");
  });

  it("leaves no guest behind", async () => {
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.equal(stateOf(farm, GUEST), "missing");
  });
});
