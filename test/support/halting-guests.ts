import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { type GuestFiles, guestFiles } from "../../hypervisor/guest-files";
import { type HypervisorHost, openHypervisor } from "../../hypervisor/host";

/** A boot sector that halts: the guest runs and does nothing, not even answer ACPI. */
const HALT = Buffer.concat([Buffer.from([0xf4, 0xeb, 0xfd]), Buffer.alloc(507), Buffer.from([0x55, 0xaa])]);

/** Domains on the real libvirt that do nothing, in a disk pool of their own. */
export class HaltingGuests {
  readonly host: HypervisorHost;
  private readonly names = new Set<string>();

  private constructor(
    private readonly folder: string,
    readonly base: DomainSpec["baseImage"],
  ) {
    this.host = openHypervisor({
      name: "test",
      uri: process.env["GUEST_FARM_TEST_URI"] ?? "qemu:///system",
      connection: { type: "local" },
      diskPoolPath: join(folder, "pool"),
      imageCachePath: join(folder, "images"),
    });
  }

  static async open(): Promise<HaltingGuests> {
    const folder = await mkdtemp(join(tmpdir(), "guest-farm-halting-"));
    await chmod(folder, 0o711);
    const base = { path: join(folder, "base.qcow2"), digest: "a".repeat(64), format: "qcow2" } as const;
    const guests = new HaltingGuests(folder, base);
    const raw = join(folder, "halt.raw");
    await writeFile(raw, HALT);
    await guests.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, base.path);
    await guests.run("qemu-img", "resize", "-q", base.path, "64M");
    await chmod(base.path, 0o444);
    return guests;
  }

  run(...argv: readonly string[]): Promise<string> {
    return this.host.shell.output({ argv });
  }

  /** A specification with a name of its own; tests change what they are about. */
  spec(changes: Partial<DomainSpec> = {}): DomainSpec {
    const name = changes.name ?? `guest-farm-test-${randomBytes(4).toString("hex")}`;
    this.names.add(name);
    return {
      hypervisor: this.host.spec,
      owner: { farm: "farm-a", stack: "test", guest: "web", version: "0.1.0" },
      type: "qemu",
      arch: "x86_64",
      machine: "pc",
      cpu: { mode: "custom", model: "Nehalem" },
      vcpus: 1,
      memoryMiB: 32,
      firmware: { kind: "bios" },
      baseImage: this.base,
      rootDisk: { bus: "virtio" },
      extraDisks: [],
      nics: [],
      seed: { "meta-data": "instance-id: one\n" },
      seedBus: "ide",
      clock: "utc",
      ...changes,
      name,
    };
  }

  files({ name }: Pick<DomainSpec, "name">): GuestFiles {
    return guestFiles(this.host.spec.diskPoolPath, name);
  }

  async isDefined({ name }: Pick<DomainSpec, "name">): Promise<boolean> {
    return (await this.host.virsh(["list", "--all", "--name"])).split("\n").includes(name);
  }

  /** File that the definition gives the root disk. */
  async rootDisk({ name }: Pick<DomainSpec, "name">): Promise<string> {
    const list = await this.host.virsh(["domblklist", "--inactive", "--domain", name]);
    return /vda\s+(\/.*)/.exec(list)?.[1]?.trim() ?? "";
  }

  /** Removes every domain of the last test with the whole disk pool. */
  async clear(): Promise<void> {
    for (const name of this.names) {
      await this.host.tryVirsh(["destroy", "--domain", name]);
      await this.host.tryVirsh([
        "undefine",
        "--nvram",
        "--managed-save",
        "--snapshots-metadata",
        "--domain",
        name,
      ]);
    }
    this.names.clear();
    await rm(this.host.spec.diskPoolPath, { recursive: true, force: true });
    await rm(this.host.spec.imageCachePath, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await this.clear();
    await this.host.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
