import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { guestFiles } from "../../hypervisor/guest-files";
import type { FarmUnderTest } from "../e2e/support/farm-under-test";
import { says, succeeded } from "../e2e/support/outcomes";
import { readyStack } from "../e2e/support/ready-stack";
import { domainOf, stateOf, virsh } from "../e2e/support/tiny-farm";
import { runInGuest } from "./support/agent-program";

const POOL = "/var/lib/libvirt/guest-farm/instances";
const GUESTS = ["app-01", "db-01", "edge-01"];
const ADDRESS = "ip -4 -o addr show scope global | awk '{ print $4 }'";

/** Nobody's: a definition without a disk, whose name starts like that of one of ours. */
const stranger = (name: string) =>
  `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os></domain>`;

describe("ready stack kvm-provisioning, long-lived guests stage by stage", function () {
  this.timeout(600_000);
  let farm: FarmUnderTest;
  const folderOf = (guest: string) => guestFiles(POOL, domainOf(farm, guest));
  const snapshotsOf = (guest: string) => {
    const { snapshots } = folderOf(guest);
    return existsSync(snapshots) ? readdirSync(snapshots).filter((name) => name.endsWith(".json")) : [];
  };

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    farm = await readyStack("kvm-provisioning");
  });
  after(async () => {
    await farm.config("removeDisks", "true");
    await farm.remove();
  });

  const said = async (domain: string, script: string) => (await runInGuest(domain, script)).trim();

  for (const stage of ["preflight", "image-cache", "provision"]) {
    it(`starts nothing in stage ${stage}`, async () => {
      await farm.config("stage", stage);
      succeeded(await farm.up());
      const state = stage === "provision" ? "shut off" : "missing";
      assert.deepEqual(
        GUESTS.map((guest) => stateOf(farm, guest)),
        [state, state, state],
      );
    });
  }

  it("starts all guests in stage runtime, and takes the snapshots of their first boot that are wanted", async () => {
    await farm.config("stage", "runtime");
    succeeded(await farm.up());
    assert.deepEqual(
      GUESTS.map((guest) => stateOf(farm, guest)),
      ["running", "running", "running"],
    );
    assert.deepEqual(GUESTS.map(snapshotsOf), [["first-boot.json"], ["before-data.json"], []]);
  });

  it("gives every guest its address, CPUs, memory and disks", async () => {
    const app = domainOf(farm, "app-01");
    const db = domainOf(farm, "db-01");
    assert.equal(await said(app, ADDRESS), "10.71.0.11/24");
    assert.equal(await said(app, "nproc"), "2");
    assert.equal(await said(db, ADDRESS), "10.71.0.12/24");
    assert.equal(await said(db, "blockdev --getsize64 /dev/vdb"), String(1024 ** 3));
    assert.match(virsh("dominfo", db), /Max memory:\s+327680 KiB/);
    assert.match(virsh("dominfo", db), /Autostart:\s+enable/);
  });

  it("is reached, and answers a ping", async () => {
    says(
      succeeded(await farm.cli("ping", "--timeout", "180")),
      /hypervisor\s+kvm_host\s+answers/,
      ...GUESTS.map((guest) => new RegExp(`guest\\s+${guest}\\s+answers`)),
    );
    says(succeeded(await farm.cli("ssh", "edge-01", "echo reached $(hostname)")), "reached");
  });

  it("changes nothing in a second run of all stages, and leaves the guests on", async () => {
    const runs = () => GUESTS.map((guest) => virsh("domid", domainOf(farm, guest)).trim());
    const before = runs();
    await farm.config("stage", "full");
    succeeded(await farm.refresh());
    succeeded(await farm.preview("--expect-no-changes"));
    succeeded(await farm.up());
    assert.deepEqual(runs(), before);
  });

  it("removes its guests by their exact names, with their disks when that is wanted", async () => {
    const alike = `${domainOf(farm, "app-01")}1`;
    const file = join(farm.folder, "stranger.xml");
    farm.write("stranger.xml", stranger(alike));
    virsh("define", file);
    try {
      await farm.config("removeDisks", "true");
      succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
      assert.deepEqual(
        GUESTS.map((guest) => stateOf(farm, guest)),
        ["missing", "missing", "missing"],
      );
      assert.deepEqual(
        GUESTS.filter((guest) => existsSync(folderOf(guest).folder)),
        [],
      );
      assert.ok(virsh("list", "--all", "--name").split("\n").includes(alike), "a stranger was taken");
      assert.equal(virsh("net-list", "--all", "--name").includes("provisioned"), false);
    } finally {
      virsh("undefine", alike);
    }
  });
});
