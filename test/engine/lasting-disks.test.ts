import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../definitions/user-error";
import { deleteDomain } from "../../hypervisor/domain/delete";
import { isKept, keepDisks, keptDisk, keptFolder } from "../../hypervisor/domain/kept-disks";
import { createLayer, layerFolder, layerOfDisk } from "../../hypervisor/domain/layers";
import { createDomain, readDomain, updateDomain } from "../../hypervisor/domain/lifecycle";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { guestPower } from "../../hypervisor/power";
import { resumingSaved } from "../../hypervisor/saved-state";
import { createSnapshotStore } from "../../hypervisor/snapshots/store";
import { HaltingGuests } from "../support/halting-guests";

describe("disks of long-lived guests on a real libvirt", function () {
  this.timeout(120_000);
  let guests: HaltingGuests;
  before(async () => (guests = await HaltingGuests.open()));
  afterEach(() => guests.clear());
  after(() => guests.close());

  const virsh = (...argv: string[]) => guests.host.virsh(argv);
  const pool = () => guests.host.spec.diskPoolPath;
  const kept = (spec: DomainSpec) => keptFolder(pool(), spec.name);
  const io = (disk: string, command: string) => guests.run("qemu-io", "-f", "qcow2", "-c", command, disk);
  const write = (disk: string, text: string) => io(disk, `write -P ${text.charCodeAt(0)} 1M 4k`);
  const holds = (disk: string, text: string) => io(disk, `read -P ${text.charCodeAt(0)} 1M 4k`);
  const layerOf = async (spec: DomainSpec) =>
    layerOfDisk(guests.files(spec), await guests.rootDisk(spec)) ?? "";
  const recordOf = async (spec: DomainSpec) =>
    join(layerFolder(guests.files(spec), await layerOf(spec)), "layer.json");

  /** A guest with something on its disk: a frozen layer and the one over it. */
  async function inUse(changes: Partial<DomainSpec> = {}): Promise<DomainSpec> {
    const spec = guests.spec({ keepRunning: true, ...changes });
    await createDomain(guests.host, spec);
    const files = guests.files(spec);
    const before = await guests.rootDisk(spec);
    const disks = [{ device: "vda", base: spec.baseImage }];
    const top = await createLayer(guests.host, files, { parent: await layerOf(spec), disks });
    const xml = await virsh("dumpxml", "--inactive", spec.name);
    const disk = join(layerFolder(files, top.id), "vda.qcow2");
    await guests.host.virsh(["define", "--file", "/dev/stdin"], { stdin: xml.replace(before, disk) });
    await write(disk, "m");
    return spec;
  }

  /** What somebody, or a full disk, can do to the files of a guest, and the file that the refusal has to name. */
  const DAMAGE: Readonly<Record<string, (spec: DomainSpec) => Promise<string>>> = {
    "the layer's record is missing": async (spec) => {
      const record = await recordOf(spec);
      await rm(record);
      return record;
    },
    "the layer's record is empty": async (spec) => {
      const record = await recordOf(spec);
      await writeFile(record, "");
      return record;
    },
    "the overlay under the disk is gone": async (spec) => {
      const { parent } = JSON.parse(await readFile(await recordOf(spec), "utf8")) as { parent: string };
      await rm(join(layerFolder(guests.files(spec), parent), "vda.qcow2"));
      return guests.rootDisk(spec);
    },
    "the disk was moved within the folder": async (spec) => {
      const disk = await guests.rootDisk(spec);
      await rename(disk, `${disk}.moved`);
      return disk;
    },
    "the definition names a disk elsewhere": async (spec) => {
      const disk = await guests.rootDisk(spec);
      const elsewhere = join(pool(), "elsewhere.qcow2");
      const xml = await virsh("dumpxml", "--inactive", spec.name);
      await guests.host.virsh(["define", "--file", "/dev/stdin"], { stdin: xml.replace(disk, elsewhere) });
      return elsewhere;
    },
  };

  const refuses = async (work: Promise<unknown>, file: string) => {
    const error: unknown = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof UserError, String(error));
    assert.ok(error.message.includes(file), error.message);
    assert.match(error.message, /long-lived guest "web"/);
    assert.match(error.message, /GUEST_FARM_REMOVE_DISKS=true/);
  };

  for (const [damage, bring] of Object.entries(DAMAGE)) {
    it(`${damage}: neither deleted nor given an empty disk, and told which file`, async () => {
      const spec = await inUse();
      const file = await bring(spec);
      const definition = await virsh("dumpxml", "--inactive", spec.name);
      const tree = await guests.run("find", guests.files(spec).layers);
      await refuses(deleteDomain(guests.host, spec), file);
      await refuses(updateDomain(guests.host, spec, { ...spec, memoryMiB: 48 }), file);
      await refuses(createDomain(guests.host, spec), file);
      assert.equal(await virsh("dumpxml", "--inactive", spec.name), definition);
      assert.equal(await guests.run("find", guests.files(spec).layers), tree);
      await deleteDomain(guests.host, spec, { removeDisks: true });
      assert.ok(!(await guests.isDefined(spec)));
    });
  }

  it("its whole folder is gone, as from a pool that is not mounted: no empty disk takes its place", async () => {
    const spec = await inUse();
    await rm(pool(), { recursive: true });
    await refuses(updateDomain(guests.host, spec, spec), guests.files(spec).layers);
    assert.ok(!existsSync(guests.files(spec).folder));
    await virsh("undefine", spec.name);
    await createDomain(guests.host, spec);
    assert.ok(existsSync(await guests.rootDisk(spec)));
  });

  it("does not stop a guest that it then refuses to delete", async () => {
    const spec = await inUse();
    await virsh("start", spec.name);
    await rm(await recordOf(spec));
    await assert.rejects(deleteDomain(guests.host, spec), UserError);
    assert.equal((await virsh("domstate", spec.name)).trim(), "running");
  });

  it("goes on with its disk when its definition was lost", async () => {
    const spec = await inUse();
    const disk = await guests.rootDisk(spec);
    await virsh("undefine", spec.name);
    assert.equal(await readDomain(guests.host, spec), null);
    await createDomain(guests.host, spec);
    assert.equal(await guests.rootDisk(spec), disk);
    await holds(disk, "m");
  });

  it("chooses no disk when its definition was lost and several may be the last", async () => {
    const spec = await inUse();
    const disks = [{ device: "vda", base: spec.baseImage }];
    await createLayer(guests.host, guests.files(spec), { parent: null, disks });
    await virsh("undefine", spec.name);
    await refuses(createDomain(guests.host, spec), guests.files(spec).layers);
    await refuses(deleteDomain(guests.host, spec), guests.files(spec).layers);
    assert.ok(existsSync(guests.files(spec).layers));
  });

  it("keeps its disk although a refresh has seen its autostart switched off", async () => {
    const spec = await inUse();
    await virsh("autostart", "--disable", spec.name);
    const seen = (await readDomain(guests.host, spec))?.spec;
    assert.equal(seen?.keepRunning, false);
    await deleteDomain(guests.host, seen);
    await holds(keptDisk(kept(spec), "vda"), "m");
  });

  it("keeps what was written after a delete that was broken off, and copies nothing twice", async () => {
    const spec = await inUse();
    const { uuid = "" } = (await readDomain(guests.host, spec)) ?? {};
    const record = { domain: spec.name, owner: spec.owner, uuid, baseDigest: spec.baseImage.digest };
    const disks = [{ device: "vda", file: await guests.rootDisk(spec) }];
    await keepDisks(guests.host, { record, disks });
    assert.ok(await isKept(guests.host, record, guests.files(spec).layers));
    await write(await guests.rootDisk(spec), "n");
    assert.ok(!(await isKept(guests.host, record, guests.files(spec).layers)));
    await deleteDomain(guests.host, spec);
    await holds(keptDisk(kept(spec), "vda"), "n");
  });

  it("goes on when a delete was broken off in the middle of the folder", async () => {
    const spec = await inUse();
    const owner = await readFile(guests.files(spec).owner, "utf8");
    const record = await recordOf(spec);
    const aside = join(pool(), "aside");
    await guests.run("cp", "-a", guests.files(spec).folder, aside);
    await deleteDomain(guests.host, spec);
    // The definition is gone, the disk is kept, and of the folder something is left.
    await rename(aside, guests.files(spec).folder);
    await writeFile(guests.files(spec).owner, owner);
    await rm(record);
    await deleteDomain(guests.host, spec);
    assert.deepEqual(await readdir(pool()), [`kept~${spec.name}`]);
    await holds(keptDisk(kept(spec), "vda"), "m");
  });

  it("never gets other disks by a reset, a restore or the end of a run, once somebody has worked on its own", async () => {
    const spec = await inUse();
    const disk = await guests.rootDisk(spec);
    const store = createSnapshotStore(guests.host, spec, { strategy: "overlay" });
    await store.markTouched();
    for (const work of [
      () => store.resetToBase(),
      () => store.restore("clean"),
      () => store.settle({ project: null, keep: 1 }),
    ])
      await assert.rejects(work(), /the disks of guest "web", which is long-lived, are never exchanged/);
    assert.equal(await guests.rootDisk(spec), disk);
    await holds(disk, "m");
  });

  it("goes on where it was when somebody has put it to sleep, and boots otherwise", async () => {
    const spec = await inUse();
    const power = resumingSaved(guestPower(guests.host, spec.name), guests.host, spec.name);
    const how = async () => (await virsh("domstate", "--reason", spec.name)).trim();
    await power.start();
    assert.equal(await how(), "running (booted)");
    await virsh("managedsave", spec.name);
    await updateDomain(guests.host, spec, { ...spec, vcpus: 2 });
    await power.start();
    assert.equal(await how(), "running (restored)");
  });

  it("is adopted whole or not at all", async () => {
    const spec = await inUse();
    await deleteDomain(guests.host, spec);
    await rm(keptDisk(kept(spec), "vda"));
    await assert.rejects(createDomain(guests.host, spec), /vda\.qcow2, which its record names/);
    assert.ok(!(await guests.isDefined(spec)));
  });
});
