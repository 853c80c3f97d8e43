import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, chmod, readFile, writeFile, stat, mkdir, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../../definitions/user-error";
import { deleteDomain } from "../../hypervisor/domain/delete";
import { createLayer, layerDisk, layerOfDisk } from "../../hypervisor/domain/layers";
import { createDomain, readDomain, updateDomain } from "../../hypervisor/domain/lifecycle";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { guestFiles } from "../../hypervisor/guest-files";
import { type HypervisorHost, openHypervisor } from "../../hypervisor/host";
import { guestPower } from "../../hypervisor/power";

/** A boot sector that halts: the guest runs and does nothing, not even answer ACPI. */
const HALT = Buffer.concat([Buffer.from([0xf4, 0xeb, 0xfd]), Buffer.alloc(507), Buffer.from([0x55, 0xaa])]);

describe("domains on a real libvirt", function () {
  this.timeout(60_000);
  const names: string[] = [];
  let folder: string;
  let host: HypervisorHost;
  let base: DomainSpec["baseImage"];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "guest-farm-domain-"));
    await chmod(folder, 0o711);
    const uri = process.env["GUEST_FARM_TEST_URI"] ?? "qemu:///system";
    host = openHypervisor({
      name: "test",
      uri,
      connection: { type: "local" },
      diskPoolPath: join(folder, "pool"),
      imageCachePath: folder,
    });
    base = { path: join(folder, "base.qcow2"), digest: "sha256:1", format: "qcow2" };
    await writeFile(join(folder, "halt.raw"), HALT);
    const convert = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", join(folder, "halt.raw"), base.path];
    await host.shell.output({ argv: convert });
    await host.shell.output({ argv: ["qemu-img", "resize", "-q", base.path, "64M"] });
    await chmod(base.path, 0o444);
  });

  afterEach(async () => {
    for (const name of names.splice(0)) {
      await host.tryVirsh(["destroy", "--domain", name]);
      await host.tryVirsh([
        "undefine",
        "--nvram",
        "--managed-save",
        "--snapshots-metadata",
        "--domain",
        name,
      ]);
    }
    await rm(host.spec.diskPoolPath, { recursive: true, force: true });
  });

  after(async () => {
    await host.close();
    await rm(folder, { recursive: true, force: true });
  });

  function spec(changes: Partial<DomainSpec> = {}): DomainSpec {
    const name = changes.name ?? `guest-farm-test-${randomBytes(4).toString("hex")}`;
    names.push(name);
    return {
      hypervisor: host.spec,
      owner: { farm: "farm-a", stack: "test", guest: "web", version: "0.1.0" },
      type: "qemu",
      arch: "x86_64",
      machine: "pc",
      cpu: { mode: "custom", model: "Nehalem" },
      vcpus: 1,
      memoryMiB: 32,
      firmware: { kind: "bios" },
      baseImage: base,
      rootDisk: { bus: "virtio" },
      extraDisks: [],
      nics: [],
      seed: { "user-data": "#cloud-config\n", "meta-data": "instance-id: one\n" },
      seedBus: "ide",
      clock: "utc",
      ...changes,
      name,
    };
  }

  const filesOf = ({ name }: DomainSpec) => guestFiles(host.spec.diskPoolPath, name);
  const exists = (path: string) => host.files.exists(path);
  const isDefined = async ({ name }: DomainSpec) =>
    (await host.virsh(["list", "--all", "--name"])).split("\n").includes(name);
  const currentDisk = async ({ name }: DomainSpec) => {
    const list = await host.virsh(["domblklist", "--inactive", "--domain", name]);
    return /vda\s+(\/.*)/.exec(list)?.[1]?.trim() ?? "";
  };

  describe("create", () => {
    it("makes folder, layer, seed and definition, boots nothing, and leaves the base alone", async () => {
      const before = await readFile(base.path);
      const wanted = spec({ rootDisk: { bus: "virtio", sizeGiB: 1 } });
      const made = await createDomain(host, wanted);
      const files = filesOf(wanted);
      assert.equal(made.adopted, false);
      assert.equal((await host.virsh(["domstate", wanted.name])).trim(), "shut off");
      assert.equal((await host.virsh(["domuuid", wanted.name])).trim(), made.uuid);
      assert.deepEqual((await readdir(files.folder)).sort(), ["layers", "owner.json", "seed.iso"]);
      assert.equal((await stat(files.seed)).mode & 0o777, 0o600);
      const seed = await readFile(files.seed);
      assert.ok(seed.includes("cidata") && seed.includes("instance-id: one"));
      const info = await host.shell.output({ argv: ["qemu-img", "info", await currentDisk(wanted)] });
      assert.match(info, /virtual size: 1 GiB/);
      assert.ok(info.includes(base.path));
      assert.deepEqual(await readFile(base.path), before);
      assert.equal((await stat(base.path)).mode & 0o777, 0o444);
    });

    it("makes folders that QEMU gets through and nobody looks into, whatever the umask, and opens closed ones", async () => {
      const before = process.umask(0o077);
      try {
        const wanted = spec();
        await createDomain(host, wanted);
        const files = filesOf(wanted);
        const layer = dirname(await currentDisk(wanted));
        const modes = async () =>
          Promise.all(
            [dirname(files.folder), files.folder, files.layers, layer].map(
              async (path) => (await stat(path)).mode & 0o777,
            ),
          );
        assert.deepEqual(await modes(), [0o711, 0o710, 0o711, 0o711]);
        await host.virsh(["start", wanted.name]);
        await chmod(files.layers, 0o700);
        await createLayer(host, files, { parent: null, disks: [{ device: "vda", base }] });
        assert.deepEqual(await modes(), [0o711, 0o710, 0o711, 0o711]);
        await host.files.mkdir(join(folder, "far", "below"), "0700");
        assert.equal((await stat(join(folder, "far"))).mode & 0o777, 0o755);
      } finally {
        process.umask(before);
      }
    });

    it("takes names with spaces, quotes, markup and shell text as they are", async () => {
      const name = `guest-farm-test ${randomBytes(3).toString("hex")} "a" 'b' <c> & $(touch x) \`d\` ; -e`;
      const wanted = spec({ name });
      await createDomain(host, wanted);
      assert.ok(await isDefined(wanted));
      assert.deepEqual((await readDomain(host, wanted))?.spec, wanted);
      await deleteDomain(host, wanted);
      assert.ok(!(await isDefined(wanted)));
      assert.deepEqual(await readdir(host.spec.diskPoolPath), []);
    });

    it("leaves nothing behind when libvirt refuses the definition", async () => {
      const wanted = spec({ emulator: "/nowhere/qemu" });
      await assert.rejects(createDomain(host, wanted), /nowhere/);
      assert.ok(!(await isDefined(wanted)));
      assert.ok(!(await exists(filesOf(wanted).folder)));
    });

    const template = (
      extra: string,
    ) => `<domain type="{{type}}" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
      <name>{{name}}</name><uuid>{{uuid}}</uuid>{{metadata}}<memory unit="MiB">{{memoryMiB}}</memory>
      <vcpu>{{vcpus}}</vcpu>{{os}}{{features}}{{cpu}}<clock offset="{{clock}}"/>
      <devices>{{emulator}}{{disks}}{{controllers}}{{nics}}{{console}}{{agent}}{{rng}}${extra}</devices>
      <qemu:commandline>{{qemuArguments}}</qemu:commandline></domain>`;

    it("defines what the user's template says, and reads it back", async () => {
      const wanted = spec({ template: template('<sound model="ich6"/>'), defaultBus: "pcie.0" });
      await createDomain(host, wanted);
      assert.match(
        await host.virsh(["dumpxml", "--inactive", "--domain", wanted.name]),
        /<sound model='ich6'/,
      );
      assert.deepEqual((await readDomain(host, wanted))?.spec, wanted);
      await deleteDomain(host, wanted);
    });

    it("refuses a template that libvirt's schema does not allow, and leaves nothing behind", async () => {
      const wanted = spec({ template: template("<sond/>") });
      await assert.rejects(createDomain(host, wanted), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /template: libvirt refuses the definition/);
        assert.match(error.mistakes[0]?.found ?? "", /validate against schema/);
        return true;
      });
      assert.ok(!(await isDefined(wanted)));
      assert.ok(!(await exists(filesOf(wanted).folder)));
    });

    it("refuses a template that makes another domain, which nobody would find again", async () => {
      const wrong = [
        template("").replace("{{name}}</name>", "x{{name}}</name>"),
        template("").replace("<uuid>{{uuid}}</uuid>", ""),
        template("").replace("{{disks}}", ""),
      ];
      for (const text of wrong) {
        const wanted = spec({ template: `${text}<!-- {{name}} {{uuid}} {{disks}} -->` });
        await assert.rejects(createDomain(host, wanted), (error) => {
          assert.ok(error instanceof UserError, String(error));
          assert.match(error.message, /the domain template of "web" needs .*\{\{(name|uuid|disks)\}\}/);
          return true;
        });
        assert.ok(!(await exists(filesOf(wanted).folder)));
      }
      assert.doesNotMatch(await host.virsh(["list", "--all", "--name"]), /xguest-farm-test/);
    });

    it("leaves nothing behind when the base image is missing", async () => {
      const wanted = spec({ baseImage: { ...base, path: join(folder, "gone.qcow2") } });
      await assert.rejects(createDomain(host, wanted), /gone\.qcow2/);
      assert.ok(!(await isDefined(wanted)));
      assert.ok(!(await exists(filesOf(wanted).folder)));
    });

    it("leaves nothing behind when the firmware is missing", async () => {
      const wanted = spec({
        firmware: { kind: "uefi", code: "/nowhere/code", varsTemplate: "/nowhere/vars" },
      });
      await assert.rejects(createDomain(host, wanted), /nowhere/);
      assert.ok(!(await exists(filesOf(wanted).folder)));
    });

    it("adopts and repairs a domain with the same mark, disks and UUID kept", async () => {
      const wanted = spec();
      const first = await createDomain(host, wanted);
      const disk = await currentDisk(wanted);
      await rm(filesOf(wanted).owner);
      const second = await createDomain(host, { ...wanted, memoryMiB: 48 });
      assert.deepEqual(second, { uuid: first.uuid, adopted: true });
      assert.equal(await currentDisk(wanted), disk);
      assert.ok(await exists(filesOf(wanted).owner));
      assert.equal((await readDomain(host, wanted))?.spec.memoryMiB, 48);
    });

    it("makes a lost definition again under the same UUID, snapshots kept", async () => {
      const wanted = spec();
      const first = await createDomain(host, wanted);
      await mkdir(filesOf(wanted).snapshots);
      await writeFile(join(filesOf(wanted).snapshots, "clean.json"), "{}");
      await host.virsh(["undefine", wanted.name]);
      assert.equal(await readDomain(host, wanted), null);
      const second = await createDomain(host, wanted);
      assert.equal(second.uuid, first.uuid);
      assert.ok(await exists(join(filesOf(wanted).snapshots, "clean.json")));
    });

    it("gives a domain over another base image fresh disks", async () => {
      const wanted = spec();
      await createDomain(host, wanted);
      const disk = await currentDisk(wanted);
      await createDomain(host, { ...wanted, baseImage: { ...base, digest: "sha256:2" } });
      assert.notEqual(await currentDisk(wanted), disk);
    });

    it("refuses a name that another farm has, naming it, and touches nothing", async () => {
      const theirs = spec();
      await createDomain(host, theirs);
      const ours = { ...theirs, owner: { ...theirs.owner, farm: "farm-b", stack: "other" } };
      await assert.rejects(createDomain(host, ours), (error: unknown) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /stack "test", farm farm-a/);
        assert.match(error.message, /domainPrefix/);
        return true;
      });
      assert.deepEqual((await readDomain(host, theirs))?.spec, theirs);
      assert.equal(await readDomain(host, ours), null);
    });

    it("refuses a domain that guest-farm did not make", async () => {
      const wanted = spec();
      const xml = `<domain type='qemu'><name>${wanted.name}</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os></domain>`;
      await host.virsh(["define", "/dev/stdin"], { stdin: xml });
      await assert.rejects(createDomain(host, wanted), UserError);
      await deleteDomain(host, wanted);
      assert.ok(await isDefined(wanted));
      assert.ok(!(await exists(filesOf(wanted).folder)));
    });

    it("refuses a folder with files that nobody marked", async () => {
      const wanted = spec();
      await mkdir(filesOf(wanted).folder, { recursive: true });
      await writeFile(join(filesOf(wanted).folder, "precious"), "x");
      await assert.rejects(createDomain(host, wanted), UserError);
      await deleteDomain(host, wanted);
      assert.ok(await exists(join(filesOf(wanted).folder, "precious")));
    });
  });

  describe("read", () => {
    it("sees no drift in what was just defined, on any machine", async () => {
      const uefi = (code: string, vars: string) => ({ kind: "uefi" as const, code, varsTemplate: vars });
      const nics: DomainSpec["nics"] = [
        {
          kind: "user",
          mac: "52:54:00:aa:00:01",
          forwards: [
            { hostAddress: "127.0.0.1", hostPort: 2299, guestPort: 22 },
            { hostAddress: "127.0.0.1", hostPort: 2298, guestPort: 80 },
          ],
        },
        { kind: "network", mac: "52:54:00:aa:00:02", network: "default", address: "10.0.0.2" },
        { kind: "bridge", mac: "52:54:00:aa:00:03", bridge: "br7" },
        { kind: "vde", mac: "52:54:00:aa:00:04", socket: "/run/a,b" },
        { kind: "ethernet", mac: "52:54:00:aa:00:05", device: "tap7" },
      ];
      const extraDisks: DomainSpec["extraDisks"] = [
        { path: base.path, format: "qcow2", readOnly: true },
        { path: base.path, format: "qcow2", readOnly: false },
      ];
      const variants: readonly Partial<DomainSpec>[] = [
        { nics, extraDisks },
        {
          machine: "q35",
          seedBus: "sata",
          rootDisk: { bus: "scsi" },
          nics,
          extraDisks,
          firmware: uefi("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
        },
        { cpu: { mode: "maximum" }, clock: "localtime", emulator: "/usr/bin/qemu-system-x86_64" },
        { firmware: { kind: "kernel", kernel: base.path, initrd: base.path, cmdline: 'a="<b>" quiet' } },
        {
          arch: "aarch64",
          machine: "virt",
          cpu: { mode: "custom", model: "cortex-a57" },
          seedBus: "scsi",
          firmware: uefi("/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"),
        },
        {
          arch: "armv7l",
          machine: "virt",
          cpu: { mode: "custom", model: "cortex-a15" },
          seedBus: "scsi",
          firmware: { kind: "kernel", kernel: base.path, cmdline: "" },
        },
      ];
      for (const variant of variants) {
        const wanted = spec(variant);
        await createDomain(host, wanted);
        assert.deepEqual((await readDomain(host, wanted))?.spec, wanted);
      }
    });

    it("sees no drift in disks moved by snapshots and in an ejected seed", async () => {
      const wanted = spec();
      await createDomain(host, wanted);
      const moved = join(folder, `moved-${randomBytes(3).toString("hex")}.qcow2`);
      const edit = (await host.virsh(["dumpxml", "--inactive", wanted.name]))
        .replace(await currentDisk(wanted), moved)
        .replace(/<source file='[^']*seed.iso'\/>/, "");
      await host.virsh(["define", "/dev/stdin"], { stdin: edit });
      assert.deepEqual((await readDomain(host, wanted))?.spec, wanted);
    });

    it("sees what somebody changed behind our back", async () => {
      const wanted = spec({
        nics: [{ kind: "network", mac: "52:54:00:aa:00:02", network: "default" }],
      });
      await createDomain(host, wanted);
      await host.virsh(["setmaxmem", wanted.name, "65536", "--config"]);
      await host.virsh(["setvcpus", wanted.name, "3", "--maximum", "--config"]);
      await host.virsh(["detach-interface", wanted.name, "network", "--config"]);
      const found = (await readDomain(host, wanted))?.spec;
      assert.deepEqual(found, { ...wanted, memoryMiB: 64, vcpus: 3, nics: [] });
    });

    it("sees that a running domain was undefined, which an update mends while it runs", async () => {
      const wanted = spec();
      const { uuid } = await createDomain(host, wanted);
      await host.virsh(["start", wanted.name]);
      await host.virsh(["undefine", wanted.name]);
      const seen = (await readDomain(host, wanted))?.spec ?? wanted;
      assert.deepEqual(seen, { ...wanted, owner: { ...wanted.owner, version: "(not defined)" } });
      await updateDomain(host, seen, wanted);
      assert.equal((await host.virsh(["domstate", wanted.name])).trim(), "running");
      await host.virsh(["destroy", wanted.name]);
      assert.deepEqual(await readDomain(host, wanted), { uuid, spec: wanted });
    });

    it("is an error, not a missing domain, when libvirt cannot be asked", async () => {
      const deaf = openHypervisor({ ...host.spec, uri: "qemu+unix:///system?socket=/nowhere" });
      await assert.rejects(readDomain(deaf, spec()), /nowhere/);
      await assert.rejects(deleteDomain(deaf, spec()), /nowhere/);
    });
  });

  describe("update", () => {
    it("changes in place what may change and keeps disks, machine and an ejected seed", async () => {
      const before = spec();
      await createDomain(host, before);
      const disk = await currentDisk(before);
      await host.virsh(["change-media", before.name, "hda", "--eject", "--config"]);
      await rm(filesOf(before).seed);
      const after: DomainSpec = {
        ...before,
        memoryMiB: 48,
        vcpus: 2,
        nics: [{ kind: "user", mac: "52:54:00:aa:00:01", forwards: [] }],
      };
      await updateDomain(host, before, after);
      assert.deepEqual((await readDomain(host, after))?.spec, after);
      assert.equal(await currentDisk(after), disk);
      assert.ok(!(await exists(filesOf(after).seed)));
      assert.match(await host.virsh(["dumpxml", after.name]), /machine='pc-i440fx-/);
    });

    it("inserts a seed that has changed", async () => {
      const before = spec();
      await createDomain(host, before);
      await host.virsh(["change-media", before.name, "hda", "--eject", "--config"]);
      await rm(filesOf(before).seed);
      const after = { ...before, seed: { "user-data": "#cloud-config\nnew: true\n" } };
      await updateDomain(host, before, after);
      assert.ok((await readFile(filesOf(after).seed)).includes("new: true"));
      assert.match(await host.virsh(["domblklist", after.name]), /hda\s+.*seed\.iso/);
    });

    it("lays fresh disks with the seed for a guest whose folder is gone, as a refresh has seen it", async () => {
      const before = spec();
      const { uuid } = await createDomain(host, before);
      await host.virsh(["change-media", before.name, "hda", "--eject", "--config"]);
      await rm(host.spec.diskPoolPath, { recursive: true });
      const seen = (await readDomain(host, before))?.spec;
      assert.notDeepEqual(seen, before);
      assert.deepEqual(await updateDomain(host, seen ?? before, before), { uuid, adopted: true });
      assert.deepEqual((await readDomain(host, before))?.spec, before);
      assert.ok(await exists(await currentDisk(before)));
      assert.ok((await readFile(filesOf(before).seed)).includes("instance-id: one"));
      assert.match(await host.virsh(["domblklist", before.name]), /hda\s+.*seed\.iso/);
    });

    it("keeps the old definition when libvirt refuses the new one", async () => {
      const before = spec();
      await createDomain(host, before);
      await assert.rejects(updateDomain(host, before, { ...before, emulator: "/nowhere/qemu" }), /nowhere/);
      assert.deepEqual((await readDomain(host, before))?.spec, before);
      assert.ok(await exists(await currentDisk(before)));
    });
  });

  describe("delete", () => {
    const partialStates: readonly [string, (made: DomainSpec) => Promise<unknown>][] = [
      ["shut off", () => Promise.resolve()],
      ["running", (made) => host.virsh(["start", made.name])],
      ["paused", (made) => host.virsh(["start", "--paused", made.name])],
      [
        "managed save",
        async (made) => {
          await host.virsh(["start", made.name]);
          await host.virsh(["managedsave", made.name]);
        },
      ],
      [
        "libvirt's snapshot of the running guest",
        async (made) => {
          await host.virsh(["start", made.name]);
          await host.virsh(["snapshot-create-as", made.name, "s 1"]);
          await host.virsh(["snapshot-create-as", made.name, "s2"]);
        },
      ],
      ["disk gone", async (made) => rm(filesOf(made).layers, { recursive: true })],
      ["folder gone", async (made) => rm(filesOf(made).folder, { recursive: true })],
      ["definition gone", (made) => host.virsh(["undefine", made.name])],
      [
        "broken off between files and mark",
        async (made) => {
          await host.virsh(["undefine", made.name]);
          await rm(filesOf(made).layers, { recursive: true });
        },
      ],
    ];
    for (const [state, arrange] of partialStates) {
      it(`leaves nothing of a domain: ${state}; and again`, async () => {
        const made = spec();
        await createDomain(host, made);
        await arrange(made);
        await deleteDomain(host, made);
        assert.ok(!(await isDefined(made)));
        assert.ok(!(await exists(filesOf(made).folder)));
        await deleteDomain(host, made);
        assert.ok(await exists(base.path));
      });
    }

    it("leaves nothing of a UEFI guest, NVRAM included", async () => {
      const made = spec({
        machine: "q35",
        seedBus: "sata",
        firmware: {
          kind: "uefi",
          code: "/usr/share/OVMF/OVMF_CODE_4M.fd",
          varsTemplate: "/usr/share/OVMF/OVMF_VARS_4M.fd",
        },
      });
      await createDomain(host, made);
      assert.ok(await exists(filesOf(made).nvram));
      await host.virsh(["start", made.name]);
      await deleteDomain(host, made);
      assert.ok(!(await isDefined(made)));
      assert.ok(!(await exists(filesOf(made).folder)));
    });

    it("lets another farm's domain and folder be", async () => {
      const theirs = spec();
      await createDomain(host, theirs);
      await deleteDomain(host, { name: theirs.name, owner: { ...theirs.owner, guest: "other" } });
      assert.deepEqual((await readDomain(host, theirs))?.spec, theirs);
      assert.ok(await exists(filesOf(theirs).seed));
    });
  });

  describe("power", () => {
    it("starts the guest, forces off one that does not listen, and says which", async () => {
      const made = spec();
      await createDomain(host, made);
      const power = guestPower(host, made.name);
      assert.equal(await power.state(), "off");
      await power.start();
      await power.start();
      assert.equal(await power.state(), "on");
      assert.equal(await power.shutDown({ tries: 2, delayMs: 300 }), "forced");
      assert.equal(await power.state(), "off");
      assert.equal(await power.shutDown({ tries: 2, delayMs: 300 }), "graceful");
      await power.powerOff();
      await deleteDomain(host, made);
      assert.equal(await power.state(), "missing");
      await power.powerOff();
      await assert.rejects(power.start(), /it is not defined/);
    });

    it("names the port when it is in use", async () => {
      const forwards = [{ hostAddress: "127.0.0.1", hostPort: 23_917, guestPort: 22 }];
      const nics: DomainSpec["nics"] = [{ kind: "user", mac: "52:54:00:aa:00:01", forwards }];
      const first = spec({ nics });
      const second = spec({ nics });
      await createDomain(host, first);
      await createDomain(host, second);
      await guestPower(host, first.name).start();
      await assert.rejects(guestPower(host, second.name).start(), /port 23917 of 127\.0\.0\.1.*is in use/);
      assert.equal(await guestPower(host, second.name).state(), "off");
    });
  });

  it("puts every writable disk into the first layer and lets data disks be", async () => {
    const data = join(folder, "data.raw");
    await writeFile(data, Buffer.alloc(1024 * 1024));
    const made = spec({ extraDisks: [{ path: data, format: "raw", readOnly: false }] });
    await createDomain(host, made);
    const layer = layerOfDisk(filesOf(made), await currentDisk(made));
    assert.ok(layer !== null && (await exists(layerDisk(filesOf(made), layer, "vdb"))));
    await deleteDomain(host, made);
    assert.ok(await exists(data));
  });
});
