import type { ResolvedGuest, ResolvedNic } from "../../definitions/resolved";
import type { DomainSpec, NicSpec } from "../../hypervisor/domain/spec";
import type { OwnerMark } from "../../hypervisor/owner";
import type { HypervisorSpec } from "../../hypervisor/spec";
import type { BaseImageFacts } from "../base-image";

/** What a domain is made from. */
export interface DomainParts {
  readonly guest: ResolvedGuest;
  readonly type: "kvm" | "qemu";
  readonly hypervisor: HypervisorSpec;
  readonly image: BaseImageFacts;
  readonly owner: OwnerMark;
  /** First-boot seed, text by file name; undefined: no seed drive. */
  readonly seed: Readonly<Record<string, string>> | undefined;
  /** Absolute paths of the data disks that the farm makes, by name. */
  readonly dataDisks: Readonly<Record<string, string>>;
}

/**
 * The specification of a guest's domain.
 * @throws Error when the guest boots a kernel and neither its definition nor its image brings one.
 */
export function domainSpec(parts: DomainParts): DomainSpec {
  const { guest, image } = parts;
  return {
    hypervisor: parts.hypervisor,
    owner: parts.owner,
    name: guest.domainName,
    type: parts.type,
    arch: guest.arch,
    machine: guest.machine,
    cpu: guest.cpu[parts.type],
    ...(guest.emulator === undefined ? {} : { emulator: guest.emulator }),
    vcpus: guest.vcpus,
    memoryMiB: guest.memoryMiB,
    firmware: firmwareOf(guest, image),
    baseImage: { path: image.path, digest: image.digest, format: image.format },
    rootDisk: guest.rootDisk,
    extraDisks: guest.extraDisks.map((disk) => ({
      path: disk.path ?? parts.dataDisks[disk.name] ?? missingDisk(guest, disk.name),
      format: disk.format,
      readOnly: disk.readOnly,
    })),
    nics: guest.nics.map(nicSpec),
    ...(parts.seed === undefined ? {} : { seed: { ...parts.seed } }),
    seedBus: guest.seedBus,
    clock: guest.clock,
    ...(guest.template === undefined ? {} : { template: guest.template.text }),
  };
}

function firmwareOf(guest: ResolvedGuest, image: BaseImageFacts): DomainSpec["firmware"] {
  const { firmware } = guest;
  if (firmware.kind !== "kernel") return firmware;
  const cmdline = [image.boot?.cmdline, firmware.cmdline].filter(Boolean).join(" ");
  if (firmware.kernel !== undefined) {
    const initrd = firmware.initrd === undefined ? {} : { initrd: firmware.initrd };
    return { kind: "kernel", kernel: firmware.kernel, ...initrd, cmdline: firmware.cmdline };
  }
  if (image.boot === undefined) {
    throw new Error(
      `guest "${guest.name}" boots a kernel, but its definition names none and its image brings none`,
    );
  }
  const initrd = image.boot.initrd === undefined ? {} : { initrd: image.boot.initrd };
  return { kind: "kernel", kernel: image.boot.kernel, ...initrd, cmdline };
}

function nicSpec(nic: ResolvedNic): NicSpec {
  switch (nic.kind) {
    case "user":
      return { kind: "user", mac: nic.mac, forwards: nic.forwards.map((forward) => ({ ...forward })) };
    case "network":
      return {
        kind: "network",
        mac: nic.mac,
        network: nic.network,
        ...(nic.address === undefined ? {} : { address: nic.address }),
      };
    case "bridge":
      return { kind: "bridge", mac: nic.mac, bridge: nic.bridge };
    case "vde":
      return { kind: "vde", mac: nic.mac, socket: nic.socket };
    case "ethernet":
      return { kind: "ethernet", mac: nic.mac, device: nic.device };
  }
}

function missingDisk(guest: ResolvedGuest, disk: string): never {
  throw new Error(`no volume was made for data disk "${disk}" of guest "${guest.name}"`);
}
