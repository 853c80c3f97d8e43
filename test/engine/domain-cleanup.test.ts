import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../definitions/user-error";
import { deleteDomain } from "../../hypervisor/domain/delete";
import { keptDisk, keptFolder } from "../../hypervisor/domain/kept-disks";
import { createLayer, layerFolder, layerOfDisk } from "../../hypervisor/domain/layers";
import { createDomain, readDomain, updateDomain } from "../../hypervisor/domain/lifecycle";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { HaltingGuests } from "../support/halting-guests";

describe("clean-up of domains on a real libvirt", function () {
  this.timeout(120_000);
  let guests: HaltingGuests;
  before(async () => (guests = await HaltingGuests.open()));
  afterEach(() => guests.clear());
  after(() => guests.close());

  const virsh = (...argv: string[]) => guests.host.virsh(argv);
  const pool = () => guests.host.spec.diskPoolPath;
  const kept = (spec: DomainSpec) => keptFolder(pool(), spec.name);
  const write = (disk: string, text: string) =>
    guests.run("qemu-io", "-f", "qcow2", "-c", `write -P ${text.charCodeAt(0)} 1M 4k`, disk);
  const holds = async (disk: string, text: string) => {
    await guests.run("qemu-io", "-f", "qcow2", "-c", `read -P ${text.charCodeAt(0)} 1M 4k`, disk);
  };

  /** Ways in which something can be half there. */
  const PARTIAL: Readonly<Record<string, (spec: DomainSpec) => Promise<unknown>>> = {
    whole: () => Promise.resolve(),
    running: ({ name }) => virsh("start", name),
    "domain without disk": async (spec) => rm(await guests.rootDisk(spec)),
    "domain without folder": (spec) => rm(guests.files(spec).folder, { recursive: true }),
    "domain whose folder lost its mark": (spec) => rm(guests.files(spec).owner),
    "disk without domain": ({ name }) => virsh("undefine", name),
    "folder with its mark alone": async (spec) => {
      await virsh("undefine", spec.name);
      await rm(guests.files(spec).layers, { recursive: true });
    },
    "snapshot files without domain": async (spec) => {
      await virsh("undefine", spec.name);
      await mkdir(join(guests.files(spec).snapshots, "0123456789ab"), { recursive: true });
      await writeFile(join(guests.files(spec).snapshots, "0123456789ab", "memory"), "");
    },
    "a half-written record": async (spec) => {
      await mkdir(guests.files(spec).snapshots);
      await writeFile(join(guests.files(spec).snapshots, "clean.json"), '{"formatVersion":');
    },
    "host rebooted with a lease held": async (spec) => {
      await writeFile(guests.files(spec).lease, "");
      await writeFile(guests.files(spec).leaseHolder, '{"runId":"1","description":"gone","since":""}\n');
    },
    "a managed save": async ({ name }) => {
      await virsh("start", name);
      await virsh("managedsave", name);
    },
  };

  for (const [state, bring] of Object.entries(PARTIAL)) {
    it(`${state}: deleted twice, nothing is left; then made again`, async () => {
      const spec = guests.spec();
      const base = await readFile(guests.base.path);
      await createDomain(guests.host, spec);
      await bring(spec);
      for (const round of [1, 2]) {
        await deleteDomain(guests.host, spec);
        assert.ok(!(await guests.isDefined(spec)), `round ${round}`);
        assert.deepEqual(await readdir(pool()), [], `round ${round}`);
      }
      await createDomain(guests.host, spec);
      assert.deepEqual((await readDomain(guests.host, spec))?.spec, spec);
      assert.deepEqual(await readFile(guests.base.path), base);
    });
  }

  it("leaves what only has a similar name, or another owner", async () => {
    const spec = guests.spec();
    const longer = guests.spec({ name: `${spec.name}-2` });
    await createDomain(guests.host, spec);
    await createDomain(guests.host, longer);
    await deleteDomain(guests.host, { ...spec, owner: { ...spec.owner, farm: "farm-b" } });
    assert.ok(await guests.isDefined(spec));
    await deleteDomain(guests.host, spec);
    assert.ok(await guests.isDefined(longer));
    assert.deepEqual(await readdir(pool()), [longer.name]);
  });

  describe("a long-lived guest", () => {
    const longLived = (changes: Partial<DomainSpec> = {}) => guests.spec({ keepRunning: true, ...changes });

    it("starts with its hypervisor, and says so when it would not", async () => {
      const spec = longLived();
      await createDomain(guests.host, spec);
      assert.deepEqual((await readDomain(guests.host, spec))?.spec, spec);
      await virsh("autostart", spec.name, "--disable");
      assert.equal((await readDomain(guests.host, spec))?.spec.keepRunning, false);
      await updateDomain(guests.host, spec, spec);
      assert.equal((await readDomain(guests.host, spec))?.spec.keepRunning, true);
      await updateDomain(guests.host, spec, { ...spec, keepRunning: undefined });
      assert.match(await virsh("dominfo", spec.name), /Autostart:\s+disable/);
    });

    it("leaves its root disk as one file that needs no other, marked as kept; a later guest goes on with it", async () => {
      const spec = longLived();
      await createDomain(guests.host, spec);
      const below = layerOfDisk(guests.files(spec), await guests.rootDisk(spec)) ?? "";
      await write(await guests.rootDisk(spec), "m");
      const disks = [{ device: "vda", base: spec.baseImage }];
      const top = await createLayer(guests.host, guests.files(spec), { parent: below, disks });
      const topDisk = join(layerFolder(guests.files(spec), top.id), "vda.qcow2");
      const xml = await virsh("dumpxml", "--inactive", spec.name);
      await guests.host.virsh(["define", "--file", "/dev/stdin"], {
        stdin: xml.replace(await guests.rootDisk(spec), topDisk),
      });
      for (let round = 0; round < 2; round += 1) await deleteDomain(guests.host, spec);
      assert.deepEqual(await readdir(pool()), [`kept~${spec.name}`]);
      const file = keptDisk(kept(spec), "vda");
      assert.doesNotMatch(await guests.run("qemu-img", "info", file), /backing file/);
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      assert.match(await readFile(join(kept(spec), "kept.json"), "utf8"), /"kept": true/);
      await holds(file, "m");

      const owner = { ...spec.owner, farm: "another id, as after every destroy" };
      await createDomain(guests.host, { ...spec, owner });
      assert.deepEqual(await readdir(pool()), [spec.name]);
      await holds(await guests.rootDisk(spec), "m");
      assert.deepEqual((await readDomain(guests.host, { ...spec, owner }))?.spec, { ...spec, owner });
    });

    it("leaves its disk when the definition was lost", async () => {
      const spec = longLived();
      await createDomain(guests.host, spec);
      await write(await guests.rootDisk(spec), "k");
      await virsh("undefine", spec.name);
      await deleteDomain(guests.host, spec);
      await holds(keptDisk(kept(spec), "vda"), "k");
    });

    it("leaves nothing with removeDisks", async () => {
      const spec = longLived();
      await createDomain(guests.host, spec);
      await deleteDomain(guests.host, spec, { removeDisks: true });
      assert.deepEqual(await readdir(pool()), []);
    });

    const FOREIGN: Readonly<Record<string, readonly [Partial<DomainSpec>, RegExp]>> = {
      "another guest's": [{ owner: { farm: "f", stack: "test", guest: "db", version: "1" } }, /guest "web"/],
      "another stack's": [
        { owner: { farm: "f", stack: "prod", guest: "web", version: "1" } },
        /stack "test"/,
      ],
      "over another base image": [
        { baseImage: { path: "/b", digest: "b".repeat(64), format: "qcow2" } },
        /aaaaaaaaaaaa.*bbbbbbbbbbbb/,
      ],
    };
    for (const [what, [changes, why]] of Object.entries(FOREIGN)) {
      it(`is refused a kept disk that is ${what}, which stays as it is`, async () => {
        const spec = longLived();
        await createDomain(guests.host, spec);
        await deleteDomain(guests.host, spec);
        const error = await createDomain(guests.host, { ...spec, ...changes }).catch(
          (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof UserError);
        assert.match(error.message, why);
        assert.match(error.message, /move that folder away/);
        assert.deepEqual(await readdir(pool()), [`kept~${spec.name}`]);
        assert.deepEqual((await readdir(kept(spec))).sort(), ["kept.json", "vda.qcow2"]);
      });
    }

    it("gives the kept disk back when it cannot be defined", async () => {
      const spec = longLived();
      await createDomain(guests.host, spec);
      await deleteDomain(guests.host, spec);
      await assert.rejects(createDomain(guests.host, { ...spec, emulator: "/nowhere/qemu" }), /nowhere/);
      assert.deepEqual(await readdir(pool()), [`kept~${spec.name}`]);
      assert.deepEqual((await readdir(kept(spec))).sort(), ["kept.json", "vda.qcow2"]);
    });
  });
});
