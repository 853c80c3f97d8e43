import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { FROM_BASE, FROM_INIT, succeeded } from "../e2e/support/outcomes";
import { draw, drawn, reseedNow, writeHelper } from "../e2e/support/random-draws";
import { DISK_POOL, stateOf, virsh } from "../e2e/support/tiny-farm";
import { guestFiles } from "../../hypervisor/guest-files";

/** Guests, with what `uname -m` says in them, and how they boot; `boots`: from their snapshots as well. */
const GUESTS = [
  { name: "arm64-uefi", target: "arm64", firmware: "uefi", machine: "aarch64" },
  { name: "arm64-kernel", target: "arm64", machine: "aarch64" },
  { name: "armhf", target: "armhf", machine: "armv7l" },
  { name: "ppc64el", target: "ppc64", machine: "ppc64le", boots: true },
  { name: "s390x", target: "s390x", machine: "s390x" },
] as const;
/** By libvirt's names. */
const ARCHITECTURES = ["aarch64", "armv7l", "ppc64le", "s390x"];
const EMULATORS = ["aarch64", "arm", "ppc64le", "s390x"];
/** Two emulated guests at once are enough for two processors. */
const PARALLEL = ["--parallel", "2"];

const INIT = [
  "echo first > /root/init",
  'echo "ram of $(cat /proc/sys/kernel/random/uuid)" > /dev/shm/init',
].join("\n");

/** Without what the page cache holds: wrong disks under a restored memory would be hidden by it. */
const MAIN = [
  "sync; echo 3 > /proc/sys/vm/drop_caches",
  'echo "machine: $(uname -m)"',
  'echo "memory: $(cat /dev/shm/init)"',
  'echo "disk: $(cat /root/init)"',
  '[ -e /root/by-main ] && echo "left by main: yes" || echo "left by main: no"',
  '[ -d /sys/firmware/efi ] && echo "firmware: uefi" || echo "firmware: none"',
  "touch /root/by-main",
].join("\n");

const installed = (arch: string) => existsSync(`/usr/bin/qemu-system-${arch}`);

describe("guests of other architectures, under emulation", () => {
  const farm = FarmUnderTest.fresh();
  const guests = GUESTS.map(({ name, target, ...rest }) => ({
    name,
    platform: "tiny",
    target,
    ...("firmware" in rest ? { firmware: rest.firmware } : {}),
  }));
  const seen = (guest: string, what: string): string | undefined =>
    new RegExp(`^${what}: (.*)$`, "m").exec(farm.kept(guest, "main.log"))?.[1];
  const files = (guest: string) => guestFiles(DISK_POOL, `${farm.stack}.${guest}`);
  const inMemory = new Map<string, string | undefined>();
  const numbers = new Map(GUESTS.map(({ name }) => [name, new Set<string>()]));

  before(async function () {
    if (!EMULATORS.every(installed)) {
      process.stdout.write(
        "      needs the packages qemu-system-arm, qemu-system-ppc and qemu-system-misc\n",
      );
      this.skip();
    }
    farm.phase("dependencies.yaml", { run: "echo dependencies" });
    for (const arch of ARCHITECTURES) writeHelper(farm, arch, `-${arch}`);
    farm.phase("init.yaml", { run: INIT }, ...reseedNow("-${{ target.arch }}"));
    farm.phase("main.yaml", { run: MAIN }, draw("number"));
    farm.farm({
      hypervisors: { local: {} },
      defaults: { readiness: { timeout: 600 } },
      guests: { list: guests },
      project: { id: "arches", phases: "phases", runMain: "always" },
    });
    await farm.init();
  });
  after(() => farm.remove());

  it("run from their first boot to main, each from an image of packages of its own architecture", async () => {
    succeeded(await farm.up("--continue-on-error", ...PARALLEL));
    for (const { name, machine, ...rest } of GUESTS) {
      const { status, error, strategy } = farm.result(name);
      const expected = "boots" in rest ? "overlay" : "saved";
      assert.deepEqual([status, strategy], ["passed", expected], error ?? name);
      assert.deepEqual(
        farm.acted(name),
        FROM_BASE.filter((phase) => phase !== "terminate"),
      );
      assert.equal(seen(name, "machine"), machine);
      assert.equal(seen(name, "firmware"), "firmware" in rest ? "uefi" : "none");
      inMemory.set(name, seen(name, "memory"));
      assert.match(inMemory.get(name) ?? "", "boots" in rest ? /^$/ : /^ram of [0-9a-f-]{36}$/);
    }
  });

  const fromInit = async () => {
    succeeded(await farm.up("--continue-on-error", ...PARALLEL));
    for (const { name, ...rest } of GUESTS) {
      const { cache, resumed, warnings } = farm.result(name);
      assert.deepEqual(warnings, [], name);
      const cold = "boots" in rest;
      assert.deepEqual({ cache, resumed }, { cache: "hit", resumed: cold ? "cold" : "memory" }, name);
      const expected = cold ? FROM_INIT.toSpliced(1, 0, "startup") : FROM_INIT;
      assert.deepEqual(
        farm.acted(name),
        expected.filter((phase) => phase !== "terminate"),
      );
      assert.equal(seen(name, "memory"), cold ? "" : inMemory.get(name), name);
      assert.equal(seen(name, "disk"), "first", name);
      assert.equal(seen(name, "left by main"), "no", name);
      const [known, now] = [numbers.get(name), drawn(farm, name, "number")];
      assert.equal(now.length, 306, name);
      const repeated = now.filter((number) => known?.has(number)).length;
      assert.equal(repeated, 0, `${name}: ${repeated} of 306 random numbers were drawn before`);
      for (const number of now) known?.add(number);
    }
  };
  it("start from their init snapshots, memory and disks as they were", fromInit);
  it("do so again, and draw other random numbers", fromInit);

  it("keep the firmware's variables with each snapshot, and leave nothing behind", async () => {
    const { folder, nvram, snapshots } = files("arm64-uefi");
    assert.ok(existsSync(nvram));
    const kept = execFileSync("grep", ["-l", '"nvram": *{', "-r", snapshots, "--include=*.json"], {
      encoding: "utf8",
    });
    assert.deepEqual(
      kept
        .trim()
        .split("\n")
        .map((path) => path.slice(snapshots.length + 1))
        .sort(),
      ["arches.0.init.json", "clean.json"],
    );
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.ok(!existsSync(folder), `left: ${existsSync(folder) ? readdirSync(folder).join() : ""}`);
    for (const { name } of GUESTS) {
      assert.equal(stateOf(farm, name), "missing");
      assert.ok(!existsSync(join(files(name).folder)));
    }
    assert.doesNotMatch(virsh("list", "--all", "--name"), new RegExp(farm.stack));
  });
});

describe("riscv64, of which Debian 12 has no packages", () => {
  const farm = FarmUnderTest.fresh();
  after(() => farm.remove());

  it("boots to a shell with a kernel of Debian 13, where that can be read", async function () {
    if (!installed("riscv64")) this.skip();
    farm.phase("main.yaml", { run: 'echo "machine: $(uname -m)"' });
    farm.farm({
      hypervisors: { local: {} },
      guests: { list: [{ platform: "tiny", target: "riscv64", readiness: { timeout: 600 } }] },
      project: { id: "riscv", phases: "phases", runMain: "always" },
    });
    await farm.init();
    const run = await farm.up();
    if (run.output.includes("the package index of Debian trixie cannot be read")) {
      process.stdout.write(
        "      left out: this machine's mirror has no whole index of Debian 13 for riscv64\n",
      );
      this.skip();
    }
    succeeded(run);
    assert.match(farm.kept("tiny-riscv64", "main.log"), /^machine: riscv64$/m);
  });
});
